"""Who calls whom, read from addresses in environment, arguments and configuration, and from the platform file.

What hurts a workload hurts its callers: that is how an effect is told from a cause.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cached_property
from weakref import WeakKeyDictionary

from outage.diagnosis.mentions import Mention, mentions
from outage.diagnosis.overheard import overheard
from outage.diagnosis.world import WORKLOADS, World
from outage.objects import ObjectRef, dig, ref
from outage.platform import Service
from outage.value import Manifest


class Calls:
    """The call graph of one world."""

    _kept: "WeakKeyDictionary[World, Calls]" = WeakKeyDictionary()

    def __init__(self, world: World) -> None:
        """Read nothing yet."""
        self.world = world

    @classmethod
    def of(cls, world: World) -> "Calls":
        """The one graph of a world."""
        if world not in cls._kept:
            cls._kept[world] = cls(world)
        return cls._kept[world]

    @cached_property
    def mentions(self) -> list[Mention]:
        """Every address that a workload names."""
        return [one for workload in self.world.workloads for one in mentions(self.world, workload)]

    @cached_property
    def overheard(self) -> list[tuple[ObjectRef, ObjectRef]]:
        """Every call that only a log tells of."""
        return list(overheard(self.world))

    def service_of(self, mention: Mention) -> ObjectRef | None:
        """The Service that an address means, by the rules of cluster DNS; None for a name outside."""
        home = mention.workload.namespace
        parts = mention.host.split(".")
        if len(parts) > 1 and not (len(parts) == 2 or parts[2] == "svc"):
            return None
        namespace = parts[1] if len(parts) > 1 else home
        return ObjectRef(kind="Service", name=parts[0], namespace=namespace)

    @cached_property
    def uses(self) -> dict[str, dict[str, ObjectRef]]:
        """Workload → the Services it calls that exist (or once did)."""
        found: dict[str, dict[str, ObjectRef]] = defaultdict(dict)
        for mention in self.mentions:
            service = self.service_of(mention)
            if service and self._known(service) and not self._only_shared(mention, service):
                found[str(mention.workload)][str(service)] = service
        for workload, service in self._from_platform():
            found[str(workload)][str(service)] = service
        for workload, service in self.overheard:
            if self._known(service) and self.world.get(workload) is not None:
                found[str(workload)][str(service)] = service
        return found

    def _only_shared(self, mention: Mention, service: ObjectRef) -> bool:
        """Whether only a ConfigMap names it, and the platform file says that this workload does not call it."""
        if mention.holder == mention.workload:
            return False
        platform = self.world.platform
        caller = platform.by_workload(mention.workload.kind, mention.workload.name)
        caller = caller or self._twin(mention.workload)
        if caller is None:
            return any(one.depends_on for one in platform.services)
        needed = [platform.service(name) for name in caller.depends_on]
        workloads = {one.workload for one in needed if one} | {caller.workload}
        behind = [ref(one) for one in self.world.behind(self.world.get(service) or {})]
        named = {one.service for one in needed if one} | {one.name for one in needed if one}
        return service.name not in named and not any(
            f"{b.kind.lower()}/{b.name}" in workloads for b in behind
        )

    def _twin(self, workload: ObjectRef) -> Service | None:
        """The service of the platform file that runs the same program, as the other slot of a pair does."""
        program = _program(self.world.get(workload))
        for one in self.world.platform.services:
            kind, _, name = one.workload.partition("/")
            for other in self.world.workloads:
                about = ref(other)
                if (about.kind.lower(), about.name) == (kind, name) and _program(other) == program:
                    return one
        return None

    def sure(self, caller: ObjectRef, service: Manifest) -> bool:
        """Whether more than a ConfigMap that many share says so: its own environment, the platform file, its log."""
        about = ref(service, "Service")
        key = ("sure", str(caller), str(about))
        if key not in self.world.memory:
            self.world.memory[key] = self._surely(caller, about)
        return bool(self.world.memory[key])

    def _surely(self, caller: ObjectRef, about: ObjectRef) -> bool:
        mine = [one for one in self.mentions if one.workload == caller and self.service_of(one) == about]
        readers = {
            str(one.holder): len({m.workload for m in self.mentions if m.holder == one.holder})
            for one in mine
        }
        if any(one.holder == caller or readers[str(one.holder)] == 1 for one in mine):
            return True
        if (
            any((caller, about) == (one, other) for one, other in self._from_platform())
            or self.world.platform.services
        ):
            return True
        pods = {pod["metadata"]["name"] for pod in self.world.pods_of(caller)}
        word = re.compile(rf"(?<![\w-]){re.escape(about.name)}(?![\w-])")
        return any(tail.pod in pods and word.search(tail.text) for tail in self.world.snapshot.logs)

    def _known(self, service: ObjectRef) -> bool:
        """Whether it is there, was there when all was well, or must have stood before the workload of its name."""
        baseline = self.world.baseline
        if self.world.get(service) is not None or (baseline and baseline.get(service)):
            return True
        return (service.namespace, service.name) in self._workload_names

    @cached_property
    def _workload_names(self) -> set[tuple[str, str]]:
        return {(ref(one).namespace, ref(one).name) for one in self.world.workloads}

    def _from_platform(self) -> Iterator[tuple[ObjectRef, ObjectRef]]:
        platform = self.world.platform
        kinds = {kind.lower(): kind for kind in WORKLOADS}
        for one in platform.services:
            kind, _, name = one.workload.partition("/")
            workload = ObjectRef(kind=kinds.get(kind, kind), name=name, namespace=platform.namespace)
            for needed in one.depends_on:
                other = platform.service(needed)
                if other and other.service:
                    yield (
                        workload,
                        ObjectRef(kind="Service", name=other.service, namespace=platform.namespace),
                    )

    @cached_property
    def callers(self) -> dict[str, list[ObjectRef]]:
        """Service → the workloads that call it."""
        found: dict[str, list[ObjectRef]] = defaultdict(list)
        for workload in self.world.workloads:
            about = ref(workload)
            for service in self.uses.get(str(about), {}):
                found[service].append(about)
        return found

    @cached_property
    def routed(self) -> dict[str, list[ObjectRef]]:
        """Service → the Ingresses that lead to it."""
        found: dict[str, list[ObjectRef]] = defaultdict(list)
        for ingress in self.world.all("Ingress"):
            for _, backend in backends(ingress):
                home = dig(ingress, "metadata.namespace", "")
                key = str(ObjectRef(kind="Service", name=backend.get("name", ""), namespace=home))
                found[key].append(ref(ingress, "Ingress"))
        return found

    def anyone_needs(self, service: ObjectRef) -> bool:
        """Whether somebody that runs calls it, or an Ingress leads to it."""
        return bool(self.live_callers(service) or self.routed.get(str(service)))

    def live_callers(self, service: ObjectRef) -> list[ObjectRef]:
        """The callers of a Service that are meant to run."""
        callers = self.callers.get(str(service), [])
        own = {str(ref(one)) for one in self.world.behind(self.world.get(service) or {})}
        return [
            one
            for one in callers
            if dig(self.world.get(one), "spec.replicas", 1) != 0 and str(one) not in own
        ]

    @cached_property
    def dangling(self) -> list[tuple[ObjectRef, ObjectRef, str]]:
        """Addresses that can only mean a Service of the cluster, and no such Service is there."""
        if not self.world.snapshot.saw("Service"):
            return []
        found = []
        for mention in self.mentions:
            service = self.service_of(mention)
            if service and self.world.get(service) is None and self._surely_a_service(mention, service):
                found.append((service, mention.workload, mention.text))
        named = {ref(one).name for one in self.world.workloads}
        for caller, service in self.overheard:
            if self.world.get(service) is None and service.name in named:
                found.append((service, caller, f"{service.name} in its log"))
        return found

    def _surely_a_service(self, mention: Mention, service: ObjectRef) -> bool:
        seen = self.world.snapshot.saw("Service", service.namespace)
        if service.namespace not in self.world.home or not seen:
            return False
        if dig(self.world.get(mention.workload), "spec.replicas", 1) == 0:
            return False
        if service.name == mention.workload.name and not mention.port:
            return False  # its own name, as in OTEL_SERVICE_NAME: nobody needs a Service to find himself
        as_dns = ".svc" in mention.host or "." in mention.host
        named_like = any(dig(one, "metadata.name") == service.name for one in self.world.workloads)
        return as_dns or named_like or bool(mention.port)

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
        for service in self.world.services:
            key = str(ref(service, "Service"))
            for workload in self.world.behind(service):
                after[str(ref(workload))].add(key)
            after[key].update(str(one) for one in self.callers.get(key, []))
            after[key].update(str(one) for one in self.routed.get(key, []))
        for key, callers in self.callers.items():
            after[key].update(str(one) for one in callers)
        return after


def _program(workload: Manifest | None) -> str:
    """The image of the first container without its tag."""
    image = str(dig(workload, "spec.template.spec.containers.0.image", "?"))
    return image.rsplit("@", 1)[0].rsplit(":", 1)[0]


def places(world: World, about: ObjectRef) -> set[str]:
    """The names under which `explains` would cover a finding about this object."""
    key = ("places", str(about))
    if key not in world.memory:
        world.memory[key] = _places(world, about)
    found: set[str] = world.memory[key]
    return found


def _places(world: World, about: ObjectRef) -> set[str]:
    found = {str(about)}
    manifest = world.get(about)
    if about.kind == "Pod" and manifest is not None:
        found.add(str(world.workload_of(manifest)))
    if about.kind == "Service" and manifest is not None:
        found |= {str(ref(one)) for one in world.behind(manifest)}
    if about.namespace:
        found.add(str(ObjectRef(kind="Namespace", name=about.namespace)))
    return found


def backends(ingress: Manifest) -> Iterator[tuple[str, Manifest]]:
    """Every backend of an Ingress with its JSON pointer."""
    if default := dig(ingress, "spec.defaultBackend.service"):
        yield "/spec/defaultBackend/service", default
    for at, rule in enumerate(dig(ingress, "spec.rules", [])):
        for index, path in enumerate(dig(rule, "http.paths", [])):
            if backend := dig(path, "backend.service"):
                yield f"/spec/rules/{at}/http/paths/{index}/backend/service", backend
