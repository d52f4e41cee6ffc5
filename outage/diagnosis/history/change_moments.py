"""When an object was last changed, and by whom: from its own fields, its revisions and the marks of who wrote it."""

from datetime import datetime

from outage.diagnosis.history.recorded_change import ChangeKind
from outage.diagnosis.known_good.template_revisions import template_changed
from outage.diagnosis.thresholds import BEING_MADE, SAME_WRITE
from outage.kubernetes.object_times import changed_at, created_at, parsed_moment
from outage.kubernetes.objects import ObjectRef, dig
from outage.kubernetes.workloads import WORKLOADS
from outage.snapshots.case_index import CaseIndex
from outage.value import Manifest, Value

MACHINES = ("kube-controller-manager", "kubelet", "kube-scheduler", "horizontal-pod-autoscaler")
"""Field managers that carry out what somebody else decided."""


class LastChange(Value):
    """The newest change of one object, as far as it is dated."""

    about: ObjectRef
    kind: ChangeKind
    at: datetime
    by: str = ""
    """The field manager that wrote it, empty when nothing tells."""


def last_change(index: CaseIndex, about: ObjectRef) -> LastChange | None:
    """The newest change of an object, of what it asks for or of its number of pods; None when nothing dates one."""
    found = [one for one in (written_change(index, about), scaled_by_hand(index, about)) if one is not None]
    newest = max(found, key=lambda one: one.at, default=None)
    born = created_at(index.get(about) or {})
    if newest is None or born is None:
        return None
    made = newest.at - born <= BEING_MADE
    return newest.model_copy(update={"kind": ChangeKind.MADE}) if made else newest


def written_change(index: CaseIndex, about: ObjectRef) -> LastChange | None:
    """When what an object asks for was last written: of a workload its template; None when nothing tells when."""
    live = index.get(about)
    if live is None:
        return None
    workload = {"kind": about.kind, **live}
    at = template_changed(index, workload) if about.kind in WORKLOADS else changed_at(live)
    born = created_at(live)
    if at is None or born is None:
        return None
    kind = ChangeKind.MADE if at - born <= BEING_MADE else ChangeKind.CHANGED
    return LastChange(about=about, kind=kind, at=at, by=_manager(live, at))


def scaled_by_hand(index: CaseIndex, about: ObjectRef) -> LastChange | None:
    """When and by whom a workload's number of pods was last set through its scale; None when nobody did."""
    live = index.get(about)
    moments = [
        parsed_moment(entry.get("time"))
        for entry in dig(live, "metadata.managedFields", [])
        if entry.get("subresource") == "scale" and entry.get("manager") not in MACHINES
    ]
    at = max((one for one in moments if one), default=None)
    if live is None or at is None or about.kind not in WORKLOADS:
        return None
    return LastChange(about=about, kind=ChangeKind.SCALED, at=at, by=_manager(live, at))


def owned_fields(live: Manifest, change: LastChange) -> list[str]:
    """The few fields that the writer of a change owns; empty when it owns many, or nobody wrote them down."""
    found = [
        field
        for entry in dig(live, "metadata.managedFields", [])
        if entry.get("manager") == change.by and parsed_moment(entry.get("time")) is not None
        if abs((parsed_moment(entry.get("time")) or change.at) - change.at) <= SAME_WRITE
        for field in entry.get("fields") or []
    ]
    return [one for one in found if not one.startswith("metadata.annotations")]


def _manager(live: Manifest, at: datetime) -> str:
    """Who wrote at that moment; a ReplicaSet is born a little after its template was written."""
    near = {
        abs(moment - at): str(entry.get("manager") or "")
        for entry in dig(live, "metadata.managedFields", [])
        if entry.get("manager") not in MACHINES and entry.get("subresource") != "status"
        if (moment := parsed_moment(entry.get("time"))) is not None and abs(moment - at) <= SAME_WRITE
    }
    return near[min(near)] if near else ""
