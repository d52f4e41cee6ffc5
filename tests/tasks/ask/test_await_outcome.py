"""Who waits for another incident's outcome is woken when it is there, and closed with it when nobody wakes."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from types import SimpleNamespace

import pytest

from blocks.prefect_api import PrefectUnreachable
from blocks.record import Record
from outage.incidents.folding import CauseFound
from outage.incidents.incident import Ending, Incident, Phase
from tasks.ask import await_outcome
from tasks.record import incident_place, incident_state, keep_phase

NUMBERS = count(1)
HOURS = timedelta(hours=4)


@pytest.fixture
def record(record_dsn: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Record]:
    """The record that the process' doors lead to."""
    with Record.open(record_dsn) as found:
        doors = SimpleNamespace(record=found, settings=SimpleNamespace(prefect_api_url="url"))
        for module in (await_outcome, incident_place, incident_state, keep_phase):
            monkeypatch.setattr(module, "clients", lambda: doors)
        monkeypatch.setattr(incident_place, "label_run", lambda *_: None)
        yield found


@pytest.fixture
def two(record: Record) -> Iterator[tuple[Incident, Incident]]:
    """An incident that answers a cause, and one that waits for it."""
    number, now = next(NUMBERS), datetime.now(UTC)
    first, _ = record.open_incident(f"outcome-first-{number}", "auth is down", now)
    later, _ = record.open_incident(f"outcome-later-{number}", "web is down", now)
    record.update(later.id, flow_run_id="run-later", phase=Phase.AWAITING_OUTCOME)
    for one in (first, later):
        came = CauseFound(incident=one.id, causes=("a",), seen_at=now, what="bad-image of auth")
        record.claim_cause(f"place-{number}", came, now, HOURS)
    yield first, later
    record.update(later.id, closed_at=now)


@pytest.fixture
def woken(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The runs that were woken."""
    found: list[str] = []
    monkeypatch.setattr(await_outcome, "wake_run", lambda _, run: found.append(run))
    return found


def ended(record: Record, incident: Incident, ago: timedelta = timedelta(0)) -> None:
    """Close it, so long ago."""
    at = datetime.now(UTC) - ago
    record.update(incident.id, closed_at=at, ending=Ending.DECLINED, says="ada said no", phase=Phase.CLOSED)


def test_nobody_is_woken_before_there_is_an_outcome(
    record: Record, two: tuple[Incident, Incident], woken: list[str]
) -> None:
    """The first is still being answered."""
    assert await_outcome.wake_waiting() == 0
    assert await_outcome.close_unwoken(datetime.now(UTC)) == 0
    assert woken == []


def test_the_close_of_the_first_wakes_the_later(
    record: Record, two: tuple[Incident, Incident], woken: list[str]
) -> None:
    """And the close of another one does not."""
    first, later = two
    ended(record, first)

    assert await_outcome.wake_waiting(later.id) == 0
    assert await_outcome.wake_waiting(first.id) == 1
    assert woken == ["run-later"]
    assert await_outcome.close_unwoken(datetime.now(UTC)) == 0


def test_who_cannot_be_woken_is_closed_with_the_outcome(
    record: Record, two: tuple[Incident, Incident], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A deadline acts also when the run is gone."""
    first, later = two
    ended(record, first, timedelta(minutes=11))

    def away(*_: object) -> None:
        raise PrefectUnreachable("away")

    monkeypatch.setattr(await_outcome, "wake_run", away)
    assert await_outcome.wake_waiting() == 0
    assert await_outcome.close_unwoken(datetime.now(UTC)) == 1
    closed = record.incident(later.id)
    assert closed.ending is Ending.DECLINED
    assert closed.says.startswith(
        f"{first.id} answered the same cause, bad-image of auth, and ended Declined"
    )
    assert "its own run did not go on" in closed.says


def test_who_waits_longer_than_policy_lets_is_woken_and_then_closed(
    record: Record, two: tuple[Incident, Incident], woken: list[str]
) -> None:
    """The first is still open after four hours."""
    late = datetime.now(UTC) + HOURS + timedelta(minutes=11)

    assert await_outcome.close_unwoken(late) == 1
    assert record.incident(two[1].id).ending is Ending.NOT_RECOVERED
