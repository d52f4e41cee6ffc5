"""The network policies of both ends of a call, by the rules of the API: they add up, and what none admits is denied."""

from ipaddress import ip_address, ip_network

from outage.diagnosis.calls.called_ports import CalledPort
from outage.diagnosis.calls.policy_rules import PolicyPeer, peer_admitted, policy_directions, space_labels
from outage.diagnosis.edges.broken_hop import BrokenHop, Hop
from outage.diagnosis.edges.call_edge import CallEdge, serving_pods
from outage.kubernetes.object_times import changed_at
from outage.kubernetes.objects import ObjectRef, containers_of, dig, labels_of, object_ref
from outage.kubernetes.selectors import Answer, labels_match
from outage.snapshots.case_index import OLDEST, CaseIndex
from outage.value import Manifest

GIVEN = {"kubernetes.io/metadata.name", "name"}
"""Labels that say which namespace it is: who is not meant does not lack them."""


def policy_hop(index: CaseIndex, edge: CallEdge, service: Manifest) -> BrokenHop | None:
    """The policy hop that is broken: no pod behind the Service is reached by any pod of the caller."""
    targets = [pod for pod in serving_pods(index, service) if declares_arrival(edge, service, pod)]
    callers = index.pods_of(edge.caller)
    if not targets or not callers:
        return None
    pairs = [(caller, target) for caller in callers[:2] for target in targets]
    out = [
        _admits(index, "Egress", caller, target, arrival(edge, service, target)) for caller, target in pairs
    ]
    if not any(one is not False for one in out):
        about = object_ref(selecting_policies(index, callers[0], "Egress")[0], "NetworkPolicy")
        says = f"{about} lets {edge.caller} not out to {edge.service}"
        return BrokenHop(edge=edge, hop=Hop.EGRESS, about=about, says=says, field="spec.egress")
    let_out = [pair for pair, answer in zip(pairs, out, strict=True) if answer is not False]
    let_in = [
        _admits(index, "Ingress", target, caller, arrival(edge, service, target))
        for caller, target in let_out
    ]
    return None if any(one is not False for one in let_in) else _not_let_in(index, edge, let_out[0])


def _not_let_in(index: CaseIndex, edge: CallEdge, pair: tuple[Manifest, Manifest]) -> BrokenHop:
    caller, target = pair
    guards = selecting_policies(index, target, "Ingress")
    lacking = [(one, *near) for one in guards if (near := _lacking_label(index, one, edge, caller))]
    if lacking:
        policy, key, value = lacking[0]
        return _label_missing(edge, object_ref(policy, "NetworkPolicy"), key, value)
    about = object_ref(guards[0], "NetworkPolicy")
    says = f"{about} lets {edge.caller} not in to {edge.service}"
    return BrokenHop(edge=edge, hop=Hop.INGRESS, about=about, says=says, field="spec.ingress")


def selecting_policies(index: CaseIndex, pod: Manifest, direction: str) -> list[Manifest]:
    """The policies that rule this direction of a pod, the last changed first."""
    home = dig(pod, "metadata.namespace", "")
    found = [
        one
        for one in index.snapshot.kind("NetworkPolicy", home)
        if direction in policy_directions(one)
        and labels_match(dig(one, "spec.podSelector", {}), labels_of(pod))
    ]
    return sorted(found, key=lambda one: changed_at(one) or OLDEST or index.now, reverse=True)


def arrival(edge: CallEdge, service: Manifest, pod: Manifest) -> list[CalledPort]:
    """The ports of a pod at which the call may arrive; empty when nothing tells."""
    headless = dig(service, "spec.clusterIP") == "None"
    asked = [one for one in dig(service, "spec.ports", []) if edge.port in (None, one.get("port"))]
    declared = [port for one in containers_of(dig(pod, "spec", {})) for port in one.get("ports") or []]
    if headless and edge.port is not None:
        asked = [{"port": edge.port, "targetPort": edge.port}]
    return [door for port in asked for door in _doors(port, declared, edge.protocol)]


def declares_arrival(edge: CallEdge, service: Manifest, pod: Manifest) -> bool:
    """Whether a pod declares a port at which the call arrives; one that declares none may listen anywhere."""
    declared = [port for one in containers_of(dig(pod, "spec", {})) for port in one.get("ports") or []]
    numbers = {one.get("containerPort") for one in declared}
    doors = arrival(edge, service, pod)
    return not declared or not doors or any(one.number in numbers for one in doors)


def _doors(port: Manifest, declared: list[Manifest], protocol: str) -> list[CalledPort]:
    target = port.get("targetPort") or port.get("port")
    spoken = protocol or port.get("protocol", "TCP")
    found = [one for one in declared if target in (one.get("containerPort"), one.get("name"))]
    names = frozenset(str(one["name"]) for one in found if one.get("name"))
    number = found[0].get("containerPort") if found else target if isinstance(target, int) else None
    return [CalledPort(number, names, frozenset({spoken}))]


def _admits(
    index: CaseIndex, direction: str, subject: Manifest, peer: Manifest, doors: list[CalledPort]
) -> Answer:
    address = dig(peer, "status.podIP", "")
    other = PolicyPeer(
        dig(peer, "metadata.namespace", ""), labels_of(peer), lambda block: _in_block(block, address)
    )
    ruling = selecting_policies(index, subject, direction)
    return peer_admitted(index, ruling, direction, dig(subject, "metadata.namespace", ""), other, doors)


def _in_block(block: Manifest, address: str) -> Answer:
    """Whether a pod's address lies in a block; None where it does not: nobody knows what an address is seen as."""
    try:
        where = ip_address(address)
        within = where in ip_network(block.get("cidr", ""), strict=False)
        holes = [where in ip_network(one, strict=False) for one in block.get("except") or []]
    except ValueError:
        return None
    return True if within and not any(holes) else None


def _lacking_label(
    index: CaseIndex, policy: Manifest, edge: CallEdge, pod: Manifest
) -> tuple[str, str] | None:
    """The one label, by key and value, that the caller's namespace lacks to be let in by this policy."""
    home = index.get(ObjectRef(kind="Namespace", name=edge.caller.namespace))
    has = space_labels(home, edge.caller.namespace)
    for rule in dig(policy, "spec.ingress", []) if home else ():
        for peer in rule.get("from") or []:
            wanted = dig(peer, "namespaceSelector.matchLabels", {})
            missing = {key: value for key, value in wanted.items() if has.get(key) != value}
            fits = labels_match(peer.get("podSelector") or {}, labels_of(pod))
            if len(missing) == 1 and not {*missing} & GIVEN and fits:
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
