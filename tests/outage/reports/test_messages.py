"""The runbook's messages, word for word."""

from datetime import UTC, datetime, timedelta

from outage.diagnosis.findings.finding import Finding
from outage.diagnosis.hypothesis import Diagnosis, Hypothesis
from outage.incidents.incident import Ending, Incident, Phase
from outage.incidents.severity import Impact, Severity, assess_severity
from outage.kubernetes.objects import ObjectRef
from outage.reports.messages import first_message, resolved_message, update_message

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
AUTH = ObjectRef(kind="Deployment", namespace="shop", name="auth")
INCIDENT = Incident(
    id="inc-1", key="k", title="auth is down", opened_at=NOON, severity=Severity.P1, phase=Phase.RESOLVE
)
SEEN = Diagnosis(
    at=NOON,
    assessment=assess_severity(Impact(services=4, services_down=("auth", "user"))),
    findings=(Finding(sign="pod-image-pull", about=AUTH, says="the image cannot be pulled"),),
    hypotheses=(
        Hypothesis(cause="bad-image", about=AUTH, says="auth runs an image that is not there", score=0.9),
    ),
)


def test_the_first_message_is_the_runbooks_template() -> None:
    """Who reads #incidents knows where each line is."""
    assert first_message(INCIDENT, SEEN).splitlines() == [
        "🚨 INCIDENT ALERT - P1 Service Outage",
        "Service: auth, user",
        "Impact: partial outage: 2 of 4 services down",
        "Started: 2030-01-01 12:00:00 UTC",
        "Investigating: outage (inc-1)",
        "Status Page: not updated",
    ]


def test_an_update_promises_the_next_one() -> None:
    """At P1 people wait half an hour for the next word."""
    lines = update_message(INCIDENT, SEEN, "undoing the rollout", NOON).splitlines()

    assert "Status: Resolving" in lines
    assert "Actions: undoing the rollout" in lines
    assert "Next Update: 2030-01-01 12:30:00 UTC" in lines


def test_the_resolution_names_cause_duration_and_post_mortem() -> None:
    """A P1 owes a post-mortem."""
    closed = INCIDENT.model_copy(
        update={"closed_at": NOON + timedelta(minutes=7), "ending": Ending.RECOVERED}
    )

    causes = ("auth runs an image that is not there", "redis is scaled to zero")
    lines = resolved_message(closed, SEEN, "Undo deployment/auth", causes).splitlines()

    assert "Duration: 7 min" in lines
    assert "Root Cause: auth runs an image that is not there; redis is scaled to zero" in lines
    assert lines[-1].startswith("Post-mortem:")


def test_a_resolution_claims_no_cause_that_nobody_mended() -> None:
    """What was suspected at first is no root cause; what only eased the outage is none either."""
    assert "Root Cause: not identified" in resolved_message(INCIDENT, SEEN, "Switch to green").splitlines()


def test_a_drill_says_so_in_its_first_line() -> None:
    """Nobody shall be woken by practice without knowing it."""
    assert "[DRILL bad-image]" in first_message(INCIDENT.model_copy(update={"drill": "bad-image"}), SEEN)
