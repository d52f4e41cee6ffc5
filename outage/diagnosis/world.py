"""The snapshot with its threads drawn: who owns whom, who selects whom, what was said about whom.

Promise: nothing here judges. Everything is looked up once and kept.
Owners are in `owned`, events in `events`; here is who selects whom.
"""

from collections import defaultdict
from functools import cached_property

from outage.diagnosis.events import Told
from outage.objects import ObjectRef, dig, labels, ref, selects
from outage.value import Manifest

Labelled = dict[tuple[str, str, str], list[Manifest]]
"""Namespace, label and its value → objects."""


class World(Told):
    """One snapshot, indexed."""

    @cached_property
    def services(self) -> list[Manifest]:
        """The Services of the platform's own namespaces."""
        return [{"kind": "Service", **one} for one in self.all("Service")]

    def selected(self, service: Manifest) -> list[Manifest]:
        """The pods that a Service's selector matches, ready or not."""
        home, selector = dig(service, "metadata.namespace", ""), dig(service, "spec.selector", {})
        candidates = _fewest(self._pods_by_label, home, selector)
        return [pod for pod in candidates if selects(selector, labels(pod))]

    @cached_property
    def _pods_by_label(self) -> "Labelled":
        found: Labelled = defaultdict(list)
        for pod in self.pods:
            if not dig(pod, "metadata.deletionTimestamp"):
                for key, value in labels(pod).items():
                    found[(dig(pod, "metadata.namespace", ""), key, value)].append(pod)
        return found

    def behind(self, service: Manifest) -> list[Manifest]:
        """The workloads whose template the Service's selector matches."""
        key = ("behind", str(ref(service, "Service")))
        if key not in self.memory:
            self.memory[key] = self._find_behind(service)
        found: list[Manifest] = self.memory[key]
        return found

    def _find_behind(self, service: Manifest) -> list[Manifest]:
        home, selector = dig(service, "metadata.namespace", ""), dig(service, "spec.selector", {})
        return [
            one
            for one in _fewest(self._workloads_by_label, home, selector)
            if selects(selector, dig(one, "spec.template.metadata.labels", {}))
        ]

    @cached_property
    def _workloads_by_label(self) -> "Labelled":
        found: Labelled = defaultdict(list)
        for one in self.workloads:
            for key, value in dig(one, "spec.template.metadata.labels", {}).items():
                found[(dig(one, "metadata.namespace", ""), key, value)].append(one)
        return found

    def fronts(self, workload: ObjectRef) -> list[Manifest]:
        """The Services whose selector matches the workload's template."""
        return self._fronts.get(str(workload), [])

    @cached_property
    def _fronts(self) -> dict[str, list[Manifest]]:
        found: dict[str, list[Manifest]] = defaultdict(list)
        for service in self.services:
            for one in self.behind(service):
                found[str(ref(one))].append(service)
        return found

    def ready_addresses(self, service: Manifest) -> int | None:
        """How many endpoints are ready; None when neither slices nor Endpoints could be seen."""
        about = ref(service, "Service")
        if self.snapshot.saw("EndpointSlice", about.namespace):
            return sum(_ready(one) for one in self._slices.get((about.namespace, about.name), []))
        if self.snapshot.saw("Endpoints"):
            found = self.get(ObjectRef(kind="Endpoints", name=about.name, namespace=about.namespace)) or {}
            return sum(len(subset.get("addresses") or []) for subset in found.get("subsets") or [])
        return None

    @cached_property
    def _slices(self) -> dict[tuple[str, str], list[Manifest]]:
        found: dict[tuple[str, str], list[Manifest]] = defaultdict(list)
        for one in self.all("EndpointSlice"):
            name = labels(one).get("kubernetes.io/service-name", "")
            found[(dig(one, "metadata.namespace", ""), name)].append(one)
        return found


def _fewest(index: Labelled, home: str, selector: dict[str, str]) -> list[Manifest]:
    """The shortest list of objects that carry one of the selector's labels."""
    lists = [index.get((home, key, value), []) for key, value in selector.items()]
    return min(lists, key=len, default=[])


def _ready(endpoint_slice: Manifest) -> int:
    endpoints = endpoint_slice.get("endpoints") or []
    return sum(1 for one in endpoints if dig(one, "conditions.ready", True) is not False)
