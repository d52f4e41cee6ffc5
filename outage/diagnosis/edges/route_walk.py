"""The way in: an Ingress' class, its routes, their Services and what stands behind those."""

from collections.abc import Iterator

from outage.diagnosis.calls.call_graph import ingress_backends
from outage.diagnosis.edges.broken_hop import BrokenHop, Hop
from outage.diagnosis.edges.call_edge import CallEdge
from outage.diagnosis.edges.edge_walk import service_hop
from outage.kubernetes.objects import ObjectRef, annotations_of, dig, object_ref
from outage.snapshots.case_index import CaseIndex
from outage.value import Manifest

OLD_CLASS = "kubernetes.io/ingress.class"
"""How an Ingress named its class before there was a field for it."""


def broken_routes(index: CaseIndex, ingress: Manifest) -> Iterator[BrokenHop]:
    """The first broken hop of each route of an Ingress; nothing for routes of which every hop that was seen holds."""
    about = object_ref(ingress, "Ingress")
    unserved = _class(index, about, ingress)
    if unserved is not None:
        yield unserved
        return
    for edge in route_edges(index, ingress):
        found = service_hop(index, edge)
        if found is not None:
            yield found


def route_edges(index: CaseIndex, ingress: Manifest) -> list[CallEdge]:
    """Each route of an Ingress as a call: the Ingress calls a port of a Service."""
    about = object_ref(ingress, "Ingress")
    found = [
        CallEdge(
            caller=about,
            service=ObjectRef(kind="Service", name=backend.get("name", "?"), namespace=about.namespace),
            port=_number(index, about.namespace, backend),
            text=pointer,
            protocol="TCP",
        )
        for pointer, backend in ingress_backends(ingress)
    ]
    return list({(str(one.service), one.port): one for one in found}.values())


def _number(index: CaseIndex, home: str, backend: Manifest) -> int | None:
    """The port's number; of a name the number that the Service gives it, or none that any Service has."""
    named = dig(backend, "port.name")
    if not named:
        number = dig(backend, "port.number")
        return int(number) if number is not None else None
    service = index.get(ObjectRef(kind="Service", name=backend.get("name", "?"), namespace=home))
    ports = [one.get("port") for one in dig(service, "spec.ports", []) if one.get("name") == named]
    return int(ports[0]) if ports else (0 if service is not None else None)


def _class(index: CaseIndex, about: ObjectRef, ingress: Manifest) -> BrokenHop | None:
    """The class is one of the cluster's, where its classes were seen."""
    name = dig(ingress, "spec.ingressClassName")
    if not name or annotations_of(ingress).get(OLD_CLASS) or not index.snapshot.saw("IngressClass", ""):
        return None
    there = sorted(object_ref(one).name for one in index.snapshot.kind("IngressClass"))
    if name in there:
        return None
    says = f"{about} is of class {name}, which no controller serves; there is {', '.join(there) or 'none'}"
    edge = CallEdge(caller=about, service=about)
    return BrokenHop(
        edge=edge, hop=Hop.ROUTE_CLASS, about=about, says=says, field="spec.ingressClassName", live=name,
        wanted=there[0] if len(there) == 1 else "",
    )  # fmt: skip
