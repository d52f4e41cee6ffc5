"""One service of a platform as a template sees it: its workload, its pods, its Service, its routes."""

from functools import cached_property
from typing import NamedTuple

from outage.kubernetes.objects import ObjectRef, dig, labels_of, selects_labels
from outage.kubernetes.readiness import is_pod_ready
from outage.kubernetes.selectors import labels_match
from outage.kubernetes.workloads import workload_ref
from outage.platforms.platform import Platform, Service
from outage.snapshots.snapshot import Snapshot
from outage.value import Manifest
from outage.verification.drills.fitted_fault import Unfit


class DrillTarget:
    """What stands of one service now."""

    def __init__(self, snapshot: Snapshot, platform: Platform, service: Service, workload: Manifest) -> None:
        """Point at a service whose workload was seen."""
        self.snapshot, self.platform, self.service, self.workload = snapshot, platform, service, workload
        self.namespace = platform.namespace
        self.ref = workload_ref(service.workload, platform.namespace)

    @property
    def name(self) -> str:
        """The service, as its platform file calls it."""
        return self.service.name

    @property
    def pod_spec(self) -> Manifest:
        """What its pods are made from."""
        return dict(dig(self.workload, "spec.template.spec", {}))

    @cached_property
    def pods(self) -> list[Manifest]:
        """Its pods that are not on their way out."""
        wanted = dig(self.workload, "spec.selector", {})
        pods = self.snapshot.kind("Pod", self.namespace)
        return [
            one
            for one in pods
            if labels_match(wanted, labels_of(one)) and not one["metadata"].get("deletionTimestamp")
        ]

    @property
    def ready(self) -> int:
        """How many of its pods take requests."""
        return sum(is_pod_ready(one) for one in self.pods)

    @property
    def front(self) -> Manifest | None:
        """The Kubernetes Service in front of it; None when nothing calls it, or its Service was not seen."""
        name = self.service.service
        return self.snapshot.get("Service", self.namespace, name) if name else None

    @property
    def front_ref(self) -> ObjectRef:
        """The name of that Service."""
        return self.beside("Service", self.service.service or "")

    def beside(self, kind: str, name: str) -> ObjectRef:
        """An object of the platform's namespace."""
        return ObjectRef(kind=kind, name=name, namespace=self.namespace)

    @cached_property
    def container_index(self) -> int:
        """Which container serves: the one with the Service's target port, else the first."""
        wanted = dig(self.front, "spec.ports.0.targetPort") if self.front else None
        for number, one in enumerate(self.pod_spec.get("containers", [])):
            ports = one.get("ports") or []
            if any(wanted in (port.get("name"), port.get("containerPort")) for port in ports):
                return number
        return 0

    @property
    def container(self) -> Manifest:
        """The container that serves."""
        return dict(self.pod_spec["containers"][self.container_index])

    def path(self, below: str) -> str:
        """A JSON pointer into the container that serves: `image`, `resources`."""
        return f"/spec/template/spec/containers/{self.container_index}/{below}"

    @cached_property
    def routes(self) -> list[Manifest]:
        """The ingresses that lead to its Service."""
        name = self.service.service
        return [
            one
            for one in self.snapshot.kind("Ingress", self.namespace)
            if any(dig(path, "backend.service.name") == name for _, _, path in ingress_paths(one))
        ]

    @cached_property
    def callers(self) -> list[Service]:
        """Services of the platform that depend on it."""
        return [one for one in self.platform.services if self.name in one.depends_on]


class PlacedPath(NamedTuple):
    """One path of an ingress, and where it stands there."""

    rule: int
    number: int
    """Of the path within its rule."""
    path: Manifest


def ingress_paths(ingress: Manifest) -> list[PlacedPath]:
    """Every path of an ingress."""
    return [
        PlacedPath(rule, number, path)
        for rule, one in enumerate(dig(ingress, "spec.rules", []) or [])
        for number, path in enumerate(dig(one, "http.paths", []) or [])
    ]


def find_drill_target(snapshot: Snapshot, platform: Platform, name: str) -> DrillTarget | Unfit:
    """One service of a platform, or why nothing can be broken on it.

    Args:
        snapshot: What was seen just now.
        platform: Whose service it is.
        name: Of the service, as the platform file calls it.
    """
    service = platform.service(name)
    if service is None:
        return Unfit(reason=f"{platform.name} has no service {name}")
    ref = workload_ref(service.workload, platform.namespace)
    workload = snapshot.get(ref.kind, ref.namespace, ref.name)
    if workload is None:
        seen = snapshot.saw(ref.kind, ref.namespace, ref.name)
        return Unfit(reason=f"{ref} {'is not there' if seen else 'could not be looked at'}")
    target = DrillTarget(snapshot, platform, service, workload)
    if not dig(workload, "spec.replicas", 1):
        return Unfit(reason=f"{ref} is parked at zero replicas: there is nothing to break")
    if selects_labels({"outage.dev/protected": "true"}, labels_of(workload)):
        return Unfit(reason=f"{ref} is protected")
    if not target.ready:
        return Unfit(reason=f"no pod of {ref} is ready: what is broken already teaches nothing")
    return target
