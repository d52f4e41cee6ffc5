"""The way along one call, hop by hop, to the first hop that is broken.

The order is that of a packet: the Service exists, it has the port, pods stand behind it, they listen there, the
policies of both sides let it through, and no proxy leads it elsewhere. What was not seen breaks nothing.
"""

import re
from collections.abc import Callable
from enum import StrEnum
from fnmatch import fnmatch

from outage.diagnosis.edges.call_edge import CallEdge, pods_behind
from outage.kubernetes.objects import ObjectRef, containers_of, dig, labels_of, object_ref
from outage.kubernetes.readiness import is_ready
from outage.kubernetes.selectors import labels_match
from outage.snapshots.case_index import CaseIndex
from outage.value import Manifest, Value

GIVEN = {"kubernetes.io/metadata.name", "name"}
"""Labels that say which namespace it is: who is not meant does not lack them."""


class Hop(StrEnum):
    """One step of the way, in order."""

    SERVICE = "the Service exists"
    HEADLESS_PORT = "a headless Service leads to a port that is listened on"
    PORT = "the Service has the port"
    PODS = "pods are selected"
    READY = "a selected pod is ready"
    TARGET_PORT = "the pods have the target port"
    NAMESPACE_LABEL = "the caller's namespace has the label that a policy asks for"
    INGRESS = "the target's policies let the caller in"
    EGRESS = "the caller's policies let it out"
    PROXY = "no proxy stands between"


class BrokenHop(Value):
    """The first hop of an edge that does not hold."""

    edge: CallEdge
    hop: Hop
    about: ObjectRef
    """What is at fault."""
    says: str
    field: str = ""
    live: str = ""
    wanted: str = ""
    key: str = ""
    """Of a label that is missing."""
    together_with: ObjectRef | None = None


def broken_hop(index: CaseIndex, edge: CallEdge) -> BrokenHop | None:
    """Walk along a call and give the first hop that is broken; None when every hop that was seen holds."""
    service = index.get(edge.service)
    if service is None:
        return _no_service(index, edge)
    if dig(service, "spec.type") == "ExternalName":
        return None
    hops: tuple[Callable[[CaseIndex, CallEdge, Manifest], BrokenHop | None], ...] = (
        _headless,
        _port,
        _pods,
        _ready,
        _target_port,
        _policies,
        _proxy,
    )
    return next((found for hop in hops if (found := hop(index, edge, service)) is not None), None)


def _no_service(index: CaseIndex, edge: CallEdge) -> BrokenHop | None:
    if not index.snapshot.saw("Service", edge.service.namespace, edge.service.name):
        return None
    says = f"{edge.caller} calls {edge.service}, which does not exist"
    return BrokenHop(edge=edge, hop=Hop.SERVICE, about=edge.service, says=says)


def _headless(index: CaseIndex, edge: CallEdge, service: Manifest) -> BrokenHop | None:
    """A headless name leads straight to the pods: what counts is the port that the caller names."""
    if dig(service, "spec.clusterIP") != "None" or edge.port is None:
        return None
    ports = {port.get("port"): port for port in dig(service, "spec.ports", [])}
    listened = _listened(pods_behind(index, service))
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


def _port(index: CaseIndex, edge: CallEdge, service: Manifest) -> BrokenHop | None:
    ports = [port.get("port") for port in dig(service, "spec.ports", [])]
    if edge.port is None or edge.port in ports or not ports or dig(service, "spec.clusterIP") == "None":
        return None
    says = f"{edge.caller} calls port {edge.port} of {edge.service}, which has {', '.join(map(str, ports))}"
    return BrokenHop(edge=edge, hop=Hop.PORT, about=edge.caller, says=says, live=str(edge.port))


def _pods(index: CaseIndex, edge: CallEdge, service: Manifest) -> BrokenHop | None:
    seen = index.snapshot.saw("Pod", edge.service.namespace)
    if not dig(service, "spec.selector") or not seen or pods_behind(index, service):
        return None
    says = f"{edge.service} selects no pod"
    return BrokenHop(edge=edge, hop=Hop.PODS, about=edge.service, says=says, field="spec.selector")


def _ready(index: CaseIndex, edge: CallEdge, service: Manifest) -> BrokenHop | None:
    pods = pods_behind(index, service)
    if not pods or any(is_ready(pod) for pod in pods):
        return None
    if dig(service, "spec.publishNotReadyAddresses", False):
        return None
    says = f"none of the {len(pods)} pods behind {edge.service} is ready"
    return BrokenHop(edge=edge, hop=Hop.READY, about=index.workload_of(pods[0]), says=says)


def _target_port(index: CaseIndex, edge: CallEdge, service: Manifest) -> BrokenHop | None:
    if dig(service, "spec.clusterIP") == "None":
        return None
    listened = _listened(pods_behind(index, service))
    for port in dig(service, "spec.ports", []):
        target = port.get("targetPort", port.get("port"))
        asked = edge.port in (None, port.get("port"))
        if asked and isinstance(target, int) and listened and target not in listened:
            says = f"{edge.service} leads to port {target}, and its pods declare {sorted(listened)}"
            return BrokenHop(edge=edge, hop=Hop.TARGET_PORT, about=edge.service, says=says, live=str(target))
    return None


def _policies(index: CaseIndex, edge: CallEdge, service: Manifest) -> BrokenHop | None:
    """The policies that guard the target, whatever their age and wherever they stand."""
    targets, callers = pods_behind(index, service), index.pods_of(edge.caller)
    if not targets or not callers:
        return None
    guards = [
        one
        for one in index.snapshot.kind("NetworkPolicy", edge.service.namespace)
        if _guards(one, targets[0])
    ]
    if not guards:
        return None
    peers = [peer for one in guards for rule in dig(one, "spec.ingress", []) for peer in _peers(rule)]
    if any(peer is None or _admits(index, peer, edge, callers[0]) for peer in peers):
        return None
    lacking = [(one, *near) for one in guards if (near := _lacking_label(index, one, edge, callers[0]))]
    if lacking:
        policy, key, value = lacking[0]
        return _label_missing(edge, object_ref(policy, "NetworkPolicy"), key, value)
    about = object_ref(guards[0], "NetworkPolicy")
    says = f"{about} lets {edge.caller} not in to {edge.service}"
    return BrokenHop(edge=edge, hop=Hop.INGRESS, about=about, says=says, field="spec.ingress")


def _guards(policy: Manifest, pod: Manifest) -> bool:
    kinds = dig(policy, "spec.policyTypes", ["Ingress"])
    return "Ingress" in kinds and labels_match(dig(policy, "spec.podSelector", {}), labels_of(pod))


def _peers(rule: Manifest) -> list[Manifest | None]:
    """The peers of a rule; a rule without any admits everybody, told as None."""
    return [*rule["from"]] if rule.get("from") else [None]


def _admits(index: CaseIndex, peer: Manifest, edge: CallEdge, pod: Manifest) -> bool:
    """Whether a peer is the caller; a block of addresses may be, since who knows what an address is seen as."""
    if "ipBlock" in peer:
        return True
    return _namespace_fits(index, peer, edge) and labels_match(peer.get("podSelector") or {}, labels_of(pod))


def _namespace_fits(index: CaseIndex, peer: Manifest, edge: CallEdge) -> bool:
    if "namespaceSelector" not in peer:
        return edge.caller.namespace == edge.service.namespace
    home = index.get(ObjectRef(kind="Namespace", name=edge.caller.namespace))
    return home is None or labels_match(peer["namespaceSelector"] or {}, _space_labels(home, edge))


def _space_labels(home: Manifest, edge: CallEdge) -> dict[str, str]:
    return {**labels_of(home), "kubernetes.io/metadata.name": edge.caller.namespace}


def _lacking_label(
    index: CaseIndex, policy: Manifest, edge: CallEdge, pod: Manifest
) -> tuple[str, str] | None:
    """The one label, by key and value, that the caller's namespace lacks to be let in by this policy."""
    home = index.get(ObjectRef(kind="Namespace", name=edge.caller.namespace))
    for rule in dig(policy, "spec.ingress", []) if home else ():
        for peer in _peers(rule):
            wanted = dig(peer, "namespaceSelector.matchLabels", {}) if peer else {}
            has = _space_labels(home or {}, edge)
            missing = {key: value for key, value in wanted.items() if has.get(key) != value}
            if (
                len(missing) == 1
                and not {*missing} & GIVEN
                and labels_match((peer or {}).get("podSelector") or {}, labels_of(pod))
            ):
                return next(iter(missing.items()))
    return None


def _label_missing(edge: CallEdge, policy: ObjectRef, key: str, value: str) -> BrokenHop:
    about = ObjectRef(kind="Namespace", name=edge.caller.namespace)
    says = (
        f"{about} lacks the label {key}={value} by which {policy} lets its pods in: {edge.caller.name} cannot "
        f"reach {edge.service}"
    )
    return BrokenHop(
        edge=edge,
        hop=Hop.NAMESPACE_LABEL,
        about=about,
        says=says,
        field=f"metadata.labels.{key}",
        live="(absent)",
        wanted=value,
        key=key,
        together_with=policy,
    )


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
