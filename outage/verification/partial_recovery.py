"""Whether a plan that did not bring recovery healed its own cause all the same: some outages have two.

Taking a right change back because something else is broken too would break it again, and no order of tries would
ever heal both. So it stays when it is seen to have done its part, and the next cause is tried on top of it.

Promise: pure, and doubt takes back. What cannot be told is no help.
"""

import re
from collections.abc import Iterable

from outage.diagnosis.findings.facts.sign_facts import NoEndpointsFacts
from outage.diagnosis.findings.finding import Finding
from outage.diagnosis.hypothesis import Change, Diagnosis, Hypothesis
from outage.incidents.severity import Impact
from outage.kubernetes.field_differences import unescape_pointer
from outage.kubernetes.objects import ObjectRef
from outage.plans.plan import Plan
from outage.snapshots.baseline import WOKEN

USERS_SEE = (
    "log-errors",
    "alert-firing",
    "error-ratio-high",
    "latency-high",
    "probe-failing",
    "health-failing",
)
PASSING = frozenset({*USERS_SEE, "pod-restarted"})
"""Signs that come and go while a fault stands: that one of them is gone proves nothing."""
MADE_UP = re.compile(r"(?:(?:-[a-z0-9]{8,10})?-[a-z0-9]{5})(?= |$)")
"""The end of a pod's name, which is another one after each rollout."""


def partly_recovered_cause(
    plan: Plan, before: Diagnosis, after: Diagnosis, believed_from: float
) -> Hypothesis | None:
    """The cause of what still fails, when the plan healed its own; None when the plan is to be taken back.

    It healed its own when nobody names that cause any more, something that failed before is well and nothing fails
    that did not, and what still fails has a believable cause that is mended without undoing what was written. That
    a cause is not named any more tells little alone: who takes back a harmless release finds no release to blame.

    Args:
        plan: What was written and did not bring recovery.
        before: The diagnosis that the plan was made from.
        after: The diagnosis with everything of the plan in place.
        believed_from: Score from which a cause is acted upon.
    """
    causes = {one.key for one in before.hypotheses}
    if plan.hypothesis not in causes or plan.hypothesis in {one.key for one in after.hypotheses}:
        return None
    if _hurt(after.assessment.impact) - _hurt(before.assessment.impact) or not _marks(before) - _marks(after):
        return None
    likeliest = next(iter(after.hypotheses), None)
    if likeliest is None or likeliest.repair is None or likeliest.score < believed_from:
        return None
    return None if _undoes(likeliest.repair.changes, plan) else likeliest


def _hurt(impact: Impact) -> set[str]:
    """Everything that fails, by name; what was down and is only degraded now is no news."""
    return {
        *impact.services_down,
        *impact.services_degraded,
        *impact.probes_failing,
        *impact.routes_dead,
    }


def _marks(diagnosis: Diagnosis) -> set[tuple[str, str, bool]]:
    """What is wrong with which object, in a form that stays the same as long as it is; a pod counts as its workload."""
    routes = {("route-dead", name, False) for name in diagnosis.assessment.impact.routes_dead}
    return routes | {
        (one.sign, _lasting(one.about), _selects_nothing(one))
        for one in diagnosis.findings
        if one.sign not in PASSING
    }


def _selects_nothing(finding: Finding) -> bool:
    return isinstance(finding.facts, NoEndpointsFacts) and finding.facts.selected == 0


def _lasting(about: ObjectRef) -> str:
    return MADE_UP.sub("", str(about)) if about.kind == "Pod" else str(about)


def _undoes(changes: Iterable[Change], plan: Plan) -> bool:
    """Whether a change writes what the plan wrote: then it is no second cause, but the first one seen otherwise.

    Two refusals may wake the same workload one after the other.
    """
    written = [step.change for step in plan.steps]
    return any(_same_place(one, other) for one in changes for other in written if not _wakes(other))


def _wakes(change: Change) -> bool:
    written = [f"{unescape_pointer(op['path'])} {op.get('value')}" for op in change.patch]
    return bool(written) and all(WOKEN in one for one in written)


def _same_place(one: Change, other: Change) -> bool:
    if one.target != other.target:
        return False
    if not one.patch or not other.patch:
        return True  # the whole object is made, deleted or restarted
    mine, theirs = ([f"{op['path']}/" for op in change.patch] for change in (one, other))
    return any(a.startswith(b) or b.startswith(a) for a in mine for b in theirs)
