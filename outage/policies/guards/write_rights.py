"""Whether the writing identity may do at all what a plan would write: asked before a person is."""

from datetime import datetime

from outage.plans.objection import Objection, Proceed, Refuse, Verdict
from outage.plans.plan import Plan
from outage.policies.guards.guard_view import GuardView
from outage.policies.policy import Policy


def missing_rights(plan: Plan, view: GuardView, policy: Policy, now: datetime) -> Verdict:
    """A yes to what would be forbidden is worth nothing, and a write without its way back is not made."""
    if view.missing_rights is None:
        says = "nobody asked whether the writer may do what the plan would write, so nobody can tell"
        return Refuse(reason=Objection.CANNOT_TELL, says=says)
    refused = [one.right for one in view.missing_rights if not one.unknown]
    if refused:
        lacks = "; ".join(f"{right}: {right.purpose}" for right in refused)
        says = f"the writer may not {lacks}; deploy/rbac/ grants what plans need, `outage doctor` proves it"
        return Refuse(reason=Objection.MISSING_RIGHT, says=says)
    if unknown := [one for one in view.missing_rights if one.unknown]:
        first = unknown[0]
        says = f"whether the writer may {first.right} is not known: {first.unknown}"
        return Refuse(reason=Objection.CANNOT_TELL, says=says)
    return Proceed()
