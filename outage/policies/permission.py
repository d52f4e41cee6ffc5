"""Whether a plan may be written, and whose yes it needs: the policy asked about one plan.

Promise: every question asked here is answered with a sentence, so that a refusal can be argued with.
"""

from dataclasses import dataclass

from outage.incidents.incident import Incident
from outage.incidents.severity import Severity
from outage.plans.approval import Answer, Approval, NameProof
from outage.plans.objection import Objection, Proceed, Refuse, Verdict
from outage.plans.plan import Mode, Plan
from outage.policies.policy import Policy, Rule
from outage.text.handle import ANYBODY, read_handle


@dataclass(frozen=True)
class PermissionRequest:
    """What policy is asked: whether this plan may be written for this incident."""

    plan: Plan
    severity: Severity
    policy: Policy
    requester: str = ""
    """Who reported the incident by hand; empty when an alert did."""
    leader: str = ""
    """Who leads it now; empty when nobody does."""

    @classmethod
    def of(cls, plan: Plan, incident: Incident, policy: Policy) -> "PermissionRequest":
        """The request for an incident as it stands."""
        return cls(plan, incident.severity, policy, incident.requester, incident.leader)


def rule_for(asked: PermissionRequest) -> Rule:
    """The rule that counts for a plan, never going further than the policy's mode; nothing acts alone under a leader.

    Returns:
        The first rule that fits, turned down as far as the policy or a leader wants; one that only advises when none
        does. A broken policy's rules are not looked at for that: `mode_for` and `permission_for` are.
    """
    policy, plan = asked.policy, asked.plan
    for rule in policy.rules:
        fits = plan.risk in rule.risk and asked.severity in rule.severity
        if fits and all(step.change.action in rule.actions for step in plan.steps):
            mode = min(rule.mode, policy.mode, key=list(Mode).index)
            if asked.leader and mode is Mode.ACT:
                return rule.model_copy(update={"mode": Mode.ASK})
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


def mode_for(asked: PermissionRequest) -> Mode:
    """How far the program may go with this plan; with a broken policy it only advises."""
    return Mode.ADVISE if asked.policy.broken else rule_for(asked).mode


def approvals_needed(asked: PermissionRequest) -> int:
    """How many people must say yes; 0 when nobody is asked."""
    rule = rule_for(asked)
    return rule.quorum if rule.mode is Mode.ASK else 0


def answer_belongs_to(asked: PermissionRequest) -> str:
    """Who must be among those who say yes: who leads, where policy would hear this person; else empty.

    A leader whom the plan's group does not name cannot say yes for it, and takes the answer from nobody.
    """
    rule, leader = rule_for(asked), asked.leader
    people = asked.policy.approvers.get(rule.approvers, ())
    heard = not rule.approvers or ANYBODY in people or leader in people
    barred = leader == asked.requester.casefold() and not rule.requester_may_approve
    return leader if leader and rule.mode is Mode.ASK and heard and not barred else ""


def may_lead(by: str, policy: Policy) -> str:
    """Why a person may not lead an incident, as a sentence; empty when they may.

    Whoever leads answers for what is written, so it is one whom some rule's group names, or anybody where one says so.
    """
    known = {one for people in policy.approvers.values() for one in people} | set(policy.people)
    if ANYBODY in known or by in known or not known:
        return ""
    return f"the policy names nobody called {by}, neither under `people` nor in a group of `approvers`"


def may_answer(asked: PermissionRequest, by: str, answer: Answer, proof: NameProof = NameProof.TYPED) -> str:
    """Why a person's answer to this plan does not count, as a sentence; empty when it does.

    Anybody may decline: what makes the program do less needs no right. Of one yes alone, it is the leader's.

    Args:
        asked: What policy is asked.
        by: The handle, as the person wrote it.
        answer: Yes or no.
        proof: What shows that it was they.
    """
    rule, plan, policy = rule_for(asked), asked.plan, asked.policy
    people = policy.approvers.get(rule.approvers, ())
    try:
        by = read_handle(by)
    except ValueError as none:
        return f"an answer needs the name of who gives it: {none}"
    if answer is Answer.DECLINE:
        return ""
    if policy.broken:
        return f"the policy cannot be used, so nobody can say yes: {policy.broken}"
    theirs = answer_belongs_to(asked)
    if theirs and by != theirs and rule.quorum == 1:
        return (
            f"{theirs} leads this incident, and the answer is theirs (`outage handover` gives it to another)"
        )
    if by != theirs and ANYBODY not in people and by not in people:
        return f"{by} is not in the group `{rule.approvers}` of the policy ({', '.join(people) or 'empty'})"
    if rule.proof is NameProof.PROVEN and proof is not NameProof.PROVEN:
        return f"a typed name is not enough for a plan of {plan.risk} risk: prove it with a code (`outage approve`)"
    if by == asked.requester.casefold() and not rule.requester_may_approve:
        return f"{by} started this incident; a plan of {plan.risk} risk needs somebody else's yes"
    return ""


def permission_for(asked: PermissionRequest, approvals: tuple[Approval, ...] = ()) -> Verdict:
    """Whether this very plan may be written now, by policy alone or by the answers that stand.

    Args:
        asked: What policy is asked. Answers to any other plan (another hash) do not count.
        approvals: All answers on record for the incident.
    """
    if broken := asked.policy.broken:
        return Refuse(reason=Objection.POLICY_BROKEN, says=f"the policy cannot be used: {broken}")
    rule = rule_for(asked)
    if rule.mode is Mode.ACT:
        return Proceed()
    if rule.mode is Mode.ADVISE:
        because = rule.why or f"the policy only advises on {asked.plan.risk} risk at {asked.severity}"
        return Refuse(reason=Objection.NOT_ALLOWED, says=because)
    return _answered(asked, rule, [one for one in approvals if one.plan_hash == asked.plan.hash])


def _answered(asked: PermissionRequest, rule: Rule, answers: list[Approval]) -> Verdict:
    no = [one for one in answers if one.answer is Answer.DECLINE]
    if no:
        return Refuse(
            reason=Objection.NOT_ALLOWED,
            says=f"{no[0].by} declined the plan: {no[0].why or 'no reason given'}",
        )
    yes = {one.by for one in answers if not may_answer(asked, one.by, one.answer, one.proof)}
    theirs = answer_belongs_to(asked)
    if theirs and theirs not in yes:
        says = f"{theirs} leads this incident and did not say yes to plan {asked.plan.hash}"
        return Refuse(reason=Objection.NOT_ALLOWED, says=says)
    if len(yes) < rule.quorum:
        return Refuse(
            reason=Objection.NOT_ALLOWED,
            says=f"{len(yes)} of {rule.quorum} needed approvals of plan {asked.plan.hash} stand",
        )
    return Proceed()
