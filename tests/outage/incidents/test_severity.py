"""Severity is measured from impact; the alert's label is only a floor."""

from datetime import UTC, datetime
from typing import Any

import pytest

from outage.incidents.severity import (
    Assessment,
    Impact,
    Severity,
    assess_severity,
    severity_change_key,
    worst_severity,
    worst_told,
)
from outage.incidents.timeline import Entry

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)


def hurt(**seen: Any) -> Impact:
    """Seven services and six user-facing probes, of which these are hurt."""
    return Impact(services=7, probes=6, **seen)


@pytest.mark.parametrize(
    ("impact", "severity"),
    [
        pytest.param(Impact(services=4), Severity.NONE, id="nothing failing is no outage"),
        pytest.param(Impact(services=0), Severity.NONE, id="a platform without services has nothing down"),
        pytest.param(
            Impact(services=4, routes=4), Severity.NONE, id="routes that lead somewhere are no outage"
        ),
        pytest.param(
            Impact(services=4, error_ratio=0.01),
            Severity.NONE,
            id="one failing request in a hundred is weather",
        ),
        pytest.param(
            Impact(services=4, services_degraded=("auth",)), Severity.P2, id="a service short of replicas"
        ),
        pytest.param(Impact(services=4, services_down=("auth",)), Severity.P2, id="a single service down"),
        pytest.param(hurt(probes_failing=("a",)), Severity.P2, id="one user-facing probe failing"),
        pytest.param(
            Impact(services=4, routes=4, routes_dead=("auht",)),
            Severity.P2,
            id="one route leads into nothing, though every service is well",
        ),
        pytest.param(
            Impact(services=4, error_ratio=0.19),
            Severity.P2,
            id="a little less than every fifth request fails",
        ),
        pytest.param(
            Impact(services=4, services_down=("auth", "user")), Severity.P1, id="several services down"
        ),
        pytest.param(
            Impact(services=4, services_down=("auth",), services_degraded=("user",)),
            Severity.P1,
            id="one service down and another short of replicas",
        ),
        pytest.param(
            Impact(services=4, services_degraded=("a", "b")), Severity.P1, id="several services degraded"
        ),
        pytest.param(hurt(probes_failing=("a", "b")), Severity.P1, id="two of six probes failing"),
        pytest.param(
            hurt(probes_failing=tuple("abcde")), Severity.P1, id="five of six probes failing are no P2"
        ),
        pytest.param(
            Impact(services=4, error_ratio=0.4, services_degraded=("a", "b", "c")),
            Severity.P1,
            id="40 % of requests failing with three services degraded",
        ),
        pytest.param(Impact(services=4, error_ratio=0.2), Severity.P1, id="every fifth request fails"),
        pytest.param(
            Impact(services=4, routes=4, routes_dead=("a", "b")), Severity.P1, id="several dead routes"
        ),
        pytest.param(
            hurt(routes=2, routes_dead=("a", "b"), probes_failing=("a",)),
            Severity.P1,
            id="every route seems dead and yet probes are answered",
        ),
        pytest.param(Impact(services=2, services_down=("a", "b")), Severity.P0, id="all services down"),
        pytest.param(
            Impact(services=4, probes=2, probes_failing=("a", "b")), Severity.P0, id="no probe gets an answer"
        ),
        pytest.param(Impact(services=4, error_ratio=0.97), Severity.P0, id="nobody is served"),
        pytest.param(
            Impact(services=4, routes=1, routes_dead=("auht",)),
            Severity.P0,
            id="the only route leads into nothing and nobody could try",
        ),
    ],
)
def test_severity_follows_from_what_is_measured(impact: Impact, severity: Severity) -> None:
    """The runbook's three severities, from numbers."""
    assert assess_severity(impact).severity is severity


def test_the_label_raises_the_severity_and_says_so() -> None:
    """A critical alert on a service that looks well is still looked at as P1."""
    found = assess_severity(Impact(services=4), floor=Severity.P1)

    assert found.severity is Severity.P1
    assert found.reason == "the alert's label asks for it; measured is none, 0 of 4 services down"


def test_the_label_never_lowers_what_was_measured() -> None:
    """A warning about a complete outage does not make it mild."""
    assert (
        assess_severity(Impact(services=1, services_down=("a",)), floor=Severity.P2).severity is Severity.P0
    )


def test_the_worst_of_nothing_is_nothing() -> None:
    """Without alerts there is no floor."""
    assert worst_severity() is Severity.NONE


def test_a_severity_says_every_number_that_it_was_decided_from() -> None:
    """The reader sees the seen beside the whole, and judges himself."""
    impact = Impact(
        services=7,
        services_down=("auth",),
        services_degraded=("user", "content"),
        probes=6,
        probes_failing=("a",),
        error_ratio=0.34,
        routes=5,
        routes_dead=("auht",),
    )

    assert assess_severity(impact).reason == (
        "partial outage: 1 of 7 services down, 2 degraded, 1 of 6 user-facing probes failing, "
        "34% of requests failing, 1 of 5 routes lead into nothing"
    )


def test_a_raised_severity_never_calls_itself_by_the_measured_ones_name() -> None:
    """`P1: limited impact` would contradict itself in one line."""
    found = assess_severity(Impact(services=7, services_down=("auth",)), floor=Severity.P1)

    assert found.reason == "the alert's label asks for it; measured is P2, 1 of 7 services down"


def entry(kind: str, key: str) -> Entry:
    """One line of a timeline; what it says tells the program nothing."""
    return Entry(key=key, at=NOON, kind=kind, says="P0 → P1: worse than ever")


def change(before: Severity, now: Assessment) -> Entry:
    """The line that tells a change of severity."""
    return entry("severity", severity_change_key(before, now, "1"))


def test_the_worst_severity_is_remembered_by_the_timeline() -> None:
    """It was P0 for a minute: the post-mortem is owed, though the last measurement says none."""
    dead, well = (
        assess_severity(Impact(services=1, services_down=("a",))),
        assess_severity(Impact(services=1)),
    )
    told = [
        entry("alert", "ServiceDown"),
        change(Severity.P2, dead),
        change(Severity.P0, well),
    ]

    assert worst_told(told, Severity.NONE) is Severity.P0


@pytest.mark.parametrize(
    "told",
    [
        pytest.param([], id="an empty timeline"),
        pytest.param([entry("note", "severity/P0/P1/1")], id="a note whose key only looks like one"),
        pytest.param([entry("severity", "5e2f")], id="a line whose key names no severity"),
    ],
)
def test_without_a_change_on_the_timeline_the_standing_severity_is_the_worst(told: list[Entry]) -> None:
    """Nothing is made up from what cannot be read."""
    assert worst_told(told, Severity.P2) is Severity.P2
