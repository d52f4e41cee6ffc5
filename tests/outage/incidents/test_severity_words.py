"""What an alert's own word for its severity asks for."""

from datetime import UTC, datetime

import pytest

from outage.incidents.alert import Alert
from outage.incidents.severity import Severity
from outage.incidents.severity_words import severity_floor
from outage.policies.policy import Policy

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("word", "asked"),
    [
        ("critical", Severity.P1),
        ("warning", Severity.P2),
        ("P0", Severity.P0),
        ("p1", Severity.P1),
        ("P2", Severity.P2),
        ("P3", Severity.NONE),
        ("P4", Severity.NONE),
        ("sev0", Severity.P0),
        ("SEV-1", Severity.P1),
        ("Sev 2", Severity.P2),
        ("page", Severity.P1),
        ("high", Severity.P1),
        ("info", Severity.NONE),
    ],
)
def test_every_usual_word_is_understood(word: str, asked: Severity) -> None:
    """Only `critical` was; the rest became P2 without a word."""
    found = severity_floor({"severity": word})

    assert (found.severity, found.says) == (asked, "")
    assert Alert(name="Down", labels={"severity": word}, starts_at=NOON).floor is asked


def test_the_word_may_stand_in_another_label() -> None:
    """Grafana's and PagerDuty's people write `priority`."""
    assert severity_floor({"severity": " ", "priority": "P1"}).severity is Severity.P1


def test_a_policy_has_words_of_its_own() -> None:
    """Whose sev1 is the end of the world says so."""
    policy = Policy.model_validate({"severity_words": {"SEV-1": "P0", "rot": "P1"}})

    assert severity_floor({"severity": "sev1"}, policy.severity_words).severity is Severity.P0
    assert severity_floor({"severity": "Rot"}, policy.severity_words).severity is Severity.P1


@pytest.mark.parametrize(
    ("labels", "says"),
    [
        pytest.param({"severity": "banana"}, "`banana` is no word", id="a word that nobody knows"),
        pytest.param({}, "carries no severity", id="no word at all"),
    ],
)
def test_what_is_not_understood_is_said(labels: dict[str, str], says: str) -> None:
    """It is assumed to be P2 aloud, and never silently mild."""
    found = severity_floor(labels)

    assert found.severity is Severity.P2
    assert says in found.says


def test_an_alert_keeps_the_floor_that_it_came_with() -> None:
    """An edit of the policy does not change what was asked for yesterday."""
    read = Alert(name="Down", labels={"severity": "rot"}, starts_at=NOON, floor=Severity.P0)

    assert Alert.model_validate_json(read.model_dump_json()).floor is Severity.P0
