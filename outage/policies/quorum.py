"""Whether the yes that a rule asks for can be given at all, by the people that its group has."""

from outage.plans.plan import Mode
from outage.policies.policy import Policy, Rule
from outage.text.handle import ANYBODY


def unreachable_quorums(policy: Policy) -> tuple[str, ...]:
    """One sentence for each rule whose yes nobody could give once one of its own people reports the outage."""
    return tuple(
        f"rule {number} {gap}: add a person to `{rule.approvers}`, or set requester_may_approve: true"
        for number, rule in enumerate(policy.rules, start=1)
        if (gap := _gap(rule, policy, any_member=True))
    )


def quorum_gap(rule: Rule, policy: Policy, requester: str) -> str:
    """Why the yes that a rule asks for cannot be given for an outage that this person reported, or empty."""
    return _gap(rule, policy, any_member=requester.casefold() in policy.approvers.get(rule.approvers, ()))


def _gap(rule: Rule, policy: Policy, any_member: bool) -> str:
    people = set(policy.approvers.get(rule.approvers, ()))
    if rule.mode is not Mode.ASK or ANYBODY in people:
        return ""
    without = 0 if rule.requester_may_approve or not any_member else 1
    if len(people) - without >= rule.quorum:
        return ""
    apart = "" if rule.requester_may_approve else " and none from whoever reported the outage"
    return f"needs {rule.quorum} people's yes{apart}, and `{rule.approvers}` has {len(people)} people"
