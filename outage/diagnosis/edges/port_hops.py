"""Ports along a call: the one that the caller names, the one it is translated to, and who listens there."""

from outage.diagnosis.edges.broken_hop import BrokenHop, Hop
from outage.diagnosis.edges.call_edge import CallEdge, serving_pods
from outage.diagnosis.edges.policy_hops import arrival, declares_arrival
from outage.kubernetes.objects import containers_of, dig, object_ref
from outage.snapshots.case_index import CaseIndex
from outage.value import Manifest

LOOPBACK = ("127.", "::1")


def headless_hop(index: CaseIndex, edge: CallEdge, service: Manifest) -> BrokenHop | None:
    """A headless name leads straight to the pods: what counts is the port that the caller names."""
    if dig(service, "spec.clusterIP") != "None" or edge.port is None:
        return None
    ports = {port.get("port"): port for port in dig(service, "spec.ports", [])}
    listened = _listened(serving_pods(index, service) or index.selected(service))
    asked = ports.get(edge.port)
    target = asked.get("targetPort", edge.port) if asked else edge.port
    if edge.port in listened or asked is None or target == edge.port:
        return None
    says = (
        f"{edge.service} is headless and translates no ports: {edge.caller.name} calls {edge.port}, and its pods "
        f"listen on {target}"
    )
    return BrokenHop(
        edge=edge,
        hop=Hop.HEADLESS_PORT,
        about=edge.service,
        says=says,
        field="spec.clusterIP",
        live=f"None, with port {edge.port} and targetPort {target}",
        wanted="an address of its own",
    )


def _listened(pods: list[Manifest]) -> set[int]:
    return {
        int(port["containerPort"])
        for pod in pods
        for one in containers_of(dig(pod, "spec", {}))
        for port in one.get("ports") or []
        if port.get("containerPort")
    }


def port_hop(index: CaseIndex, edge: CallEdge, service: Manifest) -> BrokenHop | None:
    """The number that the caller names is one of the Service's."""
    ports = [port.get("port") for port in dig(service, "spec.ports", [])]
    if edge.port is None or edge.port in ports or not ports or dig(service, "spec.clusterIP") == "None":
        return None
    says = f"{edge.caller} calls port {edge.port} of {edge.service}, which has {', '.join(map(str, ports))}"
    return BrokenHop(edge=edge, hop=Hop.PORT, about=edge.caller, says=says, live=str(edge.port))


def protocol_hop(index: CaseIndex, edge: CallEdge, service: Manifest) -> BrokenHop | None:
    """The Service's port is of the protocol that the caller is known to speak, and so is the pods' port behind it."""
    asked = [one for one in dig(service, "spec.ports", []) if one.get("port") == edge.port]
    if not asked or not edge.protocol or dig(service, "spec.clusterIP") == "None":
        return None
    alike = [one for one in asked if one.get("protocol", "TCP") == edge.protocol]
    if not alike:
        live = asked[0].get("protocol", "TCP")
        says = f"port {edge.port} of {edge.service} is {live}, and {edge.caller.name} speaks {edge.protocol}"
        return _of_service(edge, Hop.PROTOCOL, says, "spec.ports.protocol", live, edge.protocol)
    target = alike[0].get("targetPort") or edge.port
    spoken = {
        port.get("protocol", "TCP")
        for pod in index.selected(service)
        for one in containers_of(dig(pod, "spec", {}))
        for port in one.get("ports") or []
        if target in (port.get("containerPort"), port.get("name"))
    }
    if not spoken or edge.protocol in spoken:
        return None
    says = (
        f"the pods behind {edge.service} speak {', '.join(sorted(spoken))} at {target}, not {edge.protocol}"
    )
    return _of_service(edge, Hop.PROTOCOL, says, "spec.ports.protocol", edge.protocol, min(spoken))


def target_port_hop(index: CaseIndex, edge: CallEdge, service: Manifest) -> BrokenHop | None:
    """A pod to which the Service leads declares the port that it leads to, by its number or its name."""
    pods = serving_pods(index, service)
    if dig(service, "spec.clusterIP") == "None" or not pods:
        return None
    if any(declares_arrival(edge, service, pod) for pod in pods):
        return None
    asked = [one for one in dig(service, "spec.ports", []) if edge.port in (None, one.get("port"))]
    target = ", ".join(str(one.get("targetPort") or one.get("port")) for one in asked)
    says = f"{edge.service} leads to port {target}, and its pods declare {sorted(_listened(pods))}"
    return _of_service(edge, Hop.TARGET_PORT, says, "spec.ports.targetPort", target, "")


def socket_hop(index: CaseIndex, edge: CallEdge, service: Manifest) -> BrokenHop | None:
    """A process listens where the call arrives, and not for its own pod alone; where sockets were read from inside."""
    if edge.protocol not in ("", "TCP") or edge.port is None:
        return None
    pods = serving_pods(index, service)
    said = [_not_heard(index, pod, {door.number for door in arrival(edge, service, pod)}) for pod in pods]
    if not said or not all(said):
        return None
    about = index.workload_of(pods[0])
    return BrokenHop(edge=edge, hop=Hop.SOCKET, about=about, says=f"{about} {said[0]}")


def _not_heard(index: CaseIndex, pod: Manifest, ports: set[int | None]) -> str:
    """Why nobody from outside is heard at these ports of a pod; empty when somebody is, or nobody read its sockets."""
    about = object_ref(pod, "Pod")
    read = [
        one for one in index.snapshot.sockets if (one.pod, one.namespace) == (about.name, about.namespace)
    ]
    if not read or None in ports or not ports:
        return ""
    at = [one for one in read if one.port in ports]
    if any(not one.address.startswith(LOOPBACK) for one in at):
        return ""
    number = ", ".join(str(one) for one in sorted(filter(None, ports)))
    if at:
        return f"listens at {number} on {at[0].address} alone: nobody outside its pod is heard"
    there = sorted({one.port for one in read if not one.address.startswith(LOOPBACK)})
    return f"does not listen at {number}, but at {', '.join(map(str, there)) or 'no port'}"


def _of_service(edge: CallEdge, hop: Hop, says: str, field: str, live: str, wanted: str) -> BrokenHop:
    return BrokenHop(edge=edge, hop=hop, about=edge.service, says=says, field=field, live=live, wanted=wanted)
