"""Which alerts make one incident."""

from datetime import UTC, datetime, timedelta

from outage.incidents.alert import Alert
from outage.incidents.incident import Ending, incident_id, incident_key
from outage.incidents.severity import Severity

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)


def alert(name: str = "ServiceDown", **labels: str) -> Alert:
    """An alert of the namespace shop unless told otherwise."""
    return Alert(name=name, labels={"alertname": name, "namespace": "shop", **labels}, starts_at=NOON)


def test_different_alerts_of_one_place_are_one_incident() -> None:
    """One outage fires several rules; it must not page several times."""
    assert incident_key(alert("ServiceDown")) == incident_key(alert("HighErrorRatio", service="auth"))


def test_a_platform_is_one_place_with_its_ingress_and_its_nodes() -> None:
    """The ingress controller's alert and the service's are the same outage; a stranger's is not."""
    platform = ("shop", "ingress-nginx")
    node = Alert(name="NodeNotReady", labels={"node": "a"}, starts_at=NOON)
    keys = {incident_key(one, platform) for one in (alert(), alert(namespace="ingress-nginx"), node)}

    assert len(keys) == 1
    assert incident_key(alert(namespace="bank"), platform) not in keys


def test_alerts_of_different_places_are_different_incidents() -> None:
    """Two teams' outages are answered apart."""
    assert incident_key(alert()) != incident_key(alert(namespace="bank"))


def test_alerts_without_a_place_are_grouped_as_the_sender_groups_them() -> None:
    """A node has no namespace."""
    node = Alert(name="NodeNotReady", labels={"node": "a"}, starts_at=NOON, group="g1")
    other = node.model_copy(update={"labels": {"node": "b"}})

    assert incident_key(node) == incident_key(other)


def test_a_repeated_delivery_has_the_same_fingerprint_and_a_new_episode_another() -> None:
    """Alertmanager delivers at least once; the next outage is a new one."""
    assert alert().fingerprint == alert().fingerprint
    assert (
        alert().fingerprint != alert().model_copy(update={"starts_at": NOON + timedelta(hours=1)}).fingerprint
    )


def test_the_id_is_sayable_and_differs_by_moment() -> None:
    """People say it on the phone."""
    first, second = incident_id("k", NOON), incident_id("k", NOON + timedelta(seconds=1))

    assert first.startswith("inc-20300101-")
    assert first != second


def test_a_critical_label_is_a_floor_of_p1() -> None:
    """And any other label of P2."""
    assert alert(severity="critical").floor is Severity.P1
    assert alert(severity="warning").floor is Severity.P2


def test_only_endings_that_leave_the_outage_to_nobody_or_in_doubt_fail_a_run() -> None:
    """A refusal shown red teaches people to ignore red."""
    assert [ending for ending in Ending if not ending.completes] == [
        Ending.UNANSWERED,
        Ending.INCONCLUSIVE,
        Ending.NOT_RECOVERED,
        Ending.HAND_OFF_FAILED,
    ]
