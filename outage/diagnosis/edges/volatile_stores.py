"""Repairs that would lose data: whoever keeps data on a volume that dies with its pod is never started anew by us."""

from outage.diagnosis.calls.datastores import MYSQL, POSTGRES, kind_of_store
from outage.diagnosis.hypothesis import Action, Change, Repair
from outage.kubernetes.objects import ObjectRef, dig
from outage.snapshots.case_index import CaseIndex
from outage.value import Manifest

KEEPING = (POSTGRES, MYSQL)
"""Kinds of stores whose loss is the loss of data; a cache fills itself again."""
HOLDING = ("PersistentVolumeClaim", "PersistentVolume")


def volatile_volume(workload: Manifest) -> str:
    """The volume on which a workload's container writes and that dies with its pod; empty when a claim holds all."""
    spec = dig(workload, "spec.template.spec", {})
    if any(one.get("persistentVolumeClaim") or one.get("hostPath") for one in spec.get("volumes") or []):
        return ""
    if dig(workload, "spec.volumeClaimTemplates", []):
        return ""
    found = [str(one.get("name")) for one in spec.get("volumes") or [] if "emptyDir" in one]
    return found[0] if found else ""


def without_loss(index: CaseIndex, repair: Repair) -> Repair | None:
    """The repair, or None where one of its changes could lose data: then a person decides."""
    return None if any(_loses(index, change, repair) for change in repair.changes) else repair


def _loses(index: CaseIndex, change: Change, repair: Repair) -> bool:
    if change.action is Action.DELETE and change.target.kind in HOLDING:
        return not any(
            other.action is Action.CREATE and other.target == change.target for other in repair.changes
        )
    if not _starts_anew(change):
        return False
    about = _workload(index, change.target)
    workload = index.get(about)
    if workload is None:
        return False
    manifest = {"kind": about.kind, **workload}
    held = bool(index.pods_of(about)) and any(_ran(pod) for pod in index.pods_of(about))
    return kind_of_store(manifest) in KEEPING and bool(volatile_volume(manifest)) and held


def _ran(pod: Manifest) -> bool:
    """Whether a container of it ever ran: else there are no data to lose."""
    return any(
        (one.get("state") or {}).get("running") or (one.get("lastState") or {}).get("terminated")
        for one in dig(pod, "status.containerStatuses", [])
    )


def _starts_anew(change: Change) -> bool:
    """Whether the change makes the target's pods anew or takes them away."""
    if change.action in (Action.RESTART, Action.UNDO) or (
        change.action is Action.DELETE and change.target.kind in ("Pod", "Deployment", "StatefulSet")
    ):
        return True
    paths = [str(op.get("path", "")) for op in change.patch]
    fewer = change.action is Action.SCALE or any(path == "/spec/replicas" for path in paths)
    return fewer or any(path.startswith("/spec/template") for path in paths)


def _workload(index: CaseIndex, target: ObjectRef) -> ObjectRef:
    pod = index.get(target) if target.kind == "Pod" else None
    return index.workload_of(pod) if pod else target
