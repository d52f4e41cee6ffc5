"""What senders send: read generously, refused precisely."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from outage.errors import MalformedAlert
from outage.incidents.alert import Alert
from outage.incidents.payloads import (
    LONGEST_TEXT,
    alert_sentence,
    alert_title,
    from_alertmanager,
    from_anybody,
    from_grafana,
    from_person,
)

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)


def delivery(**changes: Any) -> dict[str, Any]:
    """A delivery as Alertmanager 0.27 sends it."""
    return {
        "version": "4",
        "groupKey": '{}:{alertname="ServiceDown"}',
        "truncatedAlerts": 0,
        "status": "firing",
        "receiver": "outage",
        "groupLabels": {"alertname": "ServiceDown"},
        "commonLabels": {"alertname": "ServiceDown", "namespace": "shop"},
        "commonAnnotations": {},
        "externalURL": "http://alertmanager:9093",
        "alerts": [
            {
                "status": "firing",
                "labels": {"alertname": "ServiceDown", "namespace": "shop", "service": "auth"},
                "annotations": {"summary": "auth has no ready endpoint"},
                "startsAt": "2030-01-01T11:59:00.123456789Z",
                "endsAt": "0001-01-01T00:00:00Z",
                "generatorURL": "http://prometheus:9090/graph",
                "fingerprint": "5d2b4a1e",
            }
        ],
    } | changes


def sent(**changes: Any) -> dict[str, Any]:
    """A delivery whose one alert is different."""
    body = delivery()
    body["alerts"][0] |= changes
    return body


def test_alertmanagers_delivery_is_read_whole() -> None:
    """Every field that the response uses later."""
    assert from_alertmanager(delivery(), NOON) == [
        Alert(
            name="ServiceDown",
            labels={"alertname": "ServiceDown", "namespace": "shop", "service": "auth"},
            annotations={"summary": "auth has no ready endpoint"},
            starts_at=datetime(2030, 1, 1, 11, 59, 0, 123456, tzinfo=UTC),
            source="alertmanager",
            group='{}:{alertname="ServiceDown"}',
            url="http://prometheus:9090/graph",
        )
    ]


def test_a_resolved_alert_is_the_same_episode() -> None:
    """The notice joins the incident that the alert opened."""
    [fires] = from_alertmanager(sent(), NOON)
    [resolved] = from_alertmanager(sent(status="resolved"), NOON)

    assert not resolved.firing
    assert resolved.fingerprint == fires.fingerprint


def test_a_group_of_alerts_is_read_in_order() -> None:
    """All of them, firing and resolved."""
    body = delivery()
    body["alerts"] = [body["alerts"][0] | {"labels": {"alertname": name}} for name in "abc"]

    assert [one.name for one in from_alertmanager(body, NOON)] == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("told", "read"),
    [
        pytest.param("2030-01-01T13:00:00+02:00", NOON - timedelta(hours=1), id="another zone becomes UTC"),
        pytest.param("2030-01-01T11:00:00", NOON - timedelta(hours=1), id="no zone is taken as UTC"),
        pytest.param("0001-01-01T00:00:00Z", NOON, id="Go's zero time says nothing: now"),
        pytest.param(None, NOON, id="absent says nothing: now"),
    ],
)
def test_when_it_began_is_read_as_utc(told: str | None, read: datetime) -> None:
    """Onset decides what a new blocker is; a wrong zone would make it an old one."""
    assert from_alertmanager(sent(startsAt=told), NOON)[0].starts_at == read


@pytest.mark.parametrize(
    ("body", "place"),
    [
        pytest.param([], "delivery", id="a list"),
        pytest.param("x", "delivery", id="a text"),
        pytest.param({}, "alerts", id="no alerts"),
        pytest.param(delivery(alerts=[]), "alerts", id="an empty list of alerts"),
        pytest.param(delivery(version="5"), "version", id="a version of the future"),
        pytest.param(sent(labels={}), r"alerts.0.labels", id="an alert without labels"),
        pytest.param(sent(labels={"a": [1]}), r"alerts.0.labels.a", id="a label that is a list"),
        pytest.param(sent(startsAt="noon"), r"alerts.0.startsAt", id="a time in words"),
    ],
)
def test_a_malformed_delivery_is_refused_by_its_one_fault(body: Any, place: str) -> None:
    """The sentence names the place, so that the sender can be mended."""
    with pytest.raises(MalformedAlert, match=place):
        from_alertmanager(body, NOON)


def test_grafanas_delivery_is_read() -> None:
    """Version 1, the same shape otherwise."""
    body = sent(valueString="[ var='A' value=3 ]") | {"version": "1", "title": "[FIRING:1]", "orgId": 1}

    [alert] = from_grafana(body, NOON)
    assert (alert.source, alert.namespace, alert.service) == ("grafana", "shop", "auth")


def test_a_plain_alert_needs_only_a_name() -> None:
    """Whatever can send JSON can start a response."""
    [alert] = from_anybody({"name": "disk full"}, NOON)

    assert (alert.name, alert.starts_at, alert.firing) == ("disk full", NOON, True)


def test_a_plain_alerts_words_become_labels() -> None:
    """Later rooms look at labels alone."""
    [alert] = from_anybody(
        {"name": "slow", "namespace": "shop", "service": "auth", "severity": "critical"}, NOON
    )

    assert (alert.namespace, alert.service, alert.floor) == ("shop", "auth", "P1")


@pytest.mark.parametrize("body", [{}, {"name": ""}, {"name": "x", "starts_at": "noon"}, None])
def test_a_plain_alert_without_a_name_is_refused(body: Any) -> None:
    """There is nothing to call the incident."""
    with pytest.raises(MalformedAlert):
        from_anybody(body, NOON)


def test_a_person_needs_only_a_title() -> None:
    """At three in the morning nobody remembers a schema."""
    alert = from_person({"title": "checkout is slow", "by": "ada"}, NOON)

    assert alert_title(alert) == "checkout is slow"
    assert alert_sentence(alert) == "ada reported: checkout is slow"


def test_long_and_hostile_text_is_cut() -> None:
    """A label is not a place for documents, and PostgreSQL has none for NUL."""
    [alert] = from_alertmanager(sent(labels={"alertname": "x" * 9000 + "\x00"}), NOON)

    assert alert.labels["alertname"] == "x" * LONGEST_TEXT


@pytest.mark.parametrize(
    ("alert", "expected"),
    [
        pytest.param({"annotations": {"summary": "auth is down"}}, "auth is down", id="its own summary"),
        pytest.param({"labels": {"service": "auth", "namespace": "shop"}}, "Down: auth in shop", id="both"),
        pytest.param({"labels": {"namespace": "shop"}}, "Down in shop", id="the namespace"),
        pytest.param({"labels": {}}, "Down", id="nothing but a name"),
    ],
)
def test_an_incident_is_called_by_what_is_known(alert: dict[str, Any], expected: str) -> None:
    """The first line that a responder reads."""
    assert (
        alert_title(Alert.model_validate({"name": "Down", "labels": {}, "starts_at": NOON} | alert))
        == expected
    )


def test_an_alert_is_a_sentence_on_the_timeline() -> None:
    """Who said it, about what, since when."""
    [alert] = from_alertmanager(sent(), NOON)

    assert alert_sentence(alert) == "alertmanager: ServiceDown (auth in shop) fires since 11:59:00 UTC"
    assert alert_sentence(alert.model_copy(update={"firing": False})) == (
        "alertmanager: ServiceDown (auth in shop) is resolved"
    )
