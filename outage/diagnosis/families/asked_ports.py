"""Which ports of a Service anybody asks for, and whether a change of its ports leads those elsewhere.

Promise: a port that was added, that got another name, or that moved together with its pods misleads nobody.
"""

from outage.diagnosis.families.broken import Broken
from outage.diagnosis.graph import Calls, backends
from outage.diagnosis.known import known_objects
from outage.diagnosis.world import World
from outage.objects import dig, ref
from outage.value import Manifest


def asked_for(world: World, service: Manifest, port: Manifest) -> bool:
    """Whether it is the only port of the Service, or an address or a route names it."""
    only = len(dig(service, "spec.ports", [])) == 1
    return only or bool({port.get("port"), port.get("name")} & _asked(world, service))


def misled(one: Broken, declared: list[Manifest]) -> bool:
    """Whether who asks for a port of the known good form finds none there now, or another port of the pods.

    Args:
        one: The Service.
        declared: The ports of its pods as they are now.
    """
    known = next(known_objects(one.world, one.about, one.onset()), None)
    now = {port.get("port"): port for port in dig(one.service, "spec.ports", [])}
    for was in dig(known.manifest, "spec.ports", []) if known else ():
        there = now.get(was.get("port"))
        if there is None and was.get("port") in _asked(one.world, one.service):
            return True
        before = _behind(was, declared)
        if there is not None and before and before != _behind(there, declared):
            return True
    return False


def _asked(world: World, service: Manifest) -> set[object]:
    """The ports of a Service that addresses and routes name, by number or name."""
    calls, about = Calls.of(world), ref(service, "Service")
    named = {one.port for one in calls.mentions if one.port and calls.service_of(one) == about}
    routes = [
        backend
        for ingress in world.all("Ingress")
        if ref(ingress).namespace == about.namespace
        for _, backend in backends(ingress)
        if backend.get("name") == about.name
    ]
    return {*named, *(dig(one, f"port.{field}") for one in routes for field in ("number", "name"))} - {None}


def _behind(port: Manifest, declared: list[Manifest]) -> set[object]:
    """The container ports that a Service's port leads to, as far as pods declare them."""
    target = port.get("targetPort", port.get("port"))
    return {
        one.get("containerPort") for one in declared if target in (one.get("containerPort"), one.get("name"))
    }
