"""The runbook's messages, word for word."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from blocks.channels.message_files import own_templates, shipped_templates
from outage.diagnosis.findings.finding import Finding
from outage.diagnosis.hypothesis import Diagnosis, Hypothesis
from outage.errors import FileError
from outage.incidents.incident import Ending, Incident, Phase
from outage.incidents.severity import Impact, Severity, assess_severity
from outage.kubernetes.objects import ObjectRef
from outage.reports.message_templates import render_template, rendered_message
from outage.reports.messages import MessagePlace, alert_fields, post_mortem_at, resolved_fields, update_fields

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


PLACE = MessagePlace(platform="shop", cluster="prod-eu", investigating="ana")
SHIPPED = shipped_templates()
RUNBOOK = (Path(__file__).parents[3] / "docs/runbook.md").read_text(encoding="utf-8")


def alert(incident: Incident = INCIDENT, seen: Diagnosis = SEEN, place: MessagePlace = PLACE) -> list[str]:
    """The lines of the shipped alert message."""
    return render_template("alert", SHIPPED.alert, alert_fields(incident, seen, place)).splitlines()


def test_the_first_message_is_the_runbooks_template() -> None:
    """Who reads #incidents knows where each line is."""
    assert alert() == [
        "🚨 INCIDENT ALERT - P1 Service Outage",
        "Service: auth, user",
        "Impact: partial outage: 2 of 4 services down",
        "Started: 2030-01-01 12:00:00 UTC",
        "Investigating: ana (inc-1)",
        "Status Page: not updated",
        "Platform: shop, cluster: prod-eu",
        "Could not be looked at: nothing",
    ]


@pytest.mark.parametrize("name", ["alert", "update", "resolved"])
def test_every_line_of_the_runbooks_template_stands_in_ours_in_order(name: str) -> None:
    """Word for word, up to what each line says."""
    mark = {"alert": "🚨", "update": "🔧", "resolved": "✅"}[name]
    block = RUNBOOK[RUNBOOK.index(mark) :].split("```")[0].strip().splitlines()
    labels = [line.split("[")[0].split(" - P")[0].strip() for line in block]
    ours = getattr(SHIPPED, name).splitlines()

    found = [next((at for at, line in enumerate(ours) if line.startswith(label)), None) for label in labels]
    assert None not in found
    assert found == sorted(found, key=lambda at: at or 0)


def test_an_update_promises_the_next_one() -> None:
    """At P1 people wait half an hour for the next word."""
    fields = update_fields(INCIDENT, SEEN, PLACE, "undoing the rollout", NOON)
    lines = render_template("update", SHIPPED.update, fields).splitlines()

    assert "Status: Resolving" in lines
    assert "Actions: undoing the rollout" in lines
    assert "Next Update: 2030-01-01 12:30:00 UTC" in lines


def resolved(incident: Incident, causes: tuple[str, ...] = ()) -> list[str]:
    """The lines of the shipped resolution message."""
    fields = resolved_fields(incident, SEEN, PLACE, "Undo deployment/auth", causes)
    return render_template("resolved", SHIPPED.resolved, fields).splitlines()


def test_the_resolution_names_cause_duration_and_post_mortem() -> None:
    """A P1 owes a post-mortem."""
    closed = INCIDENT.model_copy(
        update={"closed_at": NOON + timedelta(minutes=7), "ending": Ending.RECOVERED}
    )
    lines = resolved(closed, ("auth runs an image that is not there", "redis is scaled to zero"))

    assert "Duration: 7 min" in lines
    assert "Root Cause: auth runs an image that is not there; redis is scaled to zero" in lines
    assert "Post-mortem: 2030-01-03 10:00:00 UTC" in lines
    assert lines[-1] == "Could not be looked at: nothing"


@pytest.mark.parametrize(
    ("closed", "meets"),
    [
        (datetime(2030, 1, 1, 9, tzinfo=UTC), datetime(2030, 1, 2, 10, tzinfo=UTC)),
        (datetime(2030, 1, 1, 11, tzinfo=UTC), datetime(2030, 1, 3, 10, tzinfo=UTC)),
        (datetime(2030, 1, 4, 9, tzinfo=UTC), datetime(2030, 1, 7, 10, tzinfo=UTC)),
    ],
)
def test_a_post_mortem_is_on_a_working_day(closed: datetime, meets: datetime) -> None:
    """A day later at least; a drill and a P2 owe none."""
    incident = INCIDENT.model_copy(update={"closed_at": closed})

    assert post_mortem_at(incident) == meets
    assert post_mortem_at(incident.model_copy(update={"severity": Severity.P2})) is None
    assert post_mortem_at(incident.model_copy(update={"drill": "bad-image"})) is None


def test_a_resolution_claims_no_cause_that_nobody_mended() -> None:
    """What was suspected at first is no root cause; what only eased the outage is none either."""
    assert "Root Cause: not identified" in resolved(INCIDENT)


def test_a_drill_says_so_in_its_first_line() -> None:
    """Nobody shall be woken by practice without knowing it."""
    assert "[DRILL bad-image]" in alert(INCIDENT.model_copy(update={"drill": "bad-image"}))[0]


def test_each_message_ends_with_what_could_not_be_looked_at() -> None:
    """What nobody saw is not called well."""
    seen = SEEN.model_copy(update={"unknowns": ("the logs of auth: forbidden",)})

    assert alert(seen=seen)[-1] == "Could not be looked at: the logs of auth: forbidden"


FIELDS = alert_fields(INCIDENT, SEEN, PLACE)


@pytest.mark.parametrize(
    ("template", "word"),
    [
        ("{{ severty }}", "severty"),
        ("{{ severity ", "line 1"),
        ("{{ ''.__class__.__mro__ }}", "unsafe"),
        ("{% include '/etc/passwd' %}", "loader"),
        ("{{ 1 // 0 }}", "zero"),
    ],
)
def test_a_template_that_cannot_be_used_is_one_sentence_and_keeps_no_message_back(
    template: str, word: str
) -> None:
    """Sandboxed and strict; then the shipped one speaks."""
    with pytest.raises(FileError, match=word):
        render_template("alert", template, FIELDS)

    found = rendered_message("alert", template, SHIPPED.alert, FIELDS)
    assert found.text.startswith("🚨 INCIDENT ALERT")
    assert word in found.mistake


def test_a_team_replaces_what_it_likes(tmp_path: Path) -> None:
    """One file; the others stay."""
    (tmp_path / "alert.txt.j2").write_text("{{ severity }} at {{ platform }}")
    own = own_templates(tmp_path)

    assert rendered_message("alert", own.alert, SHIPPED.alert, FIELDS).text == "P1 at shop"
    assert own.update == SHIPPED.update
