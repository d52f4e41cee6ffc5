"""Where a responder must not write: to the node that it runs on, and to the namespace that it lives in."""

from datetime import datetime

from outage.plans.objection import Objection, Proceed, Refuse, Verdict
from outage.plans.plan import Plan, Step
from outage.policies.guards.guard_view import GuardView
from outage.policies.policy import Policy


def saws_own_branch(step: Step, plan: Plan, view: GuardView, policy: Policy, now: datetime) -> Verdict:
    """Who ends itself in the middle of a plan can neither prove it nor take it back."""
    own, target = view.own_place, step.change.target
    if own is None:
        return Proceed()
    if own.namespace in (target.namespace, target.name if target.kind == "Namespace" else None):
        return _refused(f"{target} is left alone: this responder itself runs in namespace {own.namespace}")
    if target.kind != "Node":
        return Proceed()
    if not own.node:
        says = f"{target} is left alone: on which node this responder runs is not known, so nobody can tell"
        return Refuse(reason=Objection.CANNOT_TELL, says=says)
    if target.name == own.node:
        return _refused(f"{target} is left alone: this responder itself runs on it")
    return Proceed()


def _refused(says: str) -> Refuse:
    return Refuse(reason=Objection.OWN_PLACE, says=f"{says}; carry it out from elsewhere")
