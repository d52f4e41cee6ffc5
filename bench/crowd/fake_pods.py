"""A crowd on a control plane of its own: nodes that report ready and pods that report running, without a kubelet.

The first pod is written by the API as every client would; the others are what the API server made of it, under names
of their own, put into its etcd a hundred at a time: 20,000 pods stand in seconds. Nobody watches leases there, so that
one that is renewed until long after the bench costs nothing while it is measured. The crowd goes with its control
plane.
"""

import contextlib
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from bench.crowd.etcd_writer import EtcdWriter
from bench.crowd.fake_kubelets import CROWD_NAMESPACES
from bench.crowd.fake_manifests import PODS_PER_NODE, fake_pod, node_status, pod_status
from blocks.kubernetes.api_client import ApiClient
from outage.errors import ClusterConflict
from outage.value import Manifest

MARK = "bench.outage.dev/crowd"
PODS_PER_NAMESPACE = 500
LEASES = "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases"
RENEWED = "2030-01-01T00:00:00.000000Z"
AT_ONCE = 8
ILL_EVERY = 500
"""One pod in so many crash-loops: a big cluster is never quite healthy."""


class FakePods:
    """Fake nodes and pods, as many as are asked for."""

    def __init__(self, api: ApiClient, etcd_url: str):
        self.api = api
        self.pods = self.nodes = self.namespaces = 0
        self._ill: set[int] = set()
        self._etcd = EtcdWriter(etcd_url)
        self._models: dict[bool, Manifest] = {}
        """An ill pod and a well one, as the API server keeps them."""

    def grow_to(self, pods: int) -> None:
        """Add nodes, namespaces and pods until there are so many."""
        self._each(self._node, range(self.nodes, -(-pods // PODS_PER_NODE)))
        self.nodes = max(self.nodes, -(-pods // PODS_PER_NODE))
        self._each(self._namespace, range(self.namespaces, -(-pods // PODS_PER_NAMESPACE)))
        self.namespaces = max(self.namespaces, -(-pods // PODS_PER_NAMESPACE))
        if not self._models:
            self._models = {ill: self._first_pod(ill) for ill in (True, False)}
        wanted = range(max(self.pods, 1), pods)
        self._ill |= {number for number in wanted if number % ILL_EVERY == ILL_EVERY - 1}
        self._etcd.put({_key_of(number): self._pod(number) for number in wanted})
        self.pods = max(self.pods, pods)

    def _each(self, make: Callable[[int], None], numbers: range) -> None:
        with ThreadPoolExecutor(AT_ONCE) as pool:
            list(pool.map(make, numbers))

    def _create(self, path: str, body: dict[str, Any]) -> None:
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
        self._lease(name)
        self._status(f"/api/v1/nodes/{name}", node_status())

    def _lease(self, name: str) -> None:
        spec = {"holderIdentity": name, "leaseDurationSeconds": 40, "renewTime": RENEWED}
        lease = {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {"name": name}}
        self._create(LEASES, lease | {"spec": spec})

    def _namespace(self, number: int) -> None:
        meta = {"name": f"{CROWD_NAMESPACES}{number}", "labels": {MARK: "yes"}}
        self._create("/api/v1/namespaces", {"apiVersion": "v1", "kind": "Namespace", "metadata": meta})

    def _first_pod(self, ill: bool) -> Manifest:
        """The crowd's first pod, ill or well, as the API server keeps it."""
        path, name = _place(0)
        with contextlib.suppress(ClusterConflict):
            self._create(path, fake_pod(name, f"crowd-{0 // PODS_PER_NODE}"))
        self._status(f"{path}/{name}", pod_status(0, ill))
        kept: Manifest = self.api.json("GET", f"{path}/{name}", "read a pod")
        kept["metadata"].pop("resourceVersion")
        return kept

    def _pod(self, number: int) -> Manifest:
        """Another pod like the first."""
        ill = number in self._ill
        model, (path, name) = self._models[ill], _place(number)
        meta = {"name": name, "namespace": path.split("/")[-2], "uid": str(uuid.uuid4())}
        status = {key: value for key, value in pod_status(number, ill).items() if key == "podIP"}
        return {
            **model,
            "metadata": {**model["metadata"], **meta},
            "spec": {**model["spec"], "nodeName": f"crowd-{number // PODS_PER_NODE}"},
            "status": {**model["status"], **status, "podIPs": [{"ip": status["podIP"]}]},
        }

    @property
    def ill(self) -> int:
        """How many pods of the crowd crash-loop now."""
        return len(self._ill)

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


def _place(number: int) -> tuple[str, str]:
    """The path of a namespace's pods, and a pod's name."""
    return f"/api/v1/namespaces/{CROWD_NAMESPACES}{number // PODS_PER_NAMESPACE}/pods", f"worker-{number:05d}"


def _key_of(number: int) -> str:
    """Where the API server keeps a pod."""
    return f"/registry/pods/{CROWD_NAMESPACES}{number // PODS_PER_NAMESPACE}/{_place(number)[1]}"
