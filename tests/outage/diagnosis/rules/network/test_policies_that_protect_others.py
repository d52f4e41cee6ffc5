"""A network policy that cuts a call and keeps others safe is edited in the one wrong place, and never deleted."""

from typing import Any

import pytest

from outage.diagnosis.hypothesis import Action, Hypothesis
from tests.outage.diagnosis.worlds.diagnosed import diagnose
from tests.outage.diagnosis.worlds.town import HOME, NAME, Town

NAMES = {"ports": [{"protocol": "UDP", "port": 53}, {"protocol": "TCP", "port": 53}]}
LOST = "failed to connect to `host=vault-db`: dial error (timeout: dial tcp 10.96.7.7:5432: i/o timeout)"
UNNAMED = "getaddrinfo EAI_AGAIN vault-db"


def town() -> Town:
    """Books call a database; a mailer lives beside them."""
    found = Town()
    found.app("vault-db", "postgres:16", "StatefulSet", port=5432)
    found.app("books", "acme/books:2", replicas=2, env={"DATABASE_URL": "postgres://books@vault-db:5432/b"})
    found.app("mailer", "acme/mailer:2")
    return found


def policy(town: Town, spec: dict[str, Any], minutes: float) -> dict[str, Any]:
    """A policy of this age."""
    types = [kind for kind in ("Ingress", "Egress") if kind.lower() in spec]
    return town.put(
        "NetworkPolicy", "walls", minutes=minutes, spec={"podSelector": {}, "policyTypes": types, **spec}
    )


def to_port(port: int) -> dict[str, Any]:
    """A rule that lets pods of the namespace call this port of one another."""
    return {"to": [{"podSelector": {}}], "ports": [{"protocol": "TCP", "port": port}]}


def first(town: Town, baseline: Any = None) -> Hypothesis:
    """The likeliest cause."""
    return diagnose(town.snapshot(), town.platform(), baseline).hypotheses[0]


def test_an_edited_policy_of_the_whole_namespace_gets_the_called_port_and_keeps_its_wall() -> None:
    """It was there before: without it everybody could call everybody."""
    one = town()
    walls = policy(one, {"egress": [NAMES, to_port(5433)]}, minutes=20 * 1440)
    walls["metadata"]["managedFields"].append({"manager": "kubectl-edit", "time": "2026-03-01T11:52:00Z"})
    one.touch("NetworkPolicy", "walls", minutes=8)
    one.log("books", LOST, minutes=7)

    found = first(one)

    assert (found.cause, found.about.name) == ("network-policy", "walls")
    assert found.repair is not None
    assert [change.action for change in found.repair.changes] == [Action.PATCH]
    patch = found.repair.changes[0].patch
    assert [step["path"] for step in patch] == ["/spec/egress"]
    assert patch[0]["value"][1]["ports"] == [
        {"protocol": "TCP", "port": 5433},
        {"protocol": "TCP", "port": 5432},
    ]


def test_a_new_wall_around_a_namespace_gets_a_way_to_the_dns() -> None:
    """It is meant to stay; names are what everybody needs."""
    one = town()
    policy(one, {"egress": [{"to": [{"podSelector": {}}]}]}, minutes=8)
    one.log("books", UNNAMED, minutes=7)

    found = first(one)

    assert found.cause == "network-policy"
    assert found.repair is not None
    (change,) = found.repair.changes
    assert change.action is Action.PATCH
    added = change.patch[0]["value"][-1]
    assert added["to"][0]["podSelector"] == {"matchLabels": {"k8s-app": "kube-dns"}}
    assert {port["protocol"] for port in added["ports"]} == {"UDP", "TCP"}


NOBODY_NAMED: list[dict[str, Any]] = [
    {"ingress": []},
    {"ingress": [{"from": [{"podSelector": {"matchLabels": {NAME: "mailer"}}}]}]},
]


@pytest.mark.parametrize("spec", NOBODY_NAMED)
@pytest.mark.parametrize("known", [True, False])
def test_a_call_that_no_rule_ever_named_is_left_to_a_person(spec: dict[str, Any], known: bool) -> None:
    """Nobody invents a rule, and nobody takes the wall away."""
    one = town()
    baseline = one.baseline() if known else None
    policy(one, spec, minutes=8)
    one.log("books", LOST, minutes=7)

    found = first(one, baseline)

    assert (found.cause, found.repair) == ("network-policy", None)
    assert "books → vault-db" in found.settle


def test_a_new_policy_that_rules_nobody_but_who_is_cut_off_is_taken_away() -> None:
    """As before: it came with the trouble and protects nobody else."""
    one = town()
    selector = {"matchLabels": {NAME: "books"}}
    one.put(
        "NetworkPolicy",
        "quarantine",
        minutes=8,
        spec={"podSelector": selector, "policyTypes": ["Egress"], "egress": []},
    )
    one.log("books", LOST, minutes=7)

    found = first(one)

    assert found.repair is not None
    assert [(each.action, each.target.name) for each in found.repair.changes] == [
        (Action.DELETE, "quarantine")
    ]
    assert found.about.namespace == HOME
