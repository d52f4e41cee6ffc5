"""Evict what can be evicted from a cordoned node, budget by budget."""

from collections.abc import Callable, Iterable
from typing import Protocol, runtime_checkable

from outage.errors import ClusterRejected, ClusterThrottled
from outage.kubernetes.objects import ObjectRef, object_ref, owner_ref, stays_on_its_node
from outage.plans.fence import Fence
from outage.value import Manifest
from tasks.act.step_store import Target

ROUNDS = 60
REST_SECONDS = 2.0
"""Two minutes for the whole node: longer than most pods' grace period, short enough to be watched."""


@runtime_checkable
class Evictor(Protocol):
    """A door that can evict; `blocks.kubernetes.writer.Writer` is one."""

    def evict(self, pod: ObjectRef, uid: str, fence: Fence) -> None:
        """Ask for the eviction of one pod and no other of its name, as the newest holder only."""

    def pods_on(self, node: str) -> Iterable[Manifest]:
        """The pods of a node."""


def drain_node(
    node: ObjectRef,
    door: Target,
    fence: Fence,
    rest: Callable[[float], None],
    stopped: Callable[[], str | None],
) -> None:
    """Evict every evictable pod from a cordoned node.

    DaemonSet and mirror pods stay: their controllers would put them back. A pod that no controller owns stays too,
    and makes the drain fail: nobody would put it elsewhere.

    Source: runbook "Kubernetes Cluster Issues".
    Changes: evicts pods through the eviction API, so PodDisruptionBudgets hold.
    Take back: uncordon; the pods have been put elsewhere and stay there.

    Args:
        node: Cordoned, and allowed to be drained by every guard.
        door: Evicts.
        fence: Held on the node; compared before each eviction.
        rest: Waits so many seconds.
        stopped: Why writing is switched off, or None; asked before each round. The other guards are not asked again:
            a budget that our own evictions have spent is waited for, not refused.

    Raises:
        ClusterRejected: Pods are still there after two minutes, one has no controller, or somebody said stop.
            Permanent.
        FenceLost: Another responder holds the node since. Permanent.
    """
    if not isinstance(door, Evictor):
        raise ClusterRejected(f"drain {node}: this door cannot evict")
    dead = not _ready(door.read(node))
    for _ in range(ROUNDS):
        left = [pod for pod in door.pods_on(node.name) if _goes(pod, dead)]
        if not left:
            return
        orphans = [pod for pod in left if owner_ref(pod) is None]
        if orphans:
            raise ClusterRejected(
                f"drain {node}: {object_ref(orphans[0], 'Pod')} has no controller that would replace it"
            )
        if stop := stopped():
            raise ClusterRejected(
                f"drain {node}: stopped with {len(left)} pods still there, the kill switch is thrown: {stop}"
            )
        _evict(door, left, fence)
        rest(REST_SECONDS)
    names = ", ".join(pod["metadata"]["name"] for pod in left[:3])
    raise ClusterRejected(
        f"drain {node}: {len(left)} pods are still there after {ROUNDS * REST_SECONDS:.0f} s: {names}"
    )


def _evict(door: Evictor, pods: Iterable[Manifest], fence: Fence) -> None:
    for pod in pods:
        try:
            door.evict(object_ref(pod, "Pod"), pod["metadata"]["uid"], fence)
        except ClusterThrottled:
            continue  # a disruption budget: try again when the others are ready elsewhere


def _goes(pod: Manifest, dead: bool) -> bool:
    """Whether a pod is still to go; on a dead node nobody ends what was evicted, and its replacement runs elsewhere."""
    finished = (pod.get("status") or {}).get("phase") in ("Succeeded", "Failed")
    gone = finished or (dead and bool(pod["metadata"].get("deletionTimestamp")))
    return not gone and not stays_on_its_node(pod)


def _ready(node: Manifest | None) -> bool:
    conditions = ((node or {}).get("status") or {}).get("conditions") or []
    return not any(one["type"] == "Ready" and one["status"] != "True" for one in conditions)
