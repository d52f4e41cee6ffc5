"""Whether a plan may be written, and whose yes it needs: the policy asked about one plan.

Promise: every question asked here is answered with a sentence, so that a refusal can be argued with.
"""

from outage.incidents.severity import Severity
from outage.plans.approval import Answer, Approval
from outage.plans.plan import Mode, Plan
from outage.policies.handle import ANYBODY, read_handle
from outage.policies.objection import Objection, Proceed, Refuse, Verdict
from outage.policies.policy import Policy, Rule


def rule_for(plan: Plan, severity: Severity, policy: Policy) -> Rule:
    """The rule that counts for a plan, never going further than the policy's mode."""
    for rule in policy.rules:
        fits = plan.risk in rule.risk and severity in rule.severity
        if fits and all(step.change.action in rule.actions for step in plan.steps):
            mode = min(rule.mode, policy.mode, key=list(Mode).index)
            return _turned_down(rule, mode, policy)
    return Rule(mode=Mode.ADVISE, why="no rule of the policy fits this plan")


def _turned_down(rule: Rule, mode: Mode, policy: Policy) -> Rule:
    """The rule at a lower mode; one that acted alone then asks the first group there is, or only advises."""
    if mode is Mode.ASK and not rule.approvers:
        group = next(iter(policy.approvers), "")
        if not group:
            return rule.model_copy(update={"mode": Mode.ADVISE})
        return rule.model_copy(update={"mode": mode, "approvers": group})
    return rule.model_copy(update={"mode": mode})


def mode_for(plan: Plan, severity: Severity, policy: Policy) -> Mode:
    """How far the program may go with this plan."""
    return Mode.ADVISE if policy.broken else rule_for(plan, severity, policy).mode


def approvals_needed(plan: Plan, severity: Severity, policy: Policy) -> int:
    """How many people must say yes; 0 when nobody is asked."""
    rule = rule_for(plan, severity, policy)
    return rule.quorum if rule.mode is Mode.ASK else 0


def may_answer(
    by: str, answer: Answer, plan: Plan, severity: Severity, policy: Policy, requester: str = ""
) -> str:
    """Why a person's answer to this plan does not count, as a sentence; empty when it does.

    Anybody may decline: what makes the program do less needs no right.
    """
    rule = rule_for(plan, severity, policy)
    people = policy.approvers.get(rule.approvers, ())
    try:
        by = read_handle(by)
    except ValueError as none:
        return f"an answer needs the name of who gives it: {none}"
    if answer is Answer.DECLINE:
        return ""
    if policy.broken:
        return f"the policy cannot be used, so nobody can say yes: {policy.broken}"
    if ANYBODY not in people and by not in people:
        return f"{by} is not in the group `{rule.approvers}` of the policy ({', '.join(people) or 'empty'})"
    if by == requester.casefold() and not rule.requester_may_approve:
        return f"{by} started this incident; a plan of {plan.risk} risk needs somebody else's yes"
    return ""


def permission_for(
    plan: Plan,
    severity: Severity,
    policy: Policy,
    approvals: tuple[Approval, ...] = (),
    requester: str = "",
) -> Verdict:
    """Whether this very plan may be written now, by policy alone or by the answers that stand.

    Args:
        plan: What would be written. Answers to any other plan (another hash) do not count.
        severity: The incident's.
        policy: The policy in force.
        approvals: All answers on record for the incident.
        requester: Who started the incident by hand, if anybody did.
    """
    if policy.broken:
        return Refuse(reason=Objection.POLICY_BROKEN, says=f"the policy cannot be used: {policy.broken}")
    rule = rule_for(plan, severity, policy)
    if rule.mode is Mode.ACT:
        return Proceed()
    if rule.mode is Mode.ADVISE:
        because = rule.why or f"the policy only advises on {plan.risk} risk at {severity}"
        return Refuse(reason=Objection.NOT_ALLOWED, says=because)
    return _answered(
        plan, rule, [one for one in approvals if one.plan_hash == plan.hash], severity, policy, requester
    )


def _answered(
    plan: Plan, rule: Rule, answers: list[Approval], severity: Severity, policy: Policy, requester: str
) -> Verdict:
    no = [one for one in answers if one.answer is Answer.DECLINE]
    if no:
        return Refuse(
            reason=Objection.NOT_ALLOWED,
            says=f"{no[0].by} declined the plan: {no[0].why or 'no reason given'}",
        )
    yes = {one.by for one in answers if not may_answer(one.by, one.answer, plan, severity, policy, requester)}
    if len(yes) < rule.quorum:
        return Refuse(
            reason=Objection.NOT_ALLOWED,
            says=f"{len(yes)} of {rule.quorum} needed approvals of plan {plan.hash} stand",
        )
    return Proceed()
