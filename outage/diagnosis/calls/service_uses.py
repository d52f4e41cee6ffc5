"""Which Services a workload calls, read from addresses in environment, arguments and configuration.

The platform file and the logs say so too; where only a ConfigMap names a Service that many share, that is told apart.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from enum import StrEnum
from functools import cached_property
from typing import NamedTuple

from outage.diagnosis.calls.calls_from_logs import calls_from_logs
from outage.diagnosis.calls.mentions import Mention, address_mentions
from outage.diagnosis.calls.policy_witness import admitted_callers, meant_to_call
from outage.kubernetes.objects import ObjectRef, dig, object_ref
from outage.kubernetes.workloads import workload_ref
from outage.platforms.platform import Service
from outage.snapshots.case_index import CaseIndex
from outage.value import Manifest


class Witness(StrEnum):
    """Who tells of a call."""

    CONFIGURATION = "configuration"
    """An address in its environment, its arguments or a ConfigMap that it reads."""
    PLATFORM = "platform"
    LOG = "log"
    """Its own log names the Service as a host: true now, and perhaps no more tomorrow."""
    POLICY = "policy"
    """A NetworkPolicy of the callee admits it by its labels."""


class Call(NamedTuple):
    """That one workload calls one Service, and who says so."""

    caller: ObjectRef
    service: ObjectRef
    witness: Witness
    where: str
    """The place that says so, as a person would name it: `env DATABASE_URL`."""
    port: int | None = None
    shared: bool = False
    """Whether it stands in a ConfigMap, which others may read too."""


class ServiceUses:
    """What the workloads of one case call."""

    def __init__(self, index: CaseIndex) -> None:
        """Read nothing yet."""
        self.index = index

    @cached_property
    def mentions(self) -> list[Mention]:
        """Every address that a workload names."""
        return [one for workload in self.index.workloads for one in address_mentions(self.index, workload)]

    @cached_property
    def overheard(self) -> list[tuple[ObjectRef, ObjectRef]]:
        """Every call that only a log tells of."""
        return list(calls_from_logs(self.index))

    def service_of(self, mention: Mention) -> ObjectRef | None:
        """The Service that an address means, by the rules of cluster DNS; None for a name outside."""
        home = mention.workload.namespace
        parts = mention.host.split(".")
        if len(parts) > 1 and not (len(parts) == 2 or parts[2] == "svc"):
            return None
        namespace = parts[1] if len(parts) > 1 else home
        return ObjectRef(kind="Service", name=parts[0], namespace=namespace)

    @cached_property
    def calls(self) -> list[Call]:
        """Every call that somebody tells of, to a Service that exists (or once did)."""
        found = [
            Call(
                one.workload, service, Witness.CONFIGURATION, one.where, one.port, one.holder != one.workload
            )
            for one in self.mentions
            if (service := self.service_of(one))
            and self._known(service)
            and not self._only_shared(one, service)
        ]
        found += [
            Call(workload, service, Witness.PLATFORM, "the platform file")
            for workload, service in self._from_platform()
        ]
        found += [
            Call(workload, service, Witness.LOG, "its log")
            for workload, service in self.overheard
            if self._known(service) and self.index.get(workload) is not None
        ]
        return found + ([] if self._is_told else list(self._from_policies(found)))

    @cached_property
    def uses(self) -> dict[str, dict[str, ObjectRef]]:
        """Workload → the Services it calls."""
        found: dict[str, dict[str, ObjectRef]] = defaultdict(dict)
        for one in self.calls:
            found[str(one.caller)][str(one.service)] = one.service
        return found

    @cached_property
    def _is_told(self) -> bool:
        """Whether the platform file says of anybody whom he calls."""
        return any(one.depends_on for one in self.index.platform.services)

    def _only_shared(self, mention: Mention, service: ObjectRef) -> bool:
        """Whether only a ConfigMap names it, and somebody knows that this workload does not call it.

        The platform file knows; without one, the policies of the callee do, when more than one takes the ConfigMap.
        """
        if mention.holder == mention.workload:
            return False
        return self._not_in_file(mention, service) if self._is_told else self._not_meant(mention, service)

    def _not_in_file(self, mention: Mention, service: ObjectRef) -> bool:
        platform = self.index.platform
        caller = platform.by_workload(mention.workload.kind, mention.workload.name)
        caller = caller or self._twin(mention.workload)
        if caller is None:
            return True
        needed = [platform.service(name) for name in caller.depends_on]
        workloads = {one.workload for one in needed if one} | {caller.workload}
        behind = [object_ref(one) for one in self.index.behind(self.index.get(service) or {})]
        named = {one.service for one in needed if one} | {one.name for one in needed if one}
        return service.name not in named and not any(
            f"{b.kind.lower()}/{b.name}" in workloads for b in behind
        )

    def _not_meant(self, mention: Mention, service: ObjectRef) -> bool:
        caller = self.index.get(mention.workload)
        if caller is None or not mention.whole or len(self._takers[str(mention.holder)]) == 1:
            return False
        behind = self.index.behind(self.index.get(service) or {})
        return bool(behind) and all(meant_to_call(self.index, caller, one) is False for one in behind)

    @cached_property
    def _takers(self) -> dict[str, set[ObjectRef]]:
        """ConfigMap → the workloads that take it whole."""
        found: dict[str, set[ObjectRef]] = defaultdict(set)
        for one in self.mentions:
            if one.whole:
                found[str(one.holder)].add(one.workload)
        return found

    def _from_policies(self, known: list[Call]) -> Iterator[Call]:
        """Calls that only a policy tells of: it admits the caller by its labels, so somebody meant it."""
        told = {(one.caller, one.service) for one in known}
        for callee in self.index.workloads:
            fronts = [object_ref(one, "Service") for one in self.index.fronts(object_ref(callee))]
            for policy, caller in admitted_callers(self.index, callee) if fronts else ():
                if not any((caller, one) in told for one in fronts):
                    where = f"NetworkPolicy {policy}"
                    yield from (Call(caller, one, Witness.POLICY, where) for one in fronts)

    def _twin(self, workload: ObjectRef) -> Service | None:
        """The service of the platform file that runs the same program, as the other slot of a pair does."""
        program = _program(self.index.get(workload))
        for one in self.index.platform.services:
            kind, _, name = one.workload.partition("/")
            for other in self.index.workloads:
                about = object_ref(other)
                if (about.kind.lower(), about.name) == (kind, name) and _program(other) == program:
                    return one
        return None

    def sure(self, caller: ObjectRef, service: Manifest) -> bool:
        """Whether more than a ConfigMap that many share says so: its own environment, the platform file, its log."""
        about = object_ref(service, "Service")
        key = ("sure", str(caller), str(about))
        if key not in self.index.memory:
            self.index.memory[key] = self._surely(caller, about)
        return bool(self.index.memory[key])

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
            or self.index.platform.services
        ):
            return True
        pods = {pod["metadata"]["name"] for pod in self.index.pods_of(caller)}
        word = re.compile(rf"(?<![\w-]){re.escape(about.name)}(?![\w-])")
        return any(tail.pod in pods and word.search(tail.text) for tail in self.index.snapshot.logs)

    def _known(self, service: ObjectRef) -> bool:
        """Whether it is there, was there when all was well, or must have stood before the workload of its name."""
        baseline = self.index.baseline
        if self.index.get(service) is not None or (baseline and baseline.get(service)):
            return True
        return (service.namespace, service.name) in self._workload_names

    @cached_property
    def _workload_names(self) -> set[tuple[str, str]]:
        return {(object_ref(one).namespace, object_ref(one).name) for one in self.index.workloads}

    def _from_platform(self) -> Iterator[tuple[ObjectRef, ObjectRef]]:
        platform = self.index.platform
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
