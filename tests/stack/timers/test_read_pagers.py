"""Who acknowledges at the pager has acknowledged here: calls stop, and the clock of silence starts."""

import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from outage.incidents.incident import Ending, Incident, Phase
from outage.incidents.severity import Severity
from outage.people.outbox_message import MessageKind
from outage.people.person_act import ActKind
from stack.timers import pager_reader
from stack.timers.timers_process import LONGEST_AFTER_CLOSE
from tasks.tell.read_pagers import read_pagers
from tests.blocks.channels.fake_service import broken, too_many
from tests.blocks.channels.pagerduty_double import PagerDutyDouble
from tests.conftest import eventually
from tests.stack.outbox.told_house import ToldHouse, told_house

BOB = {"id": "P0BOB000", "summary": "Bob Stone", "email": "bob@example.com"}
RUNGS = {"L1": ["ana"], "L2": ["bob"], "L3": ["max"]}
PEOPLE: dict[str, Any] = {"ana": {"pagerduty": "P0ANA000"}, "bob": {"mail": "Bob@example.com"}, "max": {}}


@pytest.fixture
def house(tmp_path: Path, record_dsn: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[ToldHouse]:
    """A home with a pager and a ladder."""
    with told_house(tmp_path, record_dsn, monkeypatch, ("pagerduty",)) as made:
        made.write_policy(people=PEOPLE, escalation={"rungs": RUNGS, "acknowledged_for": "30m"})
        yield made


@pytest.fixture
def pager(house: ToldHouse) -> PagerDutyDouble:
    """The service."""
    service: PagerDutyDouble = house.services["pagerduty"]
    return service


@pytest.fixture
def called(house: ToldHouse) -> Incident:
    """An incident for which L1 was called."""
    made = house.opened_incident()
    incident = house.record.update(made.id, severity=Severity.P1)
    house.show(incident)
    return incident


def after(incident: Incident, minutes: float) -> datetime:
    """So long after it was opened."""
    return incident.opened_at + timedelta(minutes=minutes)


def key_of(pager: PagerDutyDouble, incident: Incident) -> str:
    """The page of an incident there."""
    return next(key for key in pager.alerts if incident.id in key)


def pages(house: ToldHouse, incident: Incident) -> list[str]:
    """Who was called."""
    return [one.turn for one in house.told(incident, MessageKind.PAGE)]


def read(house: ToldHouse, at: datetime) -> list[str]:
    """Let the timers read the pagers."""
    return read_pagers(at, LONGEST_AFTER_CLOSE)


@pytest.mark.parametrize(
    ("user", "person"), [({"id": "P0ANA000", "summary": "Ana Lima"}, "ana"), (BOB, "bob")]
)
def test_an_acknowledgement_there_is_one_here(
    house: ToldHouse, pager: PagerDutyDouble, called: Incident, user: dict[str, Any], person: str
) -> None:
    """By the person whom the policy names by id or by mail, at the time that the pager says; once."""
    pager.press(key_of(pager, called), "acknowledged", user, after(called, 5))
    for minute in (6, 7):
        assert read(house, after(called, minute)) == []

    (act,) = house.record.acts(called.id)
    assert (act.kind, act.by, act.at) == (ActKind.ACKNOWLEDGED, person, after(called, 5))
    lines = [one.says for one in house.record.entries(called.id)]
    assert lines.count(f"{person} has it (acknowledged at {house.name('pagerduty')})") == 1


def test_it_stops_calls_and_silence_after_it_calls_the_next(
    house: ToldHouse, pager: PagerDutyDouble, called: Incident
) -> None:
    """L2 is not called after 15 minutes, and is 30 minutes after the acknowledgement."""
    pager.press(key_of(pager, called), "acknowledged", BOB, after(called, 5))
    read(house, after(called, 6))
    for minute in range(6, 35):
        house.look(called, after(called, minute))
    assert pages(house, called) == ["L1/ana"]
    house.look(called, after(called, 36))

    assert pages(house, called) == ["L1/ana", "L2/bob"]


def test_whoever_closes_it_there_has_it_here(
    house: ToldHouse, pager: PagerDutyDouble, called: Incident
) -> None:
    """The outage may go on: they are asked again when they fall silent."""
    pager.press(key_of(pager, called), "resolved", BOB, after(called, 4))
    read(house, after(called, 5))

    assert [one.by for one in house.record.acts(called.id)] == ["bob"]


def test_somebody_whom_the_policy_does_not_name_stops_nothing(
    house: ToldHouse, pager: PagerDutyDouble, called: Incident
) -> None:
    """It is said, and L2 is called on time."""
    pager.press(key_of(pager, called), "acknowledged", {"id": "P0WHO000", "summary": "Who"}, after(called, 5))
    for minute in (6, 7):
        read(house, after(called, minute))
    house.look(called, after(called, 15))

    assert house.record.acts(called.id) == []
    assert pages(house, called) == ["L1/ana", "L2/bob"]
    lines = [one.says for one in house.record.entries(called.id) if "names nowhere" in one.says]
    assert len(lines) == 1
    assert lines[0].startswith("Who (P0WHO000) acknowledged at pagerduty")


def test_what_our_own_events_do_there_is_nobodys_act(
    house: ToldHouse, pager: PagerDutyDouble, called: Incident
) -> None:
    """An acknowledgement that we passed on comes back as nothing."""
    pager.press(key_of(pager, called), "acknowledged", BOB, after(called, 5))
    read(house, after(called, 6))
    house.look(called, after(called, 7))
    house.send()
    read(house, after(called, 8))

    assert pager.alerts[key_of(pager, called)] == "acknowledged"
    assert len(house.record.acts(called.id)) == 1


@pytest.mark.parametrize(
    ("wrong", "word"), [(broken(502), "502"), (too_many("9"), "429"), (broken(401), "401")]
)
def test_a_pager_that_cannot_be_asked_stops_no_call_and_is_said(
    house: ToldHouse, pager: PagerDutyDouble, called: Incident, wrong: Any, word: str
) -> None:
    """Once on the timeline; what it knows is read when it answers again."""
    pager.press(key_of(pager, called), "acknowledged", BOB, after(called, 5))
    pager.always = wrong
    for minute in (6, 7):
        (says,) = read(house, after(called, minute))
        assert word in says
    assert len([one for one in house.record.entries(called.id) if "cannot be read" in one.says]) == 1
    pager.always = None
    read(house, after(called, 8))

    assert [one.by for one in house.record.acts(called.id)] == ["bob"]


def test_nothing_is_asked_about_what_is_over_or_where_no_token_is_named(
    house: ToldHouse, pager: PagerDutyDouble, called: Incident
) -> None:
    """Nothing is read that nobody needs."""
    before = len(pager.asked)
    section = house.section("pagerduty", pager)
    del section["api_token"]
    house.write_policy(people=PEOPLE, channels={house.name("pagerduty"): section})
    read(house, after(called, 6))
    house.write_policy(people=PEOPLE)
    over = after(called, 7)
    house.record.update(called.id, phase=Phase.CLOSED, ending=Ending.RECOVERED, closed_at=over)
    read(house, over)

    assert len(pager.asked) == before


def test_the_timers_read_beside_their_looks(
    house: ToldHouse, pager: PagerDutyDouble, called: Incident, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A thread of theirs; begun twice it is one."""
    monkeypatch.setattr(pager_reader, "PAGERS_EVERY_SECONDS", 0.05)
    pager.press(key_of(pager, called), "acknowledged", BOB, after(called, 0))
    stopping = threading.Event()
    reader = pager_reader.PagerReader(stopping, LONGEST_AFTER_CLOSE, lambda _: None)
    for _ in range(2):
        reader.begin()
    eventually("it is read", lambda: house.record.acts(called.id), 30)
    stopping.set()
    eventually("it ends", lambda: "read-pagers" not in {one.name for one in threading.enumerate()}, 30)

    assert [one.by for one in house.record.acts(called.id)] == ["bob"]
