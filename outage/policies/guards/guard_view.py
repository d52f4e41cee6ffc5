"""What guards judge by: one fresh picture, what was written lately, and whether somebody said stop."""

from datetime import datetime, timedelta

from outage.kubernetes.access_right import MissingRight
from outage.kubernetes.objects import ObjectRef, labels_of, owner_ref
from outage.plans.objection import Objection, Refuse
from outage.platforms.platform import Platform
from outage.snapshots.snapshot import Snapshot
from outage.value import Manifest, Value

JUDGED_BY = (
    *("Pod", "ReplicaSet", "Deployment", "StatefulSet", "DaemonSet"),
    *("HorizontalPodAutoscaler", "PodDisruptionBudget"),
)
"""What guards ask about, beside the targets themselves, their namespaces and the nodes."""


class RecentWrite(Value):
    """One write of ours in the past, whatever came of it."""

    incident: str
    target: ObjectRef
    at: datetime
    platform: str = ""
    """Whose incident it was; empty in a record from before there were several: it counts for every platform."""


class OwnPlace(Value):
    """Where the responder runs, when it runs in the cluster that it heals."""

    namespace: str
    node: str = ""
    """Empty when it is not known."""


class GuardView(Value):
    """Everything that a guard may know; it never looks anywhere else."""

    snapshot: Snapshot
    """As fresh as `limits.view_fresh` asks for."""
    platform: Platform
    writes: tuple[RecentWrite, ...] = ()
    """At least those of the last hour and of the cooldown, of all incidents."""
    kill_switch: str | None = None
    """Why writing is switched off, or None when it is not."""
    missing_rights: tuple[MissingRight, ...] | None = None
    """What the writer may not do of what the plan would write, or take back; None when nobody asked."""
    own_place: OwnPlace | None = None
    """Where this responder runs in this cluster; None when it runs elsewhere."""
    causes: int = 1
    """Separate causes that stand at once."""

    def get(self, target: ObjectRef) -> Manifest | None:
        """The object in the picture, or None."""
        return self.snapshot.get(target.kind, target.namespace, target.name)

    def age(self, now: datetime) -> timedelta:
        """How old the picture is."""
        return now - self.snapshot.taken_at


def is_blind_view(view: GuardView, target: ObjectRef, *kinds: str) -> Refuse | None:
    """The refusal to touch a target when one of these kinds could not be looked at, or None when all were seen.

    Absent from a kind that was seen is an answer; absent from a kind that was not seen tells nothing.
    """
    missing = [kind for kind in dict.fromkeys(kinds) if not view.snapshot.saw(kind)]
    if not missing:
        return None
    return Refuse(
        reason=Objection.CANNOT_TELL,
        says=f"{target} is left alone: {', '.join(missing)} could not be looked at, so nobody can tell",
    )


def pods_of(view: GuardView, target: ObjectRef) -> list[Manifest]:
    """The pods that a workload (or a node) runs now; a pod is its own only pod."""
    pods = view.snapshot.kind("Pod")
    if target.kind == "Node":
        return [pod for pod in pods if (pod.get("spec") or {}).get("nodeName") == target.name]
    here = [pod for pod in pods if (pod["metadata"].get("namespace") or "") == target.namespace]
    if target.kind == "Pod":
        return [pod for pod in here if pod["metadata"]["name"] == target.name]
    return [pod for pod in here if target in owners_of(view, pod)]


def owners_of(view: GuardView, pod: Manifest) -> list[ObjectRef]:
    """A pod's controller, and that one's: a ReplicaSet and its Deployment."""
    found: list[ObjectRef] = []
    here: Manifest | None = pod
    while here is not None and (above := owner_ref(here)) is not None and above not in found:
        found.append(above)
        here = view.get(above)
    return found


def spelled_ref(target: ObjectRef) -> str:
    """`NAMESPACE/Kind/NAME`; cluster-wide objects have nothing before the first slash."""
    return f"{target.namespace}/{target.kind}/{target.name}"


def words_of(view: GuardView, target: ObjectRef) -> dict[str, str]:
    """The labels of an object in the picture; none when it is not in it."""
    there = view.get(target)
    return labels_of(there) if there else {}
