"""What the rules of network policies say of one peer: of a pod that runs, or of whatever a workload would run."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from outage.diagnosis.calls.called_ports import CalledPort, ports_admit
from outage.kubernetes.objects import ObjectRef, dig, labels_of
from outage.kubernetes.selectors import Answer, requirement_fits, tri_and, tri_or
from outage.snapshots.case_index import CaseIndex
from outage.value import Manifest


@dataclass(frozen=True)
class PolicyPeer:
    """The other end of a call, as a policy sees it."""

    namespace: str
    labels: dict[str, str]
    """Of its pods."""
    in_block: Callable[[Manifest], Answer]
    """Whether its addresses lie in an `ipBlock`."""


def policy_directions(policy: Manifest) -> list[str]:
    """`Ingress`, `Egress`: what a policy rules; one that says nothing rules what it has rules for."""
    told: list[str] = dig(policy, "spec.policyTypes", [])
    return told or ["Ingress", *(["Egress"] if dig(policy, "spec.egress") else [])]


def peer_admitted(
    index: CaseIndex,
    ruling: Sequence[Manifest],
    direction: str,
    namespace: str,
    peer: PolicyPeer,
    doors: list[CalledPort],
) -> Answer:
    """Whether one of the policies that rule an end of a call lets the other one through; without any all may pass.

    Args:
        index: For the labels of namespaces.
        ruling: The policies that select the end and rule the direction.
        direction: `Ingress` or `Egress`.
        namespace: Of the end that they rule.
        peer: The other end.
        doors: The ports at which the call may arrive.

    Returns:
        None where it hangs on addresses or labels that were not seen.
    """
    if not ruling:
        return True
    side, field = ("from", "ingress") if direction == "Ingress" else ("to", "egress")
    rules = [rule for one in ruling for rule in dig(one, f"spec.{field}", [])]
    return tri_or(
        tri_and(_any_peer(index, rule.get(side), namespace, peer), ports_admit(rule.get("ports"), doors))
        for rule in rules
    )


def _any_peer(index: CaseIndex, wanted: list[Manifest] | None, namespace: str, peer: PolicyPeer) -> Answer:
    return True if not wanted else tri_or(_is_peer(index, one, namespace, peer) for one in wanted)


def _is_peer(index: CaseIndex, wanted: Manifest, namespace: str, peer: PolicyPeer) -> Answer:
    if "ipBlock" in wanted:
        return peer.in_block(wanted["ipBlock"] or {})
    there: Answer = namespace == peer.namespace
    if "namespaceSelector" in wanted:
        home = index.get(ObjectRef(kind="Namespace", name=peer.namespace))
        labels = space_labels(home, peer.namespace)
        there = requirement_fits(wanted["namespaceSelector"], labels, all_known=home is not None)
    return tri_and(there, requirement_fits(wanted.get("podSelector"), peer.labels, all_known=True))


def rule_names_peer(
    index: CaseIndex, rule: Manifest, direction: str, namespace: str, peer: PolicyPeer
) -> Answer:
    """Whether one rule is about this peer, whatever its ports: by name, for a rule without peers is about anybody.

    Args:
        index: For the labels of namespaces.
        rule: One entry of `spec.ingress` or `spec.egress`.
        direction: `Ingress` or `Egress`.
        namespace: Of the policy.
        peer: The other end.
    """
    side = "from" if direction == "Ingress" else "to"
    return bool(rule.get(side)) and _any_peer(index, rule.get(side), namespace, peer)


def space_labels(home: Manifest | None, place: str) -> dict[str, str]:
    """The labels of a namespace, the one that every API server gives it included."""
    return {**labels_of(home or {}), "kubernetes.io/metadata.name": place}
