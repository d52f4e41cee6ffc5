"""Another platform, namespace rights only: which calls a young policy cuts, by its addresses, ports and DNS rules."""

import pytest

from outage.diagnosis.hypothesis import Diagnosis
from outage.snapshots.snapshot import Snapshot
from tests.outage.diagnosis.worlds.diagnosed import diagnose
from tests.outage.diagnosis.worlds.otel_demo import Bazaar, stranger
from tests.outage.diagnosis.worlds.otel_demo_objects import NAME, named
from tests.outage.diagnosis.worlds.shop_objects import Manifest

HIDDEN = ("Node", "Namespace", "PriorityClass", "MutatingWebhookConfiguration")
"""Kinds of the whole cluster, which a stranger's rights do not show."""
PRIVATE = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"]
HOME_ONLY: Manifest = {"to": [{"podSelector": {}}]}
NO_NAMES = "Error: getaddrinfo EAI_AGAIN valkey-cart"
NO_VALKEY = "error: connect valkey-cart:6379 timed out"


def seen(bazaar: Bazaar) -> Snapshot:
    """The picture without the kinds that belong to the whole cluster."""
    snapshot = bazaar.snapshot()
    objects = {kind: some for kind, some in snapshot.objects.items() if kind not in HIDDEN}
    return snapshot.model_copy(update={"objects": objects})


def with_egress(*rules: Manifest, says: str = "") -> Diagnosis:
    """A policy of four minutes ago lets all pods out by these rules only."""
    bazaar = Bazaar()
    spec = {"podSelector": {}, "policyTypes": ["Egress"], "egress": list(rules)}
    bazaar.fresh("NetworkPolicy", {"metadata": named("young"), "spec": spec})
    if says:
        bazaar.log("cart", says)
    return diagnose(seen(bazaar), stranger())


def with_ingress(*ports: Manifest, says: str = "") -> Diagnosis:
    """A policy of four minutes ago lets callers in to valkey at these ports only; it declares another besides."""
    bazaar = Bazaar()
    bazaar.container("valkey-cart")["ports"].append({"name": "metrics", "containerPort": 9121})
    select = {"matchLabels": {NAME: "valkey-cart"}}
    spec = {"podSelector": select, "policyTypes": ["Ingress"], "ingress": [{"ports": list(ports)}]}
    bazaar.fresh("NetworkPolicy", {"metadata": named("young"), "spec": spec})
    if says:
        bazaar.log("cart", says)
    return diagnose(seen(bazaar), stranger())


def block(cidr: str, *without: str) -> Manifest:
    """A rule to a block of addresses."""
    return {"to": [{"ipBlock": {"cidr": cidr, "except": list(without)}}]}


def dns(place: Manifest, pods: Manifest | None = None, port: int = 53, protocol: str = "UDP") -> Manifest:
    """A rule to what is meant to be the cluster DNS."""
    peer: Manifest = {"namespaceSelector": {"matchLabels": place}}
    if pods:
        peer["podSelector"] = {"matchLabels": pods}
    return {"to": [peer], "ports": [{"port": port, "protocol": protocol}]}


SYSTEM = {"kubernetes.io/metadata.name": "kube-system"}
INNOCENT = {
    "a block of addresses that holds the pods lets calls through": (block("10.0.0.0/8"),),
    "all addresses but the one for the cloud's metadata": (block("0.0.0.0/0", "169.254.169.254/32"),),
    "only the Services' addresses, which some networks look at": (block("10.96.0.0/12"),),
    "the usual DNS": (HOME_ONLY, dns(SYSTEM, {"k8s-app": "kube-dns"})),
    "a DNS whose pods have another label": (
        HOME_ONLY,
        dns(SYSTEM, {"app.kubernetes.io/name": "rke2-coredns"}),
    ),
    "a namespace by a label that was not seen": (HOME_ONLY, dns({"name": "kube-system"})),
    "a DNS in a namespace of its own": (
        HOME_ONLY,
        dns({"kubernetes.io/metadata.name": "openshift-dns"}, port=5353),
    ),
    "a DNS on the node": (HOME_ONLY, block("169.254.20.10/32")),
}


@pytest.mark.parametrize("rules", INNOCENT.values(), ids=INNOCENT)
def test_a_young_policy_that_may_let_every_call_through_is_not_accused(rules: tuple[Manifest, ...]) -> None:
    """Rights over the namespace only: what was not seen speaks against nobody."""
    assert not with_egress(*rules).hypotheses


GUILTY = {
    "all addresses but the private ones, where the pods are": ((block("0.0.0.0/0", *PRIVATE),), NO_NAMES),
    "a block where no pod is": ((block("203.0.113.0/24"),), NO_VALKEY),
    "DNS over TCP only": ((HOME_ONLY, dns(SYSTEM, protocol="TCP")), NO_NAMES),
    "no DNS at all": ((HOME_ONLY,), NO_NAMES),
}


@pytest.mark.parametrize(("rules", "says"), GUILTY.values(), ids=GUILTY)
def test_a_young_policy_that_surely_cuts_calls_is_named_and_stays(
    rules: tuple[Manifest, ...], says: str
) -> None:
    """By addresses, by protocol or by leaving the DNS out."""
    first = with_egress(*rules, says=says).hypotheses[0]

    assert (first.cause, first.about.name) == ("network-policy", "young")
    assert "delete" not in [one.action for one in (first.repair.changes if first.repair else ())]


def test_a_dns_rule_that_cannot_be_judged_is_named_without_a_repair_once_logs_lack_names() -> None:
    """A person knows which namespace has that label."""
    first = with_egress(HOME_ONLY, dns({"name": "kube-system"}), says=NO_NAMES).hypotheses[0]

    assert (first.cause, first.repair) == ("network-policy", None)
    assert "was not seen" in first.settle


PORTS = {
    "the port that is called": ({"port": 6379, "protocol": "TCP"}, False),
    "its name": ({"port": "service", "protocol": "TCP"}, False),
    "a range that holds it": ({"port": 6000, "endPort": 7000, "protocol": "TCP"}, False),
    "the same number for another protocol": ({"port": 6379, "protocol": "UDP"}, True),
    "another port that the pods declare": ({"port": 9121, "protocol": "TCP"}, True),
    "the name of another port": ({"port": "metrics", "protocol": "TCP"}, True),
}


@pytest.mark.parametrize(("port", "cuts"), PORTS.values(), ids=PORTS)
def test_a_rule_counts_for_the_port_that_the_call_uses(port: Manifest, cuts: bool) -> None:
    """By number, name or range, and by protocol."""
    found = with_ingress(port, says=NO_VALKEY if cuts else "").hypotheses

    assert [(one.cause, one.about.name) for one in found] == ([("network-policy", "young")] if cuts else [])


def test_pods_without_addresses_accuse_no_block_of_addresses() -> None:
    """Pods that have not started yet lie in no block."""
    bazaar = Bazaar()
    for pod in bazaar.objects["Pod"]:
        pod["status"].pop("podIP")
    spec = {"podSelector": {}, "policyTypes": ["Egress"], "egress": [block("198.18.0.0/15")]}
    bazaar.fresh("NetworkPolicy", {"metadata": named("young"), "spec": spec})

    assert not diagnose(seen(bazaar), stranger()).hypotheses
