"""Random pods, Services and policies: the walk says "broken" exactly where Kubernetes would deliver nothing.

The model below is written from the API's documentation and shares no code with the walk.
"""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from outage.diagnosis.edges.edge_walk import broken_hop
from tests.outage.diagnosis.edges.layouts import (
    DNS_HOME,
    SHOP,
    Layout,
    deployment_of_pod,
    labelled_pod,
    network_policy,
    plain_service,
)

HOMES = (SHOP, "other")
PAIRS = st.dictionaries(st.sampled_from(["app", "tier"]), st.sampled_from(["a", "b"]), max_size=2)
SOME = st.dictionaries(st.sampled_from(["app", "tier"]), st.sampled_from(["a", "b"]), min_size=1, max_size=2)
PORTS = st.sampled_from([8080, 9090])
SELECTORS = st.one_of(
    st.just({}),
    PAIRS.map(lambda pairs: {"matchLabels": pairs}),
    st.builds(
        lambda key, operator: {"matchExpressions": [{"key": key, "operator": operator, **_values(operator)}]},
        st.sampled_from(["app", "tier"]),
        st.sampled_from(["In", "NotIn", "Exists", "DoesNotExist"]),
    ),
)


def _values(operator: str) -> dict[str, Any]:
    return {"values": ["a"]} if operator in ("In", "NotIn") else {}


PEERS = st.one_of(
    st.builds(lambda pods: {"podSelector": pods}, SELECTORS),
    st.builds(lambda spaces: {"namespaceSelector": spaces}, SELECTORS),
    st.builds(lambda pods, spaces: {"podSelector": pods, "namespaceSelector": spaces}, SELECTORS, SELECTORS),
)
RULE_PORTS = st.lists(
    st.one_of(
        PORTS.map(lambda port: {"port": port}),
        st.just({"port": "http"}),
        st.just({"port": 8000, "endPort": 8999}),
        st.just({"protocol": "UDP", "port": 8080}),
    ),
    max_size=2,
)


def _rules(side: str) -> st.SearchStrategy[list[dict[str, Any]]]:
    rule = st.fixed_dictionaries({}, optional={side: st.lists(PEERS, max_size=2), "ports": RULE_PORTS})
    return st.lists(rule, max_size=2)


POLICIES = st.builds(
    lambda home, pods, ingress, egress, kinds: {
        "home": home,
        "pods": pods,
        "spec": {"ingress": ingress, "egress": egress, "policyTypes": kinds},
    },
    st.sampled_from(HOMES),
    SELECTORS,
    _rules("from"),
    _rules("to"),
    st.sampled_from([["Ingress"], ["Egress"], ["Ingress", "Egress"]]),
)
TARGETS = st.builds(
    lambda labels, ready, port: {"labels": labels, "ready": ready, "port": port}, PAIRS, st.booleans(), PORTS
)
SERVICES = st.builds(
    lambda selector, target, unready, headless: {
        "selector": selector, "target": target, "unready": unready, "headless": headless,
    },
    SOME,
    st.sampled_from([8080, 9090, "http", "gone"]),
    st.booleans(),
    st.booleans(),
)  # fmt: skip


def fits(selector: dict[str, Any], labels: dict[str, str]) -> bool:
    """A label selector, as the documentation has it: all requirements together; an empty one fits everything."""
    wanted = selector.get("matchLabels", {}).items()
    if any(labels.get(key) != value for key, value in wanted):
        return False
    for one in selector.get("matchExpressions", []):
        has, listed = one["key"] in labels, labels.get(one["key"]) in one.get("values", [])
        if not {"In": listed, "NotIn": not listed, "Exists": has, "DoesNotExist": not has}[one["operator"]]:
            return False
    return True


class Model:
    """What a cluster would do with one connection."""

    def __init__(self, policies: list[dict[str, Any]], spaces: dict[str, dict[str, str]]):
        self.policies, self.spaces = policies, spaces

    def passes(self, direction: str, subject: Any, peer: Any, port: int) -> bool:
        """Whether the policies of one side let a connection to this TCP port pass; each side is (home, labels)."""
        chosen = [
            one
            for one in self.policies
            if one["home"] == subject[0]
            and direction in one["spec"]["policyTypes"]
            and fits(one["pods"], subject[1])
        ]
        side, rules = ("from", "ingress") if direction == "Ingress" else ("to", "egress")
        return not chosen or any(
            self.peer(rule.get(side), subject, peer) and self.port(rule.get("ports"), port)
            for one in chosen
            for rule in one["spec"][rules]
        )

    def peer(self, peers: Any, subject: Any, other: Any) -> bool:
        """No peers or an empty list: everybody."""
        if not peers:
            return True
        for one in peers:
            space = one.get("namespaceSelector")
            home = other[0] == subject[0] if space is None else fits(space, self.spaces[other[0]])
            if home and fits(one.get("podSelector", {}), other[1]):
                return True
        return False

    def port(self, ports: Any, number: int) -> bool:
        """No ports or an empty list: every port. Every pod calls its own port `http`."""
        if not ports:
            return True
        for one in ports:
            if one.get("protocol", "TCP") != "TCP":
                continue
            if one["port"] == "http" or one["port"] <= number <= one.get("endPort", one["port"]):
                return True
        return False


def delivered(
    model: Model, caller: Any, home: str, targets: list[dict[str, Any]], service: dict[str, Any]
) -> bool:
    """Whether any pod behind the Service would get the connection."""
    for one in targets:
        chosen = all(one["labels"].get(key) == value for key, value in service["selector"].items())
        if not chosen or not (one["ready"] or service["unready"]):
            continue
        arrives = one["port"] if service["target"] == "http" else service["target"]
        if service["headless"]:
            arrives = 80  # the caller's own number: nothing translates it
        pod = (home, one["labels"])
        if (
            arrives == one["port"]
            and model.passes("Egress", caller, pod, arrives)
            and model.passes("Ingress", pod, caller, arrives)
        ):
            return True
    return False


@settings(max_examples=200, deadline=None)
@given(
    caller_home=st.sampled_from(HOMES),
    caller_labels=PAIRS,
    targets=st.lists(TARGETS, min_size=1, max_size=3),
    service=SERVICES,
    policies=st.lists(POLICIES, max_size=3),
    space=PAIRS,
)
def test_the_walk_agrees_with_the_rules_of_kubernetes(
    caller_home: str,
    caller_labels: dict[str, str],
    targets: list[dict[str, Any]],
    service: dict[str, Any],
    policies: list[dict[str, Any]],
    space: dict[str, str],
) -> None:
    """For every layout: it is broken somewhere exactly if no pod would get the connection."""
    layout = Layout()
    web = labelled_pod("web-1", caller_labels, home=caller_home)
    pods = [
        labelled_pod(
            f"api{at}-1", {**one["labels"], "role": "api"}, ready=one["ready"],
            ports=[{"name": "http", "containerPort": one["port"], "protocol": "TCP"}],
        )
        for at, one in enumerate(targets)
    ]  # fmt: skip
    dns = layout.get("Pod", "coredns-1")
    layout.objects["Pod"] = [web, *pods, dns]
    layout.objects["Deployment"] = [deployment_of_pod(one) for one in layout.objects["Pod"]]
    called = plain_service("api", {**service["selector"], "role": "api"}, targetPort=service["target"])
    called["spec"].update(publishNotReadyAddresses=service["unready"])
    if service["headless"]:
        called["spec"]["clusterIP"] = "None"
    layout.objects["Service"] = [called, layout.get("Service", "kube-dns")]
    layout.get("Namespace", "other")["metadata"]["labels"] = dict(space)
    spaces = {
        name: {**(space if name == "other" else {}), "kubernetes.io/metadata.name": name} for name in HOMES
    }
    to_dns = {"to": [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": DNS_HOME}}}]}
    for number, one in enumerate(policies):
        made = network_policy(f"policy-{number}", {}, one["home"], **one["spec"])
        made["spec"]["podSelector"] = one["pods"]
        made["spec"]["egress"] = [*one["spec"]["egress"], to_dns]  # names are not what is asked here
        layout.objects["NetworkPolicy"].append(made)
    edge = layout.edge
    edge = edge.model_copy(update={"caller": edge.caller.model_copy(update={"namespace": caller_home})})

    found = broken_hop(layout.index(), edge)

    model = Model(policies, spaces)
    assert (found is None) == delivered(model, (caller_home, caller_labels), SHOP, targets, service), found
