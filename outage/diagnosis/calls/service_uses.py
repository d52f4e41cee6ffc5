"""Which Services a workload calls, read from addresses in environment, arguments and configuration.

The platform file and the logs say so too; where only a ConfigMap names a Service that many share, that is told apart.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cached_property

from outage.diagnosis.calls.calls_from_logs import calls_from_logs
from outage.diagnosis.calls.mentions import Mention, address_mentions
from outage.kubernetes.objects import ObjectRef, dig, object_ref
from outage.kubernetes.workloads import workload_ref
from outage.platforms.platform import Service
from outage.snapshots.case_index import CaseIndex
from outage.value import Manifest


class ServiceUses:
    """What the workloads of one world call."""

    def __init__(self, world: CaseIndex) -> None:
        """Read nothing yet."""
        self.world = world

    @cached_property
    def mentions(self) -> list[Mention]:
        """Every address that a workload names."""
        return [one for workload in self.world.workloads for one in address_mentions(self.world, workload)]

    @cached_property
    def overheard(self) -> list[tuple[ObjectRef, ObjectRef]]:
        """Every call that only a log tells of."""
        return list(calls_from_logs(self.world))

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
        behind = [object_ref(one) for one in self.world.behind(self.world.get(service) or {})]
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
                about = object_ref(other)
                if (about.kind.lower(), about.name) == (kind, name) and _program(other) == program:
                    return one
        return None

    def sure(self, caller: ObjectRef, service: Manifest) -> bool:
        """Whether more than a ConfigMap that many share says so: its own environment, the platform file, its log."""
        about = object_ref(service, "Service")
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
        return {(object_ref(one).namespace, object_ref(one).name) for one in self.world.workloads}

    def _from_platform(self) -> Iterator[tuple[ObjectRef, ObjectRef]]:
        platform = self.world.platform
        for one in platform.services:
            workload = workload_ref(one.workload, platform.namespace)
            for needed in one.depends_on:
                other = platform.service(needed)
                if other and other.service:
                    yield (
                        workload,
                        ObjectRef(kind="Service", name=other.service, namespace=platform.namespace),
                    )


def _program(workload: Manifest | None) -> str:
    """The image of the first container without its tag."""
    image = str(dig(workload, "spec.template.spec.containers.0.image", "?"))
    return image.rsplit("@", 1)[0].rsplit(":", 1)[0]
