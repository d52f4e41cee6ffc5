"""The way along one call, hop by hop, to the first hop that is broken.

The order is that of a packet: the name resolves, the Service exists, it has the port, pods stand behind it, they
listen there, the policies of both sides let it through, and no proxy leads it elsewhere. What was not seen breaks
nothing.
"""

import re
from collections.abc import Callable
from fnmatch import fnmatch

from outage.diagnosis.edges.broken_hop import BrokenHop, Hop
from outage.diagnosis.edges.call_edge import CallEdge
from outage.diagnosis.edges.name_hops import name_hop
from outage.diagnosis.edges.policy_hops import policy_hop
from outage.diagnosis.edges.port_hops import headless_hop, port_hop, protocol_hop, socket_hop, target_port_hop
from outage.kubernetes.objects import containers_of, dig
from outage.kubernetes.readiness import is_ready
from outage.snapshots.case_index import CaseIndex
from outage.value import Manifest

NextHop = Callable[[CaseIndex, CallEdge, Manifest], BrokenHop | None]


def broken_hop(index: CaseIndex, edge: CallEdge) -> BrokenHop | None:
    """Walk along a call and give the first hop that is broken; None when every hop that was seen holds."""
    return name_hop(index, edge) or service_hop(index, edge) or _from_caller(index, edge)


def service_hop(index: CaseIndex, edge: CallEdge) -> BrokenHop | None:
    """The hops from the Service's name to a process that listens: the same for every caller, and for an Ingress."""
    service = index.get(edge.service)
    if service is None:
        return _no_service(index, edge)
    if dig(service, "spec.type") == "ExternalName":
        return None
    hops: tuple[NextHop, ...] = (
        headless_hop,
        port_hop,
        protocol_hop,
        _pods,
        _ready,
        target_port_hop,
        socket_hop,
    )
    return next((found for hop in hops if (found := hop(index, edge, service)) is not None), None)


def _from_caller(index: CaseIndex, edge: CallEdge) -> BrokenHop | None:
    service = index.get(edge.service)
    if service is None or dig(service, "spec.type") == "ExternalName":
        return None
    return policy_hop(index, edge, service) or _proxy(index, edge, service)


def _no_service(index: CaseIndex, edge: CallEdge) -> BrokenHop | None:
    if not index.snapshot.saw("Service", edge.service.namespace, edge.service.name):
        return None
    says = f"{edge.caller} calls {edge.service}, which does not exist"
    return BrokenHop(edge=edge, hop=Hop.SERVICE, about=edge.service, says=says)


def _pods(index: CaseIndex, edge: CallEdge, service: Manifest) -> BrokenHop | None:
    seen = index.snapshot.saw("Pod", edge.service.namespace)
    if not dig(service, "spec.selector") or not seen or index.selected(service):
        return None
    says = f"{edge.service} selects no pod"
    return BrokenHop(edge=edge, hop=Hop.PODS, about=edge.service, says=says, field="spec.selector")


def _ready(index: CaseIndex, edge: CallEdge, service: Manifest) -> BrokenHop | None:
    pods = index.selected(service)
    if not pods or any(is_ready(pod) for pod in pods):
        return None
    if dig(service, "spec.publishNotReadyAddresses", False):
        return None
    says = f"none of the {len(pods)} pods behind {edge.service} is ready"
    return BrokenHop(edge=edge, hop=Hop.READY, about=index.workload_of(pods[0]), says=says)


def _proxy(index: CaseIndex, edge: CallEdge, service: Manifest) -> BrokenHop | None:
    """A proxy for everything that the caller's environment names, and no exception for names of the cluster."""
    for one in containers_of(dig(index.get(edge.caller), "spec.template.spec", {})):
        env = {
            str(each.get("name", "")).upper(): str(each.get("value") or "") for each in one.get("env") or []
        }
        proxy = env.get("HTTP_PROXY") or env.get("HTTPS_PROXY")
        if proxy and edge.port and not _excepted(env.get("NO_PROXY", ""), edge):
            says = f"{edge.caller} sends calls to {edge.service} through {proxy}: NO_PROXY does not name it"
            field = "spec.template.spec.containers.env.NO_PROXY"
            return BrokenHop(
                edge=edge,
                hop=Hop.PROXY,
                about=edge.caller,
                says=says,
                field=field,
                live=env.get("NO_PROXY", ""),
            )
    return None


def _excepted(exceptions: str, edge: CallEdge) -> bool:
    whole = f"{edge.service.name}.{edge.service.namespace}"
    names = (edge.service.name, whole, f"{whole}.svc", f"{whole}.svc.cluster.local")
    words = [word for word in re.split(r"[,\s]+", exceptions) if word]
    return any(word == "*" or fnmatch(name, word) or name.endswith(word) for word in words for name in names)
