"""Severity is measured from impact; the alert's label is only a floor."""

import pytest

from outage.severity import Impact, Severity, assess, worst


@pytest.mark.parametrize(
    ("impact", "severity"),
    [
        pytest.param(Impact(services=4), Severity.NONE, id="nothing failing is no outage"),
        pytest.param(Impact(services=0), Severity.NONE, id="a platform without services has nothing down"),
        pytest.param(
            Impact(services=4, error_ratio=0.01),
            Severity.NONE,
            id="one failing request in a hundred is weather",
        ),
        pytest.param(
            Impact(services=4, services_degraded=("auth",)), Severity.P2, id="a service short of replicas"
        ),
        pytest.param(Impact(services=4, services_down=("auth",)), Severity.P2, id="a single service down"),
        pytest.param(
            Impact(services=4, probes=5, probes_failing=("a",)),
            Severity.P2,
            id="one user-facing probe failing",
        ),
        pytest.param(
            Impact(services=4, services_down=("auth", "user")), Severity.P1, id="several services down"
        ),
        pytest.param(Impact(services=4, error_ratio=0.6), Severity.P1, id="most requests fail"),
        pytest.param(Impact(services=2, services_down=("a", "b")), Severity.P0, id="all services down"),
        pytest.param(
            Impact(services=4, probes=2, probes_failing=("a", "b")), Severity.P0, id="no probe gets an answer"
        ),
        pytest.param(Impact(services=4, error_ratio=0.97), Severity.P0, id="nobody is served"),
    ],
)
def test_severity_follows_from_what_is_measured(impact: Impact, severity: Severity) -> None:
    """The runbook's three severities, from numbers."""
    assert assess(impact).severity is severity


def test_the_label_raises_the_severity_and_says_so() -> None:
    """A critical alert on a service that looks well is still looked at as P1."""
    found = assess(Impact(services=4), floor=Severity.P1)

    assert found.severity is Severity.P1
    assert "label" in found.reason


def test_the_label_never_lowers_what_was_measured() -> None:
    """A warning about a complete outage does not make it mild."""
    assert assess(Impact(services=1, services_down=("a",)), floor=Severity.P2).severity is Severity.P0


def test_the_worst_of_nothing_is_nothing() -> None:
    """Without alerts there is no floor."""
    assert worst() is Severity.NONE
