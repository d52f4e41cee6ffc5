"""The call graph: who is called by whom, what routes lead where, and what is hurt when something fails.

What hurts a workload hurts its callers: that is how an effect is told from a cause.
"""

import difflib
from collections import defaultdict
from collections.abc import Iterator
from functools import cached_property
from typing import NamedTuple
from weakref import WeakKeyDictionary

from outage.diagnosis.calls.mentions import Mention, in_hosts_file, searched_elsewhere
from outage.diagnosis.calls.service_uses import ServiceUses
from outage.diagnosis.thresholds import NAME_LIKENESS
from outage.kubernetes.objects import ObjectRef, dig, object_ref
from outage.snapshots.case_index import CaseIndex
from outage.value import Manifest


class Dangling(NamedTuple):
    """An address whose Service is not there."""

    service: ObjectRef
    caller: ObjectRef
    text: str
    holder: ObjectRef
    """The object that holds the text; the caller itself when only its log tells."""
    sure: bool
    """Whether it can only mean a Service; else the caller's log must say that it is missed."""


class CallGraph(ServiceUses):
    """The call graph of one case."""

    _kept: "WeakKeyDictionary[CaseIndex, CallGraph]" = WeakKeyDictionary()

    @classmethod
    def of(cls, index: CaseIndex) -> "CallGraph":
        """The one graph of a case."""
        if index not in cls._kept:
            cls._kept[index] = cls(index)
        return cls._kept[index]

    @cached_property
    def callers(self) -> dict[str, list[ObjectRef]]:
        """Service → the workloads that call it."""
        found: dict[str, list[ObjectRef]] = defaultdict(list)
        for workload in self.index.workloads:
            about = object_ref(workload)
            for service in self.uses.get(str(about), {}):
                found[service].append(about)
        return found

    @cached_property
    def routed(self) -> dict[str, list[ObjectRef]]:
        """Service → the Ingresses that lead to it."""
        found: dict[str, list[ObjectRef]] = defaultdict(list)
        for ingress in self.index.all("Ingress"):
            for _, backend in ingress_backends(ingress):
                home = dig(ingress, "metadata.namespace", "")
                key = str(ObjectRef(kind="Service", name=backend.get("name", ""), namespace=home))
                found[key].append(object_ref(ingress, "Ingress"))
        return found

    def anyone_needs(self, service: ObjectRef) -> bool:
        """Whether somebody that runs calls it, or an Ingress leads to it."""
        return bool(self.live_callers(service) or self.routed.get(str(service)))

    def live_callers(self, service: ObjectRef) -> list[ObjectRef]:
        """The callers of a Service that are meant to run."""
        callers = self.callers.get(str(service), [])
        own = {str(object_ref(one)) for one in self.index.behind(self.index.get(service) or {})}
        return [
            one
            for one in callers
            if dig(self.index.get(one), "spec.replicas", 1) != 0 and str(one) not in own
        ]

    @cached_property
    def dangling(self) -> list[Dangling]:
        """Addresses that mean a Service of the cluster, and no such Service is there."""
        if not self.index.snapshot.saw("Service"):
            return []
        found, heard = [], set(self.overheard)
        for mention in self.mentions:
            service = self.service_of(mention)
            if service and self.index.get(service) is None and self._may_be_missed(mention, service):
                sure = self._surely_a_service(mention, service)
                if sure or (mention.workload, service) in heard:
                    found.append(Dangling(service, mention.workload, mention.text, mention.holder, sure))
        named = {object_ref(one).name for one in self.index.workloads}
        for caller, service in self.overheard:
            if self.index.get(service) is None and service.name in named:
                found.append(Dangling(service, caller, f"{service.name} in its log", caller, True))
        return found

    def _may_be_missed(self, mention: Mention, service: ObjectRef) -> bool:
        """Whether we saw that it is not there, and somebody that runs looks for it there."""
        seen = self.index.snapshot.saw("Service", service.namespace)
        if service.namespace not in self.index.home or not seen:
            return False
        caller = self.index.get(mention.workload)
        if dig(caller, "spec.replicas", 1) == 0:
            return False
        if service.name == mention.workload.name and not mention.port:
            return False  # its own name, as in OTEL_SERVICE_NAME: nobody needs a Service to find himself
        return not in_hosts_file(dig(caller, "spec.template.spec", {}), mention.host)

    def _surely_a_service(self, mention: Mention, service: ObjectRef) -> bool:
        """Whether the address can only mean a Service; `info:10` and an owner's name mean one if a log says so."""
        spec = dig(self.index.get(mention.workload), "spec.template.spec", {})
        if searched_elsewhere(spec, mention.host, service.namespace):
            return False
        if "." in mention.host:
            return True
        if not mention.port:
            return mention.sure and self._called_so(service, exactly=True)
        return mention.sure or self._called_so(service)

    def _called_so(self, service: ObjectRef, exactly: bool = False) -> bool:
        """Whether a workload has the name, or a workload or Service has one that is nearly the same."""
        key = ("called so", str(service), str(exactly))
        if key not in self.index.memory:
            home = [object_ref(one) for one in (*self.index.workloads, *self.index.services)]
            names = {one.name for one in home if one.namespace == service.namespace}
            near = (
                [] if exactly else difflib.get_close_matches(service.name, names, n=1, cutoff=NAME_LIKENESS)
            )
            self.index.memory[key] = service.name in names or bool(near)
        return bool(self.index.memory[key])

    def dependents(self, starts: set[str]) -> set[str]:
        """Everything that hurts when these workloads or Services hurt: Services, callers, Ingresses, transitively."""
        seen, queue = set(starts), list(starts)
        while queue:
            for after in self._next.get(queue.pop(), ()):
                if after not in seen:
                    seen.add(after)
                    queue.append(after)
        return seen

    @cached_property
    def _next(self) -> dict[str, set[str]]:
        after: dict[str, set[str]] = defaultdict(set)
        for service in self.index.services:
            key = str(object_ref(service, "Service"))
            for workload in self.index.behind(service):
                after[str(object_ref(workload))].add(key)
            after[key].update(str(one) for one in self.callers.get(key, []))
            after[key].update(str(one) for one in self.routed.get(key, []))
        for key, callers in self.callers.items():
            after[key].update(str(one) for one in callers)
        return after


def ingress_routes_of(index: CaseIndex, about: ObjectRef) -> set[str]:
    """The names under which `explains` would cover a finding about this object."""
    key = ("places", str(about))
    if key not in index.memory:
        index.memory[key] = _places(index, about)
    found: set[str] = index.memory[key]
    return found


def _places(index: CaseIndex, about: ObjectRef) -> set[str]:
    found = {str(about)}
    manifest = index.get(about)
    if about.kind == "Pod" and manifest is not None:
        found.add(str(index.workload_of(manifest)))
    if about.kind == "Service" and manifest is not None:
        found |= {str(object_ref(one)) for one in index.behind(manifest)}
    if about.namespace:
        found.add(str(ObjectRef(kind="Namespace", name=about.namespace)))
    return found


def ingress_backends(ingress: Manifest) -> Iterator[tuple[str, Manifest]]:
    """Every backend of an Ingress that is a Service, with its JSON pointer."""
    if _leads_on(default := dig(ingress, "spec.defaultBackend.service")):
        yield "/spec/defaultBackend/service", default
    for at, rule in enumerate(dig(ingress, "spec.rules", [])):
        for number, path in enumerate(dig(rule, "http.paths", [])):
            if _leads_on(backend := dig(path, "backend.service")):
                yield f"/spec/rules/{at}/http/paths/{number}/backend/service", backend


def _leads_on(backend: Manifest | None) -> bool:
    """Whether the entry leads to a Service; with this port, load balancers read an action of that name instead."""
    return bool(backend) and dig(backend, "port.name") != "use-annotation"
