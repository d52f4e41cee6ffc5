"""Reasons not to break anything: one per function, asked in order, each one sentence; before the first blow.

A guard never looks anywhere but at the view it is given, and refuses when it cannot tell, unless policy says otherwise.
"""

from collections.abc import Callable
from datetime import datetime
from enum import StrEnum

from outage.platforms.platform import Platform
from outage.policies.drill_rules import DrillYes
from outage.policies.guards.write_windows import freeze_in_words, maintenance_in_words
from outage.policies.policy import Policy
from outage.text.handle import ANYBODY, read_handle
from outage.value import Value
from outage.verification.drills.fitted_fault import Blast, FittedFault

DRILLS_ALLOWED = ("outage.dev/drills", "allowed")
"""The label that a namespace must carry before anything in it is broken on purpose."""
CLUSTER_MARK = "kube-system"
"""The namespace whose label speaks for the whole cluster: who may label it owns the cluster."""


class DrillObjection(StrEnum):
    """Stable names of the reasons."""

    POLICY_BROKEN = "policy-broken"
    NOT_MARKED = "not-marked"
    CLUSTER_NOT_MARKED = "cluster-not-marked"
    FREEZE = "freeze"
    MAINTENANCE = "maintenance"
    OPEN_INCIDENT = "open-incident"
    ANOTHER_DRILL = "another-drill"
    BUDGET_SPENT = "budget-spent"
    BUDGET_UNKNOWN = "budget-unknown"
    NO_END = "no-end"
    NO_YES = "no-yes"
    NOBODY_TOLD = "nobody-told"


class DrillView(Value):
    """What guards judge by, seen a moment ago."""

    now: datetime
    until: datetime
    """When the fault is taken away at the latest."""
    marked: frozenset[str] = frozenset()
    """Namespaces that carry the mark, of those that were asked about."""
    open_incidents: tuple[str, ...] = ()
    """Ids of the platform's open incidents that are not this drill's own."""
    standing_drills: tuple[str, ...] = ()
    """Ids of drills of this platform that are not over, or whose fault still stands."""
    budget_left: float | None = None
    """Share of the error budget; 0 and less is spent, None could not be read."""
    approved_by: str = ""
    told: tuple[str, ...] = ()


class DrillRefused(Value):
    """Why nothing will be broken."""

    reason: DrillObjection
    says: str


DrillGuard = Callable[[Blast, DrillView, Platform, Policy], DrillRefused | None]


def policy_unusable(blast: Blast, view: DrillView, platform: Platform, policy: Policy) -> DrillRefused | None:
    """A policy that cannot be read allows no drill."""
    if policy.broken is None:
        return None
    return _refused(DrillObjection.POLICY_BROKEN, f"the policy cannot be used: {policy.broken}")


def namespaces_marked(
    blast: Blast, view: DrillView, platform: Platform, policy: Policy
) -> DrillRefused | None:
    """Every namespace that is written carries the mark of its owner."""
    wanted = {platform.namespace, *blast.namespaces} - {CLUSTER_MARK}
    return next((_unmarked(one) for one in sorted(wanted) if one not in view.marked), None)


def _unmarked(namespace: str) -> DrillRefused:
    how = f"`kubectl label namespace {namespace} {'='.join(DRILLS_ALLOWED)}`"
    return _refused(
        DrillObjection.NOT_MARKED, f"namespace {namespace} is not marked for drills: its owner says {how}"
    )


def cluster_marked(blast: Blast, view: DrillView, platform: Platform, policy: Policy) -> DrillRefused | None:
    """What all tenants share is broken only where the cluster's owner allowed it."""
    if not blast.cluster_wide or CLUSTER_MARK in view.marked:
        return None
    how = f"`kubectl label namespace {CLUSTER_MARK} {'='.join(DRILLS_ALLOWED)}`"
    says = f"it strikes the whole cluster, which is not marked for drills: its owner says {how}"
    return _refused(DrillObjection.CLUSTER_NOT_MARKED, says)


def no_freeze(blast: Blast, view: DrillView, platform: Platform, policy: Policy) -> DrillRefused | None:
    """Nothing is broken while nothing may be mended."""
    says = freeze_in_words(policy, _places(blast, platform), view.now)
    return _refused(DrillObjection.FREEZE, says) if says else None


def no_maintenance(blast: Blast, view: DrillView, platform: Platform, policy: Policy) -> DrillRefused | None:
    """Nothing is broken under the hands of people who work there."""
    says = maintenance_in_words(policy, _places(blast, platform), view.now)
    return _refused(DrillObjection.MAINTENANCE, says) if says else None


def _places(blast: Blast, platform: Platform) -> tuple[str, ...]:
    return (platform.namespace, *blast.namespaces, *(("",) if blast.cluster_wide else ()))


def no_open_incident(
    blast: Blast, view: DrillView, platform: Platform, policy: Policy
) -> DrillRefused | None:
    """Whoever answers an outage has no time for practice."""
    if not view.open_incidents:
        return None
    says = f"an incident of {platform.name} is open: {view.open_incidents[0]}"
    return _refused(DrillObjection.OPEN_INCIDENT, says)


def no_other_drill(blast: Blast, view: DrillView, platform: Platform, policy: Policy) -> DrillRefused | None:
    """Two faults at once are a fault of their own."""
    if not view.standing_drills:
        return None
    says = f"another drill of {platform.name} is not over: {view.standing_drills[0]}"
    return _refused(DrillObjection.ANOTHER_DRILL, says)


def budget_remains(blast: Blast, view: DrillView, platform: Platform, policy: Policy) -> DrillRefused | None:
    """What users were promised is not spent on practice."""
    rules = policy.drills
    if rules.objective is None:
        return None
    if view.budget_left is None:
        says = "how much of the error budget is left cannot be read, and the policy wants it known"
        return _refused(DrillObjection.BUDGET_UNKNOWN, says) if rules.budget_must_be_known else None
    if view.budget_left > 0:
        return None
    says = f"the error budget of {rules.objective:.4g} is spent: {view.budget_left:.0%} of it is left"
    return _refused(DrillObjection.BUDGET_SPENT, says)


def has_an_end(blast: Blast, view: DrillView, platform: Platform, policy: Policy) -> DrillRefused | None:
    """A fault that nobody takes away is an outage."""
    if view.now < view.until:
        return None
    return _refused(DrillObjection.NO_END, f"its end, {view.until:%Y-%m-%d %H:%M %Z}, is not ahead")


def somebody_told(blast: Blast, view: DrillView, platform: Platform, policy: Policy) -> DrillRefused | None:
    """Nobody must take it for real without a way to know better."""
    if view.told:
        return None
    return _refused(DrillObjection.NOBODY_TOLD, "nobody is told of it: neither a channel nor who started it")


def has_a_yes(blast: Blast, view: DrillView, platform: Platform, policy: Policy) -> DrillRefused | None:
    """A person says yes where users would feel it or the whole cluster is struck, and wherever else policy asks."""
    why = why_yes_is_needed(blast, policy)
    if not why:
        return None
    group = policy.drills.approvers
    whose = f"of {group}" if group else "of a person"
    try:
        name = read_handle(view.approved_by) if view.approved_by else ""
    except ValueError as error:
        return _refused(DrillObjection.NO_YES, str(error))
    allowed = policy.approvers.get(group, ()) if group else (ANYBODY,)
    if name and (ANYBODY in allowed or name in allowed):
        return None
    said = f", and {name} is none of them" if name else ""
    return _refused(DrillObjection.NO_YES, f"{why}, so it needs the yes {whose}{said}: give a name with --by")


def why_yes_is_needed(blast: Blast, policy: Policy) -> str:
    """Why a person must say yes to a drill; empty when nobody must."""
    if blast.cluster_wide:
        return "it strikes the whole cluster"
    match policy.drills.needs_yes:
        case DrillYes.ALWAYS:
            return "the policy wants every drill approved"
        case DrillYes.FELT if blast.felt:
            return f"users would feel it: {felt_in_words(blast)}"
    return ""


def felt_in_words(blast: Blast) -> str:
    """What users would feel of a fault, and what would be left."""
    if not blast.pods_down:
        return "nothing reaches its pods" if blast.felt else "its pods stay as they are"
    return f"{blast.pods_down} of {blast.pods_ready} ready pods go down"


GUARDS: tuple[DrillGuard, ...] = (
    policy_unusable,
    namespaces_marked,
    cluster_marked,
    no_freeze,
    no_maintenance,
    no_other_drill,
    no_open_incident,
    budget_remains,
    has_an_end,
    somebody_told,
    has_a_yes,
)
"""What no answer could help comes first; the yes is asked for last."""


def drill_objection(
    fitted: FittedFault, view: DrillView, platform: Platform, policy: Policy
) -> DrillRefused | None:
    """The first reason not to practise a fault now, or None."""
    said = (guard(fitted.blast, view, platform, policy) for guard in GUARDS)
    return next((one for one in said if one), None)


def _refused(reason: DrillObjection, says: str) -> DrillRefused:
    return DrillRefused(reason=reason, says=says)
