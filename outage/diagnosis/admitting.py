"""Which calls the network policies let through, by the rules of the API: policies add up, silence denies."""

from outage.diagnosis.graph import Calls
from outage.diagnosis.world import World
from outage.objects import ObjectRef, dig, labels, ref
from outage.value import Manifest

DNS = ObjectRef(kind="Service", name="kube-dns", namespace="kube-system")


def calls(world: World) -> list[tuple[Manifest, Manifest]]:
    """Known calls as caller and target workloads."""
    graph, found = Calls.of(world), []
    for service in world.services:
        for caller in graph.live_callers(ref(service, "Service")):
            if not graph.sure(caller, service):
                continue
            manifest = next((one for one in world.workloads if ref(one) == caller), None)
            if manifest is not None:
                found += [(manifest, target) for target in world.behind(service)]
    return found


def applies(policy: Manifest, workload: Manifest, direction: str) -> bool:
    """Whether the policy rules this direction of the workload's pods."""
    if ref(policy).namespace != ref(workload).namespace:
        return False
    kinds = dig(policy, "spec.policyTypes") or (
        ["Ingress", "Egress"] if dig(policy, "spec.egress") else ["Ingress"]
    )
    return direction in kinds and matches(dig(policy, "spec.podSelector", {}), _labels(workload))


def admitted(world: World, direction: str, subject: Manifest, other: Manifest, without: str = "") -> bool:
    """Whether some policy that selects the subject lets this peer through; without any policy all may pass."""
    ruling = [
        one
        for one in world.all("NetworkPolicy")
        if applies({"kind": "NetworkPolicy", **one}, subject, direction) and ref(one).name != without
    ]
    if not ruling:
        return True
    side, field = ("from", "ingress") if direction == "Ingress" else ("to", "egress")
    rules = [rule for one in ruling for rule in dig(one, f"spec.{field}", [])]
    port_of = subject if direction == "Ingress" else other
    return any(
        _peer(world, rule.get(side), subject, other) and _port(rule.get("ports"), port_of) for rule in rules
    )


def _peer(world: World, peers: list[Manifest] | None, subject: Manifest, other: Manifest) -> bool:
    if not peers:
        return True
    for peer in peers:
        if "ipBlock" in peer:
            if dig(peer, "ipBlock.cidr") in ("0.0.0.0/0", "::/0"):
                return True
            continue
        same = ref(subject).namespace == ref(other).namespace
        home = world.get(ObjectRef(kind="Namespace", name=ref(other).namespace)) or {}
        spaces = {"kubernetes.io/metadata.name": ref(other).namespace, **labels(home)}
        right_place = matches(peer["namespaceSelector"], spaces) if "namespaceSelector" in peer else same
        if right_place and matches(peer.get("podSelector") or {}, _labels(other)):
            return True
    return False


def _port(ports: list[Manifest] | None, target: Manifest) -> bool:
    if not ports:
        return True
    declared = [p for c in dig(target, "spec.template.spec.containers", []) for p in c.get("ports") or []]
    served = {p.get("containerPort") for p in declared} | {p.get("name") for p in declared}
    if not declared:
        return True
    return any(
        port.get("port") is None or port.get("port") in served or _in_range(port, served) for port in ports
    )


def _in_range(port: Manifest, served: set[object]) -> bool:
    first, last = port.get("port"), port.get("endPort")
    if not isinstance(first, int) or not isinstance(last, int):
        return False
    return any(isinstance(one, int) and first <= one <= last for one in served)


def dns_admitted(world: World, workload: Manifest) -> bool:
    """Whether the pods may ask the cluster DNS."""
    ruling = [
        one
        for one in world.all("NetworkPolicy")
        if applies({"kind": "NetworkPolicy", **one}, workload, "Egress")
    ]
    rules = [rule for one in ruling for rule in dig(one, "spec.egress", [])]
    return not ruling or any(
        _dns_peer(world, rule.get("to")) and _dns_port(rule.get("ports")) for rule in rules
    )


def _dns_peer(world: World, peers: list[Manifest] | None) -> bool:
    """Whether one of the peers is the cluster DNS; addresses may be its own, which nothing here tells."""
    home = world.get(ObjectRef(kind="Namespace", name=DNS.namespace)) or {}
    spaces = {"kubernetes.io/metadata.name": DNS.namespace, **labels(home)}
    return not peers or any(
        "ipBlock" in peer
        or (
            "namespaceSelector" in peer
            and matches(peer["namespaceSelector"] or {}, spaces)
            and matches(peer.get("podSelector") or {}, {"k8s-app": "kube-dns"})
        )
        for peer in peers
    )


def _dns_port(ports: list[Manifest] | None) -> bool:
    return not ports or any(
        port.get("port") in (53, "dns", "dns-tcp", "domain", None) or _in_range(port, {53}) for port in ports
    )


def matches(selector: Manifest, of: dict[str, str]) -> bool:
    """Whether a label selector (with expressions) matches; an empty one matches everything."""
    for key, value in (selector.get("matchLabels") or {}).items():
        if of.get(key) != value:
            return False
    return all(_expression(one, of) for one in selector.get("matchExpressions") or [])


def _expression(one: Manifest, of: dict[str, str]) -> bool:
    key, values = one.get("key", ""), one.get("values") or []
    match one.get("operator"):
        case "In":
            return of.get(key) in values
        case "NotIn":
            return of.get(key) not in values
        case "Exists":
            return key in of
        case _:
            return key not in of


def _labels(workload: Manifest) -> dict[str, str]:
    return dict(dig(workload, "spec.template.metadata.labels", {}))
