"""Which ports of a Service anybody asks for, and whether a change of its ports leads those elsewhere.

Promise: a port that was added, that moved together with its pods, or whose lost name nobody asks for misleads nobody.
"""

from outage.diagnosis.calls.call_graph import CallGraph, ingress_backends
from outage.diagnosis.known_good.known_objects import KnownDifference, known_objects
from outage.diagnosis.rules.services.broken_service import BrokenService
from outage.kubernetes.field_differences import MISSING, FieldDifference, field_differences
from outage.kubernetes.objects import dig, object_ref
from outage.snapshots.case_index import CaseIndex
from outage.value import Manifest


def asked_for(index: CaseIndex, service: Manifest, port: Manifest) -> bool:
    """Whether it is the only port of the Service, or an address or a route names it."""
    only = len(dig(service, "spec.ports", [])) == 1
    return only or bool({port.get("port"), port.get("name")} & _asked(index, service))


def misled_callers(one: BrokenService, declared: list[Manifest]) -> bool:
    """Whether who asks for a port of the known good form finds none there now, or another port of the pods.

    Args:
        one: The Service.
        declared: The ports of its pods as they are now.
    """
    known = next(known_objects(one.index, one.about, one.onset()), None)
    now = {port.get("port"): port for port in dig(one.service, "spec.ports", [])}
    marks = {port.get(field) for port in now.values() for field in ("port", "name")}
    for was in dig(known.manifest, "spec.ports", []) if known else ():
        there = now.get(was.get("port"))
        if ({was.get("port"), was.get("name")} - marks) & _asked(one.index, one.service):
            return True
        before = _behind(was, declared)
        if there is not None and before and before != _behind(there, declared):
            return True
    return False


def renamed_ports(port: Manifest, pointer: str, known: KnownDifference | None) -> tuple[FieldDifference, ...]:
    """What gives a port that came with a change its old name and number back; nothing for one that was only added.

    Ports are told apart by their names, so that one with another name looks like one gone and one come.

    Args:
        port: One that the known good form does not have.
        pointer: Where it stands.
        known: What the known good form says of all ports, as `Broken.known` gives it.
    """
    fields = known.fields if known else ()
    come = {one.live["port"] for one in fields if one.wanted == MISSING and isinstance(one.live, dict)}
    went = {
        one.wanted["port"]: one.wanted
        for one in fields
        if one.live == MISSING and isinstance(one.wanted, dict)
    }
    if (was := went.get(port.get("port"))) is not None:
        return tuple(field_differences(port, was, pointer))
    free = [one for number, one in went.items() if number not in come]
    if len(free) == 1 and len(come - set(went)) == 1:
        return tuple(field_differences(port, free[0], pointer))
    return fields if free else ()  # nothing tells which of several it was: half a way back is none


def _asked(index: CaseIndex, service: Manifest) -> set[object]:
    """The ports of a Service that addresses and routes name, by number or name."""
    calls, about = CallGraph.of(index), object_ref(service, "Service")
    named = {one.port for one in calls.mentions if one.port and calls.service_of(one) == about}
    routes = [
        backend
        for ingress in index.all("Ingress")
        if object_ref(ingress).namespace == about.namespace
        for _, backend in ingress_backends(ingress)
        if backend.get("name") == about.name
    ]
    return {*named, *(dig(one, f"port.{field}") for one in routes for field in ("number", "name"))} - {None}


def _behind(port: Manifest, declared: list[Manifest]) -> set[object]:
    """The container ports that a Service's port leads to, as far as pods declare them."""
    target = port.get("targetPort", port.get("port"))
    return {
        one.get("containerPort") for one in declared if target in (one.get("containerPort"), one.get("name"))
    }
