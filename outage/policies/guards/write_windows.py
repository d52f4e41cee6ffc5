"""Whether now is the time: the kill switch, a broken policy, freezes, maintenance, and how fresh the view is."""

from collections.abc import Collection
from datetime import UTC, datetime, timedelta

from outage.plans.objection import Objection, Proceed, Refuse, Verdict
from outage.plans.plan import Plan
from outage.policies.guards.guard_view import GuardView
from outage.policies.policy import Maintenance, Policy

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def kill_switch(plan: Plan, view: GuardView, policy: Policy, now: datetime) -> Verdict:
    """Somebody said stop."""
    if view.kill_switch is None:
        return Proceed()
    return Refuse(reason=Objection.KILL_SWITCH, says=f"the kill switch is thrown: {view.kill_switch}")


def policy_broken(plan: Plan, view: GuardView, policy: Policy, now: datetime) -> Verdict:
    """A policy that cannot be read allows nothing."""
    if policy.broken is None:
        return Proceed()
    return Refuse(reason=Objection.POLICY_BROKEN, says=f"the policy cannot be used: {policy.broken}")


def in_freeze(plan: Plan, view: GuardView, policy: Policy, now: datetime) -> Verdict:
    """Nothing is written in a change freeze."""
    says = freeze_in_words(policy, _places(plan), now)
    return Refuse(reason=Objection.FREEZE, says=says) if says else Proceed()


def freeze_in_words(policy: Policy, namespaces: Collection[str], now: datetime) -> str:
    """Which freeze holds in one of these namespaces (`""` is what belongs to none); empty when none does."""
    for one in policy.freezes:
        if one.starts <= now < one.ends and _concerns(one.namespaces, namespaces):
            return f"a freeze holds until {one.ends:%Y-%m-%d %H:%M %Z}: {one.why}"
    return ""


def in_maintenance(plan: Plan, view: GuardView, policy: Policy, now: datetime) -> Verdict:
    """Nothing is written in a maintenance window: people are at work there."""
    says = maintenance_in_words(policy, _places(plan), now)
    return Refuse(reason=Objection.MAINTENANCE, says=says) if says else Proceed()


def maintenance_in_words(policy: Policy, namespaces: Collection[str], now: datetime) -> str:
    """Which maintenance window is open in one of these namespaces; empty when none is."""
    for one in policy.maintenance:
        if _open(one, now) and _concerns(one.namespaces, namespaces):
            return f"a maintenance window of {one.lasts} from {one.starts:%H:%M} UTC is open: {one.why}"
    return ""


def _open(window: Maintenance, now: datetime) -> bool:
    """Whether the window that began on any of the last days has not ended yet."""
    now = now.astimezone(UTC)
    for back in range(window.lasts.days + 2):
        day = now - timedelta(days=back)
        starts = datetime.combine(day.date(), window.starts, tzinfo=UTC)
        if DAYS[day.weekday()] in window.days and starts <= now < starts + window.lasts:
            return True
    return False


def _places(plan: Plan) -> list[str]:
    return [step.change.target.namespace for step in plan.steps]


def _concerns(namespaces: tuple[str, ...], places: Collection[str]) -> bool:
    return not namespaces or any(one in (*namespaces, "") for one in places)


def stale_view(plan: Plan, view: GuardView, policy: Policy, now: datetime) -> Verdict:
    """Guards judge by a picture; an old or an empty one tells nothing."""
    age, limit = view.age(now), policy.limits.view_fresh
    if age > limit:
        return Refuse(
            reason=Objection.STALE_VIEW,
            says=f"the picture is {int(age.total_seconds())} s old, allowed are {int(limit.total_seconds())} s",
        )
    if not any(view.snapshot.objects.values()):
        return Refuse(
            reason=Objection.CANNOT_TELL,
            says="nothing of the cluster could be seen: an empty view is not a healthy one",
        )
    return Proceed()
