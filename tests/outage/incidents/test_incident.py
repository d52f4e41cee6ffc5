"""Which alerts make one incident."""

from datetime import UTC, datetime, timedelta

import pytest

from outage.incidents.alert import Alert
from outage.incidents.incident import (
    Ending,
    Incident,
    incident_id,
    incident_scope,
    run_name,
    run_tags,
)
from outage.incidents.routing import Route, RouteRule
from outage.incidents.severity import Severity

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)


def alert(name: str = "ServiceDown", **labels: str) -> Alert:
    """An alert of the namespace shop unless told otherwise."""
    return Alert(name=name, labels={"alertname": name, "namespace": "shop", **labels}, starts_at=NOON)


def route(platform: str = "", namespace: str = "", cluster: str = "") -> Route:
    """Where an alert goes."""
    rule = RouteRule.NAMESPACE if platform else RouteRule.NO_PLATFORM
    return Route(rule=rule, because="", platform=platform, namespace=namespace, cluster=cluster)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (route("shop", "shop"), route("shop", "shop"), True),
        (route("shop", "shop"), route("bank", "shop"), False),
        (route("", "shop"), route("", "shop"), True),
        (route("", "shop"), route("", "bank"), False),
        (route("", "shop", "eu"), route("", "shop", "us"), False),
        (route("shop", "shop"), route("", "shop"), False),
    ],
)
def test_alerts_look_for_their_incident_within_their_place(one: Route, other: Route, same: bool) -> None:
    """A platform is one place with its ingress and its nodes; two teams' outages are answered apart."""
    assert (incident_scope(one, alert()) == incident_scope(other, alert())) is same


def test_alerts_without_a_place_are_grouped_as_the_sender_groups_them() -> None:
    """A node has no namespace."""
    node = Alert(name="NodeNotReady", labels={"node": "a"}, starts_at=NOON, group="g1")
    other = node.model_copy(update={"labels": {"node": "b"}})

    assert incident_scope(route(), node) == incident_scope(route(), other)


def test_a_run_is_named_by_what_is_wrong_and_found_by_its_tags() -> None:
    """In the UI's list, among a hundred others."""
    head = Incident(
        id="inc-1", key="k", title="auth-service down", opened_at=NOON, severity=Severity.P1, platform="shop"
    )

    assert run_name(head, "bad image") == "P1 auth-service down: bad image · inc-1"
    assert run_tags(head) == ["shop", "P1"]
    assert run_tags(head.model_copy(update={"drill": "bad-image"})) == ["shop", "P1", "drill"]


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
