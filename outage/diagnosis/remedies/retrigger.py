"""Workloads whose pods were refused are woken when the refusal is mended.

A controller that may not make a pod waits twice as long before each further try, up to a quarter of an hour, and
nobody tells it that a quota is gone. The right change would look as if it had not helped, and be taken back. Any
change of the workload makes its controller try at once; a note on it disturbs no pod.
"""

from collections.abc import Iterable
from typing import Any

from outage.diagnosis.cause import Cause
from outage.diagnosis.findings import Signs
from outage.diagnosis.findings.facts import Sign
from outage.diagnosis.hypothesis import Action, Change, Hypothesis, Repair
from outage.kubernetes.field_differences import escape_pointer
from outage.kubernetes.objects import ObjectRef, annotations_of
from outage.kubernetes.workloads import WORKLOADS
from outage.snapshots.baseline import WOKEN
from outage.snapshots.case_index import CaseIndex

REFUSERS = (
    *(Cause.QUOTA_EXCEEDED, Cause.LIMIT_RANGE, Cause.WEBHOOK_UNAVAILABLE, Cause.POD_SECURITY),
    Cause.SERVICE_ACCOUNT_MISSING,
)
"""Causes for which the API server refuses pods, and whose repair the workload does not hear of."""


def with_waking(index: CaseIndex, signs: Signs, hypotheses: Iterable[Hypothesis]) -> tuple[Hypothesis, ...]:
    """Append to the repair of each refusal that every workload of the platform that was refused asks again.

    A Job asks again by itself within minutes. Also to that of a young one: hours may pass between the plan and the yes.
    """
    waiting = [
        one.about
        for one in signs.of(Sign.PODS_REFUSED)
        if one.about.kind in WORKLOADS and one.about.namespace in index.home
    ]
    return tuple(_woken(index, one, waiting) for one in hypotheses)


def _woken(index: CaseIndex, found: Hypothesis, waiting: list[ObjectRef]) -> Hypothesis:
    over = _over(index, found)
    repair = over or found.repair
    if found.cause not in REFUSERS or repair is None or (over and not waiting):
        return found
    told = {change.target for change in repair.changes}
    wakings = tuple(_wake(index, one) for one in waiting if one not in told)
    changes = (*repair.changes, *wakings)
    return found.model_copy(update={"repair": repair.model_copy(update={"changes": changes})})


def _over(index: CaseIndex, found: Hypothesis) -> Repair | None:
    """What is left to do when somebody has removed the quota that refused the pods: ask again."""
    kind = found.about.kind
    if kind != "ResourceQuota" or not index.snapshot.saw(kind) or index.get(found.about) is not None:
        return None
    return Repair(summary=f"Let who was refused by {found.about} ask again: it is gone", changes=())


def _wake(index: CaseIndex, about: ObjectRef) -> Change:
    place, note = "/metadata/annotations", f"{index.now:%Y-%m-%dT%H:%M:%SZ}"
    patch: dict[str, Any] = {"op": "add", "path": f"{place}/{escape_pointer(WOKEN)}", "value": note}
    if not annotations_of(index.get(about) or {}):
        patch = {"op": "add", "path": place, "value": {WOKEN: note}}
    return Change(
        action=Action.PATCH,
        target=about,
        patch=(patch,),
        why="after each refusal its controller waits longer, up to a quarter of an hour, before it asks again",
        expected="Its pods are made at once.",
    )
