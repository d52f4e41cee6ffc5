"""One index over a case: its objects by name, kind, owner and label, and the events about each.

Promise: nothing here judges. Everything is looked up once and kept.
"""

from collections import defaultdict
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from outage.kubernetes.events import event_moment
from outage.kubernetes.object_times import parsed_moment
from outage.kubernetes.objects import (
    ObjectRef,
    annotations_of,
    dig,
    labels_of,
    object_ref,
    owner_ref,
    selects_labels,
)
from outage.kubernetes.workloads import WORKLOADS
from outage.platforms.platform import Platform
from outage.snapshots.baseline import Baseline
from outage.snapshots.snapshot import Snapshot
from outage.value import Manifest

if TYPE_CHECKING:
    from outage.snapshots.case import Case


class ObjectKey(NamedTuple):
    """An `ObjectRef` as a key: cheaper to make and to compare, and an index makes tens of thousands."""

    kind: str
    namespace: str
    name: str


class LabelKey(NamedTuple):
    """A label and its value, in one namespace."""

    namespace: str
    label: str
    value: str


Labelled = dict[LabelKey, list[Manifest]]
"""The objects that carry a label."""
OLDEST = parsed_moment("1970-01-01T00:00:00Z")
"""Where an event without a date stands: before all others."""


class CaseIndex:
    """What a case holds, by name and kind: `Case.index` builds it once."""

    def __init__(self, case: "Case") -> None:
        """Index lazily; building costs nothing until something is asked."""
        self.case = case
        self.memory: dict[Any, Any] = {}
        """What others worked out about this case and may be asked again."""

    @property
    def snapshot(self) -> Snapshot:
        """What was seen."""
        return self.case.snapshot

    @property
    def platform(self) -> Platform:
        """What the platform is."""
        return self.case.platform

    @property
    def baseline(self) -> Baseline | None:
        """What was seen when all was well."""
        return self.case.baseline

    @property
    def now(self) -> datetime:
        """The snapshot's own moment: every age is measured against it."""
        return self.snapshot.taken_at

    @cached_property
    def namespaces(self) -> frozenset[str]:
        """Where failures concern us: the deep namespaces, the critical ones and the system's."""
        named = {*self.snapshot.namespaces, *self.platform.critical_namespaces, self.platform.namespace}
        return frozenset({*named, "kube-system"} - {""})

    @cached_property
    def home(self) -> frozenset[str]:
        """The platform's own namespaces, without the cluster's machinery."""
        return frozenset({*self.snapshot.namespaces, self.platform.namespace} - {""})

    def all(self, kind: str) -> list[Manifest]:
        """All objects of a kind in the namespaces that concern us; cluster-wide ones too."""
        return [
            one
            for one in self.snapshot.kind(kind)
            if dig(one, "metadata.namespace", "") in self.namespaces or not dig(one, "metadata.namespace")
        ]

    def get(self, about: ObjectRef) -> Manifest | None:
        """The live object, or None."""
        return self._by_ref.get(ObjectKey(about.kind, about.namespace, about.name))

    @cached_property
    def _by_ref(self) -> dict[ObjectKey, Manifest]:
        return {
            ObjectKey(kind, dig(one, "metadata.namespace", ""), dig(one, "metadata.name", "?")): one
            for kind, some in self.snapshot.objects.items()
            for one in some
        }

    @cached_property
    def workloads(self) -> list[Manifest]:
        """Deployments, StatefulSets and DaemonSets that concern us."""
        return [{"kind": kind, **one} for kind in WORKLOADS for one in self.all(kind)]

    @cached_property
    def pods(self) -> list[Manifest]:
        """Pods that concern us, without those that have finished their work."""
        return [one for one in self.all("Pod") if dig(one, "status.phase") != "Succeeded"]

    def workload_of(self, pod: Manifest) -> ObjectRef:
        """What a person would call the pod's owner: the Deployment, not its ReplicaSet; else the pod itself."""
        owned_by = owner_ref(pod)
        if owned_by is None:
            return object_ref(pod, "Pod")
        if owned_by.kind == "ReplicaSet":
            return self._owner_of_replica_set(owned_by, pod)
        return self._above(owned_by, "Job")

    def _owner_of_replica_set(self, owned_by: ObjectRef, pod: Manifest) -> ObjectRef:
        above = self._above(owned_by, "ReplicaSet")
        if above.kind != "ReplicaSet" or self.get(above):
            return above
        stem = owned_by.name.removesuffix("-" + labels_of(pod).get("pod-template-hash", "?"))
        guess = ObjectRef(kind="Deployment", name=stem, namespace=owned_by.namespace)
        return guess if self.get(guess) else above

    def _above(self, one: ObjectRef, kind: str) -> ObjectRef:
        manifest = self.get(one) if one.kind == kind else None
        return (owner_ref(manifest) or one) if manifest else one

    @cached_property
    def _pods_by_workload(self) -> dict[str, list[Manifest]]:
        found: dict[str, list[Manifest]] = defaultdict(list)
        for pod in self.pods:
            found[str(self.workload_of(pod))].append(pod)
        return found

    def pods_of(self, workload: ObjectRef) -> list[Manifest]:
        """The pods of a workload that are not on their way out."""
        pods = self.pods_with_leaving(workload)
        return [one for one in pods if not dig(one, "metadata.deletionTimestamp")]

    def pods_with_leaving(self, workload: ObjectRef) -> list[Manifest]:
        """All pods of a workload, those on their way out too."""
        return self._pods_by_workload.get(str(workload), [])

    def replica_sets(self, deployment: ObjectRef) -> list[Manifest]:
        """A Deployment's ReplicaSets, newest revision first."""
        return sorted(self._replica_sets.get(str(deployment), []), key=_revision, reverse=True)

    @cached_property
    def _replica_sets(self) -> dict[str, list[Manifest]]:
        found: dict[str, list[Manifest]] = defaultdict(list)
        for one in self.all("ReplicaSet"):
            if (above := owner_ref(one)) is not None:
                found[str(above)].append(one)
        return found

    @cached_property
    def _events(self) -> dict[ObjectKey, list[Manifest]]:
        found: dict[ObjectKey, list[Manifest]] = defaultdict(list)
        for event in self.snapshot.kind("Event"):
            about = event.get("involvedObject") or event.get("regarding") or {}
            key = ObjectKey(about.get("kind", ""), about.get("namespace", "") or "", about.get("name", ""))
            found[key].append(event)
        for events in found.values():
            events.sort(key=lambda event: event_moment(event) or OLDEST or self.now)
        return found

    def events(self, about: ObjectRef) -> list[Manifest]:
        """What the cluster said about one object, oldest first."""
        key = ObjectKey(about.kind, about.namespace, about.name)
        if about.kind == "Node":
            return [
                *self._events.get(key, []),
                *self._events.get(ObjectKey("Node", "default", about.name), []),
            ]
        return self._events.get(key, [])

    def warnings(self, about: ObjectRef) -> list[Manifest]:
        """The warnings about one object, oldest first."""
        return [event for event in self.events(about) if event.get("type") == "Warning"]

    def warnings_of_kind(self, kind: str) -> list[tuple[ObjectRef, Manifest]]:
        """Every warning about objects of a kind, in the namespaces that concern us."""
        if ("warnings", kind) not in self.memory:
            self.memory["warnings", kind] = [
                (ObjectRef(kind=kind, name=key.name, namespace=key.namespace), event)
                for key, events in self._events.items()
                if key.kind == kind and (key.namespace in self.namespaces or not key.namespace)
                for event in events
                if event.get("type") == "Warning"
            ]
        found: list[tuple[ObjectRef, Manifest]] = self.memory["warnings", kind]
        return found

    @cached_property
    def services(self) -> list[Manifest]:
        """The Services of the platform's own namespaces."""
        return [{"kind": "Service", **one} for one in self.all("Service")]

    def selected(self, service: Manifest) -> list[Manifest]:
        """The pods that a Service's selector matches, ready or not, in whatever namespace it stands."""
        home, selector = dig(service, "metadata.namespace", ""), dig(service, "spec.selector", {})
        candidates = _fewest(self._pods_by_label, home, selector)
        return [pod for pod in candidates if selects_labels(selector, labels_of(pod))]

    @cached_property
    def _pods_by_label(self) -> Labelled:
        found: Labelled = defaultdict(list)
        for pod in self.snapshot.kind("Pod"):
            if not dig(pod, "metadata.deletionTimestamp") and dig(pod, "status.phase") != "Succeeded":
                for key, value in labels_of(pod).items():
                    found[LabelKey(dig(pod, "metadata.namespace", ""), key, value)].append(pod)
        return found

    def behind(self, service: Manifest) -> list[Manifest]:
        """The workloads whose template the Service's selector matches."""
        key = ("behind", str(object_ref(service, "Service")))
        if key not in self.memory:
            self.memory[key] = self._find_behind(service)
        found: list[Manifest] = self.memory[key]
        return found

    def _find_behind(self, service: Manifest) -> list[Manifest]:
        home, selector = dig(service, "metadata.namespace", ""), dig(service, "spec.selector", {})
        return [
            one
            for one in _fewest(self._workloads_by_label, home, selector)
            if selects_labels(selector, dig(one, "spec.template.metadata.labels", {}))
        ]

    @cached_property
    def _workloads_by_label(self) -> Labelled:
        found: Labelled = defaultdict(list)
        for one in self.workloads:
            for key, value in dig(one, "spec.template.metadata.labels", {}).items():
                found[LabelKey(dig(one, "metadata.namespace", ""), key, value)].append(one)
        return found

    def fronts(self, workload: ObjectRef) -> list[Manifest]:
        """The Services whose selector matches the workload's template."""
        return self._fronts.get(str(workload), [])

    def names_around(self, workload: ObjectRef) -> set[str]:
        """Under which names it shows: its own, those of its pods, and of the Services before it."""
        pods = (object_ref(one, "Pod") for one in self.pods_of(workload))
        services = (object_ref(one, "Service") for one in self.fronts(workload))
        return {str(one) for one in (workload, *pods, *services)}

    @cached_property
    def _fronts(self) -> dict[str, list[Manifest]]:
        found: dict[str, list[Manifest]] = defaultdict(list)
        for service in self.services:
            for one in self.behind(service):
                found[str(object_ref(one))].append(service)
        return found

    def ready_addresses(self, service: Manifest) -> int | None:
        """How many endpoints are ready; None when neither slices nor Endpoints could be seen."""
        about = object_ref(service, "Service")
        if self.snapshot.saw("EndpointSlice", about.namespace):
            return sum(_ready(one) for one in self._slices.get((about.namespace, about.name), []))
        if self.snapshot.saw("Endpoints"):
            found = self.get(ObjectRef(kind="Endpoints", name=about.name, namespace=about.namespace)) or {}
            return sum(len(subset.get("addresses") or []) for subset in found.get("subsets") or [])
        return None

    def slices_of(self, service: ObjectRef) -> list[Manifest]:
        """The EndpointSlices of a Service."""
        return self._slices.get((service.namespace, service.name), [])

    @cached_property
    def _slices(self) -> dict[tuple[str, str], list[Manifest]]:
        found: dict[tuple[str, str], list[Manifest]] = defaultdict(list)
        for one in self.all("EndpointSlice"):
            name = labels_of(one).get("kubernetes.io/service-name", "")
            found[(dig(one, "metadata.namespace", ""), name)].append(one)
        return found


def _revision(replica_set: Manifest) -> tuple[int, str]:
    number = annotations_of(replica_set).get("deployment.kubernetes.io/revision") or "0"
    return (int(number) if number.isdigit() else 0, dig(replica_set, "metadata.creationTimestamp", ""))


def _fewest(index: Labelled, home: str, selector: dict[str, str]) -> list[Manifest]:
    """The shortest list of objects that carry one of the selector's labels."""
    lists = [index.get(LabelKey(home, key, value), []) for key, value in selector.items()]
    return min(lists, key=len, default=[])


def _ready(endpoint_slice: Manifest) -> int:
    endpoints = endpoint_slice.get("endpoints") or []
    return sum(1 for one in endpoints if dig(one, "conditions.ready", True) is not False)
