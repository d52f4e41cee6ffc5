"""Pods of a StatefulSet that its controller waits for instead of replacing them, so that they have to be deleted.

With ordered management nothing goes on before each pod is ready. A pod of a bad revision never is, and keeps its
revision also when the template was put back (kubernetes/kubernetes#67250, "forced rollback" in the documentation).
"""

from outage.diagnosis.hypothesis import Action, Change, Repair
from outage.diagnosis.known_good.controller_revisions import is_live
from outage.diagnosis.remedies.single_repairs import delete_change
from outage.kubernetes.objects import ObjectRef, dig, object_ref
from outage.kubernetes.readiness import is_ready
from outage.snapshots.case_index import CaseIndex
from outage.value import Manifest

EXPECTED = "A pod of the template as it then stands takes its place; its volume claims stay."


def never_replaced(workload: Manifest, pod: Manifest) -> bool:
    """Whether the controller of a StatefulSet waits for this pod to become ready, whatever its template says by now."""
    if dig(workload, "spec.podManagementPolicy") == "Parallel":
        return False
    if dig(workload, "spec.updateStrategy.type", "RollingUpdate") != "RollingUpdate":
        return False  # what is replaced, and when, is left to a person
    gone = dig(pod, "metadata.deletionTimestamp") or dig(pod, "status.phase") in ("Failed", "Succeeded")
    return not gone and not is_ready(pod) and not _held_back(workload, pod)


def _held_back(workload: Manifest, pod: Manifest) -> bool:
    """Whether the partition keeps the pod at the older revision: made anew it would be the same."""
    first: int = dig(workload, "spec.ordinals.start", 0)
    partition: int = dig(workload, "spec.updateStrategy.rollingUpdate.partition", 0)
    ordinal = str(dig(pod, "metadata.name", "")).rpartition("-")[2]
    return not ordinal.isdigit() or int(ordinal) < first + partition


def deleting(about: ObjectRef, pod: Manifest) -> Change:
    """The change that has a pod made anew."""
    target = object_ref(pod, "Pod")
    why = f"{about} would wait for {target} to become ready before it replaces it"
    return delete_change(target, why, EXPECTED)


def with_deletions(index: CaseIndex, repair: Repair) -> Repair:
    """A repair that renews the template of a StatefulSet also deletes the pods of the bad one."""
    changes = list(repair.changes)
    for change in repair.changes:
        if change.target.kind == "StatefulSet" and _renews(change):
            known = {one.target for one in changes}
            more = (deleting(change.target, pod) for pod in _of_the_bad_one(index, change.target))
            changes += [one for one in more if one.target not in known]
    if len(changes) == len(repair.changes):
        return repair
    names = ", ".join(f"pod/{one.target.name}" for one in changes[len(repair.changes) :])
    return Repair(summary=f"{repair.summary}, then delete {names}", changes=tuple(changes))


def _renews(change: Change) -> bool:
    if change.action in (Action.UNDO, Action.RESTART):
        return True
    writes = change.action is Action.PATCH
    return writes and any(str(op.get("path", "")).startswith("/spec/template") for op in change.patch)


def _of_the_bad_one(index: CaseIndex, about: ObjectRef) -> list[Manifest]:
    workload = {"kind": about.kind, **(index.get(about) or {})}
    pods = [pod for pod in index.pods_of(about) if never_replaced(workload, pod)]
    return [pod for pod in pods if is_live(index, workload, pod)]
