"""Before a drill on ground that was just raised, nobody waits for an answer about ground that is gone."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from cli.drills import drill_preparation
from outage.errors import FileError
from outage.incidents.incident import Incident, Phase
from practice import places
from tests.outage.reports.account_specimen import NOON


class Book:
    """A record in which two incidents wait for an answer: one from before, one from the raising."""

    def __init__(self) -> None:
        at = {"before": NOON - timedelta(hours=1), "raising": NOON + timedelta(seconds=9)}
        self.open = [
            Incident(id=one, key=one, title=one, opened_at=when, phase=Phase.AWAITING_APPROVAL)
            for one, when in at.items()
        ]
        self.why: dict[str, str] = {}

    def open_incidents(self) -> list[Incident]:
        """Those that nobody declined yet."""
        return list(self.open)

    def plans(self, incident_id: str) -> list[str]:
        """One each."""
        return [f"plan of {incident_id}"]

    def declined(self, _: Any, record: "Book", incident: Incident, plan: str, *said: Any, door: str) -> None:
        """As `give`."""
        self.why[incident.id] = said[-1]
        self.open.remove(incident)


@pytest.fixture
def book(monkeypatch: pytest.MonkeyPatch) -> Book:
    """The record that `await_quiet` reads and answers in."""
    found = Book()

    @contextmanager
    def opened(dsn: str) -> Iterator[Book]:
        yield found

    monkeypatch.setattr(drill_preparation.Record, "open", opened)
    monkeypatch.setattr(drill_preparation, "answer_and_wake", found.declined)
    monkeypatch.setattr(drill_preparation, "QUIET_EVERY_SECONDS", 0.0)
    return found


def test_what_is_open_when_ground_was_raised_is_declined_with_its_reason(book: Book) -> None:
    """Else `make drill` after `make test` would be refused for an outage of a cluster that is gone."""
    drill_preparation.await_quiet(NOON, NOON)

    assert book.why == {"before": drill_preparation.GONE, "raising": drill_preparation.RAISED}


@pytest.mark.parametrize(
    ("raised", "left"),
    [
        pytest.param(
            None, ["raising"], id="ground and stack stood: an outage of theirs waits for its answer"
        ),
        pytest.param(NOON + timedelta(minutes=1), ["raising"], id="opened before anything was raised"),
        pytest.param(NOON, [], id="opened while it was raised"),
    ],
)
def test_an_outage_of_the_ground_that_stands_is_left_to_a_person(
    book: Book, raised: datetime | None, left: list[str]
) -> None:
    """Only what the ground made itself, and what is older than the ground, is about nothing."""
    drill_preparation.await_quiet(NOON - timedelta(minutes=1), raised)

    assert book.why["before"] == drill_preparation.GONE
    assert [one.id for one in book.open] == left


def test_no_drill_begins_here_while_the_ground_s_alerts_are_answered_in_the_cluster(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """This machine's processes would wait for an alert that goes elsewhere; the sentence says where to type instead."""
    monkeypatch.setenv("OUTAGE_PRACTICE_HOME", str(tmp_path))
    places.installed_home().mkdir()
    (places.installed_home() / "values.yaml").touch()

    with pytest.raises(FileError, match=r"kubectl .* outage drill --here"):
        drill_preparation.raise_ground(print)
