"""A crowd on the practice cluster: nodes that report ready and pods that report running, without a kubelet.

They are written straight to the API. Their leases are renewed while the crowd stands, or the node controller
would evict it.
"""

import contextlib
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from typing import Any

from bench.crowd.fake_manifests import PODS_PER_NODE, fake_pod, node_status, pod_status
from blocks.kubernetes import Cluster
from blocks.kubernetes.api_client import ApiClient
from outage.errors import ClusterConflict, ClusterError, ClusterMissing

MARK = "bench.outage.dev/crowd"
PODS_PER_NAMESPACE = 500
RENEW_SECONDS = 5.0
AT_ONCE = 8
ILL_EVERY = 500
"""One pod in so many crash-loops: a big cluster is never quite healthy."""


class FakePods:
    """Fake nodes and pods, as many as are asked for; `clear` leaves nothing."""

    def __init__(self, cluster: Cluster):
        self.cluster = cluster
        self.api = ApiClient(cluster.access, cluster.identity)
        self.pods = self.nodes = self.namespaces = 0
        self._ill: set[int] = set()
        self._stop = threading.Event()
        self._heart = threading.Thread(target=self._beat, daemon=True)

    def grow_to(self, pods: int) -> None:
        """Add nodes, namespaces and pods until there are so many."""
        self._each(self._node, range(self.nodes, -(-pods // PODS_PER_NODE)))
        self.nodes = max(self.nodes, -(-pods // PODS_PER_NODE))
        self._each(self._namespace, range(self.namespaces, -(-pods // PODS_PER_NAMESPACE)))
        self.namespaces = max(self.namespaces, -(-pods // PODS_PER_NAMESPACE))
        if not self._heart.is_alive():
            self._heart.start()
        self._each(self._pod, range(self.pods, pods))
        self.pods = max(self.pods, pods)

    def _each(self, make: Callable[[int], None], numbers: range) -> None:
        with ThreadPoolExecutor(AT_ONCE) as pool:
            list(pool.map(make, numbers))

    def _create(self, path: str, body: dict[str, Any]) -> None:
        with contextlib.suppress(ClusterConflict):  # left over from a bench that was stopped
            self.api.json("POST", path, f"create {body['kind']}", body=body)

    def _status(self, path: str, status: dict[str, Any]) -> None:
        self.api.json(
            "PATCH",
            f"{path}/status",
            "write a status",
            body={"status": status},
            content_type="application/strategic-merge-patch+json",
        )

    def _node(self, number: int) -> None:
        name = f"crowd-{number}"
        body = {
            "apiVersion": "v1",
            "kind": "Node",
            "metadata": {"name": name, "labels": {MARK: "yes"}},
            "spec": {"taints": [{"key": MARK, "effect": "NoSchedule"}]},
        }
        self._create("/api/v1/nodes", body)
        self._renew(number)
        self._status(f"/api/v1/nodes/{name}", node_status())

    def _renew(self, number: int) -> None:
        name, leases = f"crowd-{number}", "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases"
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        spec = {"holderIdentity": name, "leaseDurationSeconds": 40, "renewTime": now}
        try:
            self.api.json(
                "PATCH",
                f"{leases}/{name}",
                "renew a lease",
                body={"spec": spec},
                content_type="application/merge-patch+json",
            )
        except ClusterMissing:
            lease = {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {"name": name}}
            self._create(leases, lease | {"spec": spec})

    def _beat(self) -> None:
        while not self._stop.wait(RENEW_SECONDS):
            with contextlib.suppress(ClusterError):
                self._each(self._renew, range(self.nodes))

    def _namespace(self, number: int) -> None:
        meta = {"name": f"crowd-{number}", "labels": {MARK: "yes"}}
        self._create("/api/v1/namespaces", {"apiVersion": "v1", "kind": "Namespace", "metadata": meta})

    def _pod(self, number: int) -> None:
        path, name = _place(number)
        self._create(path, fake_pod(name, f"crowd-{number // PODS_PER_NODE}"))
        ill = number % ILL_EVERY == ILL_EVERY - 1
        self._status(f"{path}/{name}", pod_status(number, ill))
        if ill:
            self._ill.add(number)

    @property
    def usually_ill(self) -> int:
        """How many pods of a crowd of this size crash-loop when nobody asked for another number."""
        return self.pods // ILL_EVERY

    def sicken(self, ill: int) -> None:
        """Let so many pods crash-loop, spread evenly, and all others be well again."""
        wanted = {(number + 1) * self.pods // ill - 1 for number in range(ill)} if ill else set()
        for numbers, state in ((wanted - self._ill, True), (self._ill - wanted, False)):
            with ThreadPoolExecutor(AT_ONCE) as pool:
                list(pool.map(partial(self._turn, ill=state), numbers))
        self._ill = wanted

    def _turn(self, number: int, ill: bool) -> None:
        path, name = _place(number)
        self._status(f"{path}/{name}", pod_status(number, ill))

    def clear(self) -> None:
        """Take everything away again: pods at once (nobody would stop them), then namespaces, nodes, leases."""
        self._stop.set()
        now = {"gracePeriodSeconds": 0, "kind": "DeleteOptions", "apiVersion": "v1"}
        for namespace in self.cluster.list("Namespace", labels=MARK):
            name = namespace["metadata"]["name"]
            pods = f"/api/v1/namespaces/{name}/pods"
            self.api.request("DELETE", pods, "clear a crowd", body=now, within_seconds=120)
            self.api.request("DELETE", f"/api/v1/namespaces/{name}", "delete a namespace")
        for node in self.cluster.list("Node", labels=MARK):
            name = node["metadata"]["name"]
            self.api.request("DELETE", f"/api/v1/nodes/{name}", "delete a node")
            with contextlib.suppress(ClusterMissing):
                lease = f"/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/{name}"
                self.api.request("DELETE", lease, "delete a lease")


def _place(number: int) -> tuple[str, str]:
    """The path of a pod's namespace, and its name."""
    return f"/api/v1/namespaces/crowd-{number // PODS_PER_NAMESPACE}/pods", f"worker-{number:05d}"


@contextlib.contextmanager
def fake_pods(cluster: Cluster) -> Iterator[FakePods]:
    """A crowd that is gone afterwards, whatever happens."""
    standing = FakePods(cluster)
    standing.clear()
    standing = FakePods(cluster)
    try:
        yield standing
    finally:
        standing.clear()
