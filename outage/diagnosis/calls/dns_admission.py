"""Whether network policies let pods ask the cluster DNS, which mostly lives where we may not look."""

from outage.diagnosis.calls.called_ports import in_range
from outage.diagnosis.calls.network_admission import DNS, policy_applies
from outage.kubernetes.objects import ObjectRef, dig, labels_of
from outage.kubernetes.selectors import Answer, requirement_fits, tri_and, tri_or
from outage.snapshots.case_index import CaseIndex
from outage.value import Manifest

PLACE = "kubernetes.io/metadata.name"
ELSEWHERE = (5353, 8053)
"""Ports at which the pods of a cluster DNS listen where it is not at 53, as in OpenShift."""
SPOKEN = "UDP"
"""What a rule must let through: resolvers ask over it, and take TCP only for long answers."""


def dns_admitted(index: CaseIndex, workload: Manifest) -> Answer:
    """Whether the pods may ask the cluster DNS; None where it was not seen whom a rule lets them ask."""
    ruling = [
        one
        for one in index.all("NetworkPolicy")
        if policy_applies({"kind": "NetworkPolicy", **one}, workload, "Egress")
    ]
    rules = [rule for one in ruling for rule in dig(one, "spec.egress", [])]
    return not ruling or tri_or(
        tri_and(_any_peer(index, rule), _any_port(rule.get("ports"))) for rule in rules
    )


def _any_peer(index: CaseIndex, rule: Manifest) -> Answer:
    peers, for_dns = rule.get("to"), bool(rule.get("ports"))
    return True if not peers else tri_or(_peer(index, peer, for_dns) for peer in peers)


def _peer(index: CaseIndex, peer: Manifest, for_dns: bool) -> Answer:
    """Whether a peer is the cluster DNS.

    Args:
        index: The picture.
        peer: One peer of the rule.
        for_dns: Whether the rule names ports; those of the DNS then say what the peer is meant to be.
    """
    if "ipBlock" in peer:
        whole = dig(peer, "ipBlock.cidr") in ("0.0.0.0/0", "::/0") and not dig(peer, "ipBlock.except")
        return True if whole else None  # addresses may be its own, which nothing here tells
    if "namespaceSelector" not in peer:
        return False
    home = index.get(ObjectRef(kind="Namespace", name=DNS.namespace))
    known = {**labels_of(home or {}), PLACE: DNS.namespace}
    there = requirement_fits(peer["namespaceSelector"], known, all_known=home is not None)
    if there is False and for_dns and not _seen(index):
        return None  # a cluster DNS of another kind, in a namespace of its own
    return tri_and(there, _pods(index, peer.get("podSelector")))


def _pods(index: CaseIndex, selector: Manifest | None) -> Answer:
    """Whether the pods of the DNS carry these labels; unseen, they are known to carry the usual one."""
    seen = _seen(index)
    if not seen:
        return requirement_fits(selector, {"k8s-app": "kube-dns"}, all_known=False)
    return tri_or(requirement_fits(selector, labels_of(pod), all_known=True) for pod in seen)


def _seen(index: CaseIndex) -> list[Manifest]:
    """The pods of the cluster DNS, where they were seen."""
    return [
        pod
        for pod in index.pods
        if dig(pod, "metadata.namespace") == DNS.namespace and labels_of(pod).get("k8s-app") == "kube-dns"
    ]


def _any_port(ports: list[Manifest] | None) -> Answer:
    return True if not ports else tri_or(_port(port) for port in ports)


def _port(port: Manifest) -> Answer:
    if port.get("protocol", "TCP") != SPOKEN:
        return False
    if port.get("port") in ("dns", "dns-tcp", "domain", None) or in_range(port, 53):
        return True
    return None if any(in_range(port, one) for one in ELSEWHERE) else False
