"""Which calls the network policies let through, by the rules of the API: policies add up, silence denies."""

from ipaddress import ip_address, ip_network

from outage.diagnosis.calls.call_graph import CallGraph
from outage.diagnosis.calls.called_ports import called_ports
from outage.diagnosis.calls.policy_rules import (
    PolicyPeer,
    peer_admitted,
    policy_directions,
    rule_names_peer,
)
from outage.kubernetes.objects import ObjectRef, dig, object_ref
from outage.kubernetes.selectors import Answer, labels_match, tri_or
from outage.snapshots.case_index import CaseIndex
from outage.value import Manifest

DNS = ObjectRef(kind="Service", name="kube-dns", namespace="kube-system")


def policy_calls(index: CaseIndex) -> list[tuple[Manifest, Manifest]]:
    """Known calls as caller and target workloads."""
    graph, found = CallGraph.of(index), []
    for service in index.services:
        for caller in graph.live_callers(object_ref(service, "Service")):
            if not graph.sure(caller, service):
                continue
            manifest = next((one for one in index.workloads if object_ref(one) == caller), None)
            if manifest is not None:
                found += [(manifest, target) for target in index.behind(service)]
    return found


def policy_applies(policy: Manifest, workload: Manifest, direction: str) -> bool:
    """Whether the policy rules this direction of the workload's pods."""
    if object_ref(policy).namespace != object_ref(workload).namespace:
        return False
    return direction in policy_directions(policy) and labels_match(
        dig(policy, "spec.podSelector", {}), _labels(workload)
    )


def is_admitted(
    index: CaseIndex, direction: str, subject: Manifest, other: Manifest, without: str = ""
) -> Answer:
    """Whether some policy that selects the subject lets this peer through; without any policy all may pass.

    None where it hangs on addresses or labels that were not seen.

    Args:
        index: The case.
        direction: `Ingress` or `Egress`, as seen from the subject.
        subject: The pod whose policies count.
        other: The pod at the other end.
        without: Name of a policy that is thought away; empty for none.
    """
    ruling = [
        one
        for one in index.all("NetworkPolicy")
        if policy_applies({"kind": "NetworkPolicy", **one}, subject, direction)
        and object_ref(one).name != without
    ]
    caller, target = (other, subject) if direction == "Ingress" else (subject, other)
    doors = called_ports(index, caller, target) if ruling else []
    return peer_admitted(index, ruling, direction, object_ref(subject).namespace, _peer(index, other), doors)


def named_by_rule(
    index: CaseIndex, rule: Manifest, direction: str, subject: Manifest, other: Manifest
) -> Answer:
    """Whether one rule of a policy that selects the subject is about this peer, whatever its ports.

    Args:
        index: The case.
        rule: One entry of `spec.ingress` or `spec.egress`.
        direction: `Ingress` or `Egress`, as seen from the subject.
        subject: The pod whose policy it is.
        other: The pod at the other end.
    """
    return rule_names_peer(index, rule, direction, object_ref(subject).namespace, _peer(index, other))


def _peer(index: CaseIndex, other: Manifest) -> PolicyPeer:
    return PolicyPeer(
        object_ref(other).namespace, _labels(other), lambda block: _in_block(index, block, other)
    )


def _in_block(index: CaseIndex, block: Manifest, other: Manifest) -> Answer:
    """Whether the peer's pods lie in a block of addresses, less its exceptions.

    A block that holds only the cluster address of a Service lets calls through with some networks and not with
    others: the API leaves open whether that address is looked at, or the pod's behind it.
    """
    if block.get("cidr") in ("0.0.0.0/0", "::/0") and not block.get("except"):
        return True
    pods = [dig(pod, "status.podIP") for pod in index.pods_of(object_ref(other))]
    own = [_inside(block, one) for one in pods if one]
    doors = [dig(one, "spec.clusterIP") for one in index.fronts(object_ref(other))]
    behind_door = [_inside(block, one) for one in doors if one and one != "None"]
    return tri_or([*own, *(None for one in behind_door if one)]) if own else None


def _inside(block: Manifest, address: str) -> Answer:
    """Whether one address lies in the block and in none of its exceptions; None when either cannot be read."""
    try:
        where = ip_address(address)
        within, *holes = (
            where in ip_network(one, strict=False)
            for one in (block.get("cidr", ""), *(block.get("except") or []))
        )
    except ValueError:
        return None
    return within and not any(holes)


def _labels(workload: Manifest) -> dict[str, str]:
    return dict(dig(workload, "spec.template.metadata.labels", {}))
