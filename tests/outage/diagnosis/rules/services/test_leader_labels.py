"""A Service that leads to whoever leads, when nobody does: its selector is right, and stays."""

import pytest

from outage.diagnosis.hypothesis import Action
from tests.outage.diagnosis.worlds.diagnosed import diagnose
from tests.outage.diagnosis.worlds.town import HOME, NAME, Town

MARKS = [
    ("role", "master", "replica"),
    ("spilo-role", "master", "replica"),
    ("cnpg.io/instanceRole", "primary", "replica"),
    ("vault-active", "true", "false"),
    ("redis-role", "master", "slave"),
    ("app.acme.io/writer", "yes", "no"),
]
UNMARKED = [one for one in MARKS if one[0] != "app.acme.io/writer"]
"""Keys that elections are known by, where the pods have lost them altogether."""


def town(key: str, leads: str, follows: str | None) -> Town:
    """Two members of a store; a Service for the one that leads, and a caller."""
    found = Town()
    found.app("ledger-db", "acme/store:16", "StatefulSet", port=5432, replicas=2)
    for pod in found.pods("ledger-db"):
        pod["metadata"]["labels"] |= {key: follows} if follows else {}
    ports = [{"name": "db", "port": 5432, "protocol": "TCP", "targetPort": 5432}]
    selector = {NAME: "ledger-db", key: leads}
    found.put("Service", "ledger-rw", spec={"type": "ClusterIP", "selector": selector, "ports": ports})
    found.app("ledger", "acme/ledger:3", env={"DB": "postgres://ledger-rw:5432/ledger"})
    found.log("ledger", "dial tcp 10.96.7.8:5432: connect: connection refused (ledger-rw:5432)")
    return found


@pytest.mark.parametrize(
    ("key", "leads", "follows"), [*MARKS, *((key, leads, None) for key, leads, _ in UNMARKED)]
)
def test_nobody_leads_and_nothing_is_routed_to_followers(key: str, leads: str, follows: str | None) -> None:
    """Without that key of the selector, writes would reach replicas: a person elects a leader."""
    found = diagnose(town(key, leads, follows).snapshot(), Town.platform())

    assert (found.hypotheses[0].cause, found.hypotheses[0].about.name) == ("application-error", "ledger-db")
    assert key in found.hypotheses[0].says
    assert not [one for one in found.hypotheses if one.repair is not None]


def test_a_key_that_no_program_gives_is_still_dropped() -> None:
    """A Deployment's pods are told apart by their template alone: such a selector is a slip."""
    one = Town()
    one.app("shelf", "acme/shelf:3", replicas=2)
    one.app("desk", "acme/desk:3", env={"SHELF": "http://shelf:8080"})
    one.touch("Service", "shelf", minutes=8)["spec"]["selector"]["track"] = "v3"
    one.get("EndpointSlice", "shelf-d9k4x")["endpoints"] = []
    one.log("desk", "connect ECONNREFUSED shelf:8080")

    found = diagnose(one.snapshot(), Town.platform()).hypotheses[0]

    assert (found.cause, found.about.name, found.about.namespace) == ("service-selector", "shelf", HOME)
    assert found.repair is not None
    assert found.repair.changes[0].action is Action.PATCH
