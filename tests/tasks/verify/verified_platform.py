"""A cluster in memory for the looks of verify: objects, weather, and controllers that act as time passes.

A double of the doors (`blocks.kubernetes` and its `writing`), not of our code; its clock is the test's.
"""

import copy
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any, cast

from blocks.kubernetes import Cluster, CommandOutput
from blocks.kubernetes.writer import Writer
from outage.diagnosis.hypothesis import Action, Change
from outage.errors import ClusterConflict, ClusterError, ClusterUnreachable
from outage.kubernetes.objects import ObjectRef, object_ref
from outage.plans.fence import Fence
from outage.plans.plan import Precondition
from outage.platforms.platform import Platform, Service
from outage.snapshots.snapshot import Usage
from outage.value import Manifest
from tests.tasks.act.fake_cluster import Clock

SHOP = "shop"
AUTH = ObjectRef(kind="Deployment", name="auth", namespace=SHOP)
SERVICES = (
    Service(
        name="auth",
        workload="deployment/auth",
        service="auth",
        port=3001,
        selector={"app": "auth"},
        health="/health",
    ),
    Service(name="web", workload="deployment/web", selector={"app": "web"}, depends_on=("auth",)),
)
PLATFORM = Platform(name="Shop", namespace=SHOP, services=SERVICES)

AWAY = ClusterUnreachable("read the shop: no answer from the API server")


class Door:
    """Reader and writer in one; every write and every eviction is remembered."""

    def __init__(self, clock: Clock, *manifests: Manifest):
        self.clock = clock
        self.objects = {object_ref(one): copy.deepcopy(one) for one in manifests}
        self.written: list[tuple[Action, str]] = []
        self.evicted: list[str] = []
        self.says: Callable[[str, list[str]], CommandOutput] = lambda pod, command: CommandOutput("", "", 127)
        self.on_write: Callable[[Change], None] = lambda change: None
        self.on_evict: Callable[[ObjectRef], None] = lambda pod: None
        self.away_until = clock.now()
        self.refuses: ClusterError | None = None
        self.log = "the log"
        self.later: list[tuple[Any, Callable[[], None]]] = []

    @property
    def cluster(self) -> Cluster:
        """As the reading door."""
        return cast("Cluster", self)

    @property
    def writer(self) -> Writer:
        """As the writing door."""
        return cast("Writer", self)

    def away_for(self, seconds: float) -> None:
        """The API server does not answer for so long, from now."""
        self.away_until = self.clock.now() + timedelta(seconds=seconds)

    def after(self, seconds: float, happens: Callable[[], None]) -> None:
        """Let a controller do something when so much time has passed."""
        self.later.append((self.clock.now() + timedelta(seconds=seconds), happens))

    def _answer(self) -> None:
        due = [happens for when, happens in self.later if when <= self.clock.now()]
        self.later = [one for one in self.later if one[0] > self.clock.now()]
        for happens in due:
            happens()
        if self.clock.now() < self.away_until:
            raise AWAY
        if self.refuses:
            raise self.refuses

    def find(self, target: ObjectRef) -> Manifest | None:
        """As `Cluster.find`."""
        self._answer()
        return copy.deepcopy(self.objects.get(target))

    read = find

    def list(self, kind: str, namespace: str | None = None, **_: Any) -> list[Manifest]:
        """As `Cluster.list`."""
        self._answer()
        return [copy.deepcopy(one) for at, one in self.objects.items() if at.kind == kind]

    def usage(self, kind: str, namespace: str) -> Sequence[Usage]:
        """As `Cluster.usage`, where nobody counts."""
        self._answer()
        return ()

    def logs(self, namespace: str, pod: str, *_: Any, **__: Any) -> str:
        """As `Cluster.logs`."""
        return self.log

    def execute(self, namespace: str, pod: str, command: Any, within_seconds: float = 0) -> CommandOutput:
        """As `Cluster.execute`."""
        self._answer()
        return self.says(pod, command)

    def write(self, change: Change, precondition: Precondition, fence: Fence) -> None:
        """As `Writer.write`, for what is created and deleted."""
        self._answer()
        self.on_write(change)
        fence.confirm_held()
        if change.action is Action.CREATE and change.target in self.objects:
            raise ClusterConflict(f"create {change.target}: 409, it exists")
        self.written.append((change.action, change.target.kind))
        if change.action is Action.CREATE:
            made = copy.deepcopy(change.manifest or {})
            made["metadata"] |= {"uid": f"uid-{len(self.written)}"}
            self.objects[change.target] = made
        else:
            self.objects.pop(change.target)

    def evict(self, pod: ObjectRef, uid: str, fence: Fence) -> None:
        """As `Writer.evict`."""
        self._answer()
        fence.confirm_held()
        assert self.objects[pod]["metadata"]["uid"] == uid
        self.on_evict(pod)
        self.evicted.append(pod.name)
        self.objects.pop(pod)

    def put(self, *manifests: Manifest) -> None:
        """As a controller would."""
        self.objects |= {object_ref(one): one for one in manifests}


def deployment(name: str = "auth", replicas: int = 2, ready: int = 2, **status: Any) -> Manifest:
    """A Deployment of which so many pods are available."""
    counts = {"updatedReplicas": ready, "availableReplicas": ready, "replicas": ready}
    return {
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": SHOP, "generation": 1},
        "spec": {"replicas": replicas},
        "status": {"observedGeneration": 1, **counts, **status},
    }


def pod(name: str, app: str = "auth", ready: bool = True, owned: bool = True) -> Manifest:
    """A running pod."""
    above = [{"controller": True, "kind": "ReplicaSet", "name": f"{app}-1"}] if owned else []
    return {
        "kind": "Pod",
        "metadata": {
            "name": name,
            "namespace": SHOP,
            "uid": f"uid-{name}",
            "labels": {"app": app},
            "ownerReferences": above,
        },
        "status": {
            "phase": "Running",
            "conditions": [{"type": "Ready", "status": "True" if ready else "False"}],
        },
    }


def slice_of(service: str, *pods: str) -> Manifest:
    """The endpoints of a Service."""
    labels = {"kubernetes.io/service-name": service}
    return {
        "kind": "EndpointSlice",
        "metadata": {"name": f"{service}-1", "namespace": SHOP, "labels": labels},
        "endpoints": [{"targetRef": {"name": name}, "conditions": {"ready": True}} for name in pods],
    }
