"""Where an incident stands, in a real record: measured anew while it is open, at its worst once it is closed."""

from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from blocks.prefect_api import PrefectUnreachable
from blocks.record import Record
from outage.incidents.incident import Ending
from outage.incidents.severity import Impact, Severity, assess_severity
from tasks.record import incident_place, incident_state, keep_phase

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
DEAD = assess_severity(Impact(services=2, services_down=("auth", "web")))
HURT = assess_severity(Impact(services=2, services_down=("auth",)))
WELL = assess_severity(Impact(services=2))


@pytest.fixture
def record(record_dsn: str, monkeypatch: pytest.MonkeyPatch) -> Record:
    """The record that the process' doors lead to."""
    found = Record.open(record_dsn)
    for module in (incident_state, incident_place, keep_phase):
        monkeypatch.setattr(
            module,
            "clients",
            lambda: SimpleNamespace(record=found, settings=SimpleNamespace(prefect_api_url="url")),
        )
    return found


def test_a_closed_incident_is_as_bad_as_it_ever_was(record: Record) -> None:
    """The post-mortem of a P0 is owed, though its last measurement is mild."""
    opened, _ = record.open_incident("standing-worst", "auth is down", NOON)
    for assessment in (HURT, DEAD, WELL):
        incident_state.set_severity(opened.id, assessment)

    assert record.incident(opened.id).severity is Severity.NONE
    assert incident_state.close_incident(opened.id, Ending.RECOVERED, "healed").severity is Severity.P0
    assert incident_state.close_incident(opened.id, Ending.RECOVERED, "again").severity is Severity.P0


def test_an_incident_that_was_never_measured_stays_as_it_was(record: Record) -> None:
    """Nothing is made up."""
    opened, _ = record.open_incident("standing-never", "auth is down", NOON)

    assert (
        incident_state.close_incident(opened.id, Ending.NOTHING_TO_DO, "all is well").severity
        is opened.severity
    )


def test_the_runs_name_and_tags_follow_the_severity_and_the_ending(
    record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The list of runs is where people look first."""
    given: list[tuple[object, ...]] = []
    monkeypatch.setattr(incident_place, "label_run", lambda *words: given.append(words))
    opened, _ = record.open_incident("standing-tags", "auth is down", NOON)
    record.update(opened.id, flow_run_id="run-1", platform="shop")
    for assessment in (HURT, HURT, DEAD):
        incident_state.set_severity(opened.id, assessment)
    incident_state.close_incident(opened.id, Ending.DECLINED, "no")

    assert given == [
        ("url", "run-1", f"P2 auth is down · {opened.id}", ["shop", "P2"]),
        ("url", "run-1", f"P0 auth is down · {opened.id}", ["shop", "P0"]),
        ("url", "run-1", f"P0 auth is down · {opened.id}", ["shop", "P0", "Declined"]),
    ]


def test_a_server_that_is_away_keeps_no_severity_from_being_kept(
    record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A label is no reason to stop."""

    def away(*_: object) -> None:
        raise PrefectUnreachable("away")

    monkeypatch.setattr(incident_place, "label_run", away)
    opened, _ = record.open_incident("standing-away", "auth is down", NOON)
    record.update(opened.id, flow_run_id="run-1")
    incident_state.set_severity(opened.id, DEAD)

    assert record.incident(opened.id).severity is Severity.P0
