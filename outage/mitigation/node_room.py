"""How many more pods the nodes could hold, as the scheduler would count: what they can hold minus what was asked for.

Promise: rather too little than too much. A node counts only when it is ready, open and without a taint, and what
is really in use counts when it is more than what was asked for: that also tells of pods that were not looked at.
"""

from outage.kubernetes.objects import dig, labels_of
from outage.kubernetes.quantity import parsed_quantity
from outage.kubernetes.readiness import is_ready
from outage.snapshots.case_index import CaseIndex
from outage.value import Manifest

Amounts = dict[str, float]
RESOURCES = ("cpu", "memory")
ENDED = ("Succeeded", "Failed")
CLOSED = ("NoSchedule", "NoExecute")
QUIET_PLACES = ("kube-public", "kube-node-lease", "kube-system")
"""Namespaces that hold no pods, or whose pods are always looked at."""


class NodeRoom:
    """What is left on the nodes of one picture; placing pods takes from it."""

    def __init__(self, index: CaseIndex, without: str = "") -> None:
        """Count once.

        Args:
            index: The picture.
            without: Name of a node that does not count.
        """
        nodes = [one for one in index.snapshot.kind("Node") if one["metadata"]["name"] != without]
        self.nodes = [one for one in nodes if _open(one)] if index.snapshot.saw("Pod") else []
        self._free = {one["metadata"]["name"]: _free(index, one) for one in self.nodes}

    def place(self, pod_spec: Manifest, count: int) -> int:
        """Take the room of as many such pods as fit, at most `count`; how many that were."""
        asked = asks_for(pod_spec)
        for placed in range(count):
            if not self._place(pod_spec, asked):
                return placed
        return count

    def _place(self, pod_spec: Manifest, asked: Amounts) -> bool:
        for node in self.nodes:
            free = self._free[node["metadata"]["name"]]
            wanted = (pod_spec.get("nodeSelector") or {}).items()
            here = all(labels_of(node).get(key) == value for key, value in wanted)
            if here and all(free.get(key, 0.0) >= amount for key, amount in asked.items()):
                for key, amount in asked.items():
                    free[key] -= amount
                return True
        return False


def _open(node: Manifest) -> bool:
    taints = [one.get("effect") for one in dig(node, "spec.taints", [])]
    ready = is_ready(node)
    return ready and not dig(node, "spec.unschedulable") and not any(one in CLOSED for one in taints)


def _free(index: CaseIndex, node: Manifest) -> Amounts:
    name = node["metadata"]["name"]
    pods = [one for one in index.snapshot.kind("Pod") if dig(one, "spec.nodeName") == name]
    asked = [asks_for(one.get("spec", {})) for one in pods if dig(one, "status.phase") not in ENDED]
    used = next(
        (one for one in index.snapshot.usage if one.kind == "Node" and one.name == name),
        None,
    )
    busy = {"cpu": used.cpu_cores, "memory": float(used.memory_bytes)} if used else {}
    return {
        key: (parsed_quantity(dig(node, f"status.allocatable.{key}")) or 0.0)
        - max(sum(one[key] for one in asked), busy.get(key, 0.0))
        for key in (*RESOURCES, "pods")
    }


def asks_for(pod_spec: Manifest) -> Amounts:
    """What the scheduler reserves for one pod; init containers run one after the other, before the rest."""
    found = {"pods": 1.0}
    for key in RESOURCES:
        together = sum(_request(one, key) for one in pod_spec.get("containers") or [])
        found[key] = max([together, *(_request(one, key) for one in pod_spec.get("initContainers") or [])])
    return found


def _request(container: Manifest, key: str) -> float:
    asked = dig(container, f"resources.requests.{key}", dig(container, f"resources.limits.{key}"))
    return parsed_quantity(asked) or 0.0


def is_picky(pod_spec: Manifest) -> bool:
    """Whether a pod chooses its node by rules that are not counted here, so that nobody can tell where it fits."""
    affinity = pod_spec.get("affinity") or {}
    required = any(
        "requiredDuringSchedulingIgnoredDuringExecution" in (affinity.get(kind) or {})
        for kind in ("nodeAffinity", "podAffinity", "podAntiAffinity")
    )
    spread = pod_spec.get("topologySpreadConstraints") or []
    ports = [port for one in pod_spec.get("containers") or [] for port in one.get("ports") or []]
    strict = any(one.get("whenUnsatisfiable") == "DoNotSchedule" for one in spread)
    return required or strict or any(port.get("hostPort") for port in ports)


def unseen_places(index: CaseIndex) -> tuple[str, ...]:
    """Namespaces whose pods were not looked at, as far as the namespaces were."""
    seen = {*index.namespaces, *QUIET_PLACES}
    return tuple(sorted({one["metadata"]["name"] for one in index.snapshot.kind("Namespace")} - seen))
