"""Which port of its target a call arrives at, and whether the ports of a policy's rule let it in."""

from dataclasses import dataclass

from outage.diagnosis.calls.call_graph import CallGraph
from outage.kubernetes.objects import dig, object_ref
from outage.kubernetes.selectors import Answer, tri_or
from outage.snapshots.case_index import CaseIndex
from outage.value import Manifest


@dataclass(frozen=True)
class CalledPort:
    """One port of a pod: its number, the names it goes by, and what is spoken there."""

    number: int | None
    names: frozenset[str]
    protocols: frozenset[str]


def called_ports(index: CaseIndex, caller: Manifest, target: Manifest) -> list[CalledPort]:
    """The ports of the target that the caller uses; all that it declares when the calls do not tell."""
    key = ("doors", str(object_ref(caller)), str(object_ref(target)))
    if key not in index.memory:
        found = [
            door
            for service in index.fronts(object_ref(target))
            for port in _used(index, caller, service)
            for door in _behind(port, target)
        ]
        index.memory[key] = found or [_declared_door(one) for one in _declared(target)]
    doors: list[CalledPort] = index.memory[key]
    return doors


def ports_admit(ports: list[Manifest] | None, doors: list[CalledPort]) -> Answer:
    """Whether a rule's ports let a call to these doors in; None when nothing tells what it calls."""
    if not ports:
        return True
    if not doors:
        return None
    return tri_or(_admits(port, door) for port in ports for door in doors)


def in_range(port: Manifest, number: int | None) -> bool:
    """Whether a rule's port is this number, or a range that holds it."""
    first, last = port.get("port"), port.get("endPort", port.get("port"))
    if number is None or not isinstance(first, int) or not isinstance(last, int):
        return False
    return first <= number <= last


def _admits(port: Manifest, door: CalledPort) -> Answer:
    if port.get("protocol", "TCP") not in door.protocols:
        return False
    wanted = port.get("port")
    if wanted is None or wanted in door.names or in_range(port, door.number):
        return True
    # A name that no container gives to a port leads nowhere by the rules, but images of the past have done so.
    return None if isinstance(wanted, str) and not door.names else False


def _used(index: CaseIndex, caller: Manifest, service: Manifest) -> list[Manifest]:
    """The ports of a Service that the caller names; all of them where it names none that there is."""
    calls, about = CallGraph.of(index), object_ref(service, "Service")
    if str(about) not in calls.uses.get(str(object_ref(caller)), {}):
        return []
    named = {
        one.port
        for one in calls.mentions
        if one.workload == object_ref(caller) and one.port and calls.service_of(one) == about
    }
    ports: list[Manifest] = dig(service, "spec.ports", [])
    return [one for one in ports if one.get("port") in named] or ports


def _behind(port: Manifest, target: Manifest) -> list[CalledPort]:
    """The container ports that a Service's port leads to, or the number itself where none is declared."""
    wanted = port.get("targetPort") or port.get("port")
    declared = _declared(target)
    found = [one for one in declared if wanted in (one.get("containerPort"), one.get("name"))]
    spoken = port.get("protocol", "TCP")
    if found:
        return [_declared_door(one, spoken) for one in found]
    if declared or not isinstance(wanted, int):  # it leads nowhere, which is another fault than the policy's
        return [_declared_door(one, spoken) for one in declared]
    return [CalledPort(wanted, frozenset(), frozenset({spoken}))]


def _declared(target: Manifest) -> list[Manifest]:
    return [p for c in dig(target, "spec.template.spec.containers", []) for p in c.get("ports") or []]


def _declared_door(one: Manifest, *spoken: str) -> CalledPort:
    names = frozenset({one["name"]} if one.get("name") else ())
    return CalledPort(one.get("containerPort"), names, frozenset({one.get("protocol", "TCP"), *spoken}))
