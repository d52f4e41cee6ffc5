"""An empty view is not a healthy view."""

from datetime import UTC, datetime, timedelta

from outage.incidents.severity import Severity
from outage.platforms.platform import Platform
from outage.snapshots.evidence import Evidence
from outage.snapshots.snapshot import Snapshot
from tests.outage.diagnosis.worlds.diagnosed import diagnose

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
SHOP = Platform(name="shop", namespace="shop")
REFUSED = Evidence(
    id="pods",
    words="kubectl get pods -n shop",
    observed_at=NOON,
    duration=timedelta(0),
    unseen="connection refused",
)


def test_an_empty_namespace_that_could_be_listed_is_not_blind() -> None:
    """Nothing there is something else than nothing seen."""
    seen = Snapshot(taken_at=NOON, namespaces=("shop",), objects={"Pod": (), "Deployment": ()})

    assert diagnose(seen, SHOP).hypotheses == ()


def test_a_cluster_that_does_not_answer_is_unknown_and_never_healthy() -> None:
    """At three in the morning, "nothing is failing" must not mean "I could not look"."""
    found = diagnose(Snapshot(taken_at=NOON, namespaces=("shop",), evidence=(REFUSED,)), SHOP)

    assert found.assessment.severity is Severity.P1
    assert found.hypotheses[0].cause == "unknown"
    assert "connection refused" in found.hypotheses[0].says
    assert found.hypotheses[0].repair is None
