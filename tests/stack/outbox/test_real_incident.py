"""A real incident end to end, with every service: one thread, one ticket each, one page, all closed at its end."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from outage.people.outbox_message import MessageState
from tests.blocks.channels.fake_service import Misbehaviour, answer_lost, broken, too_many
from tests.stack.outbox.killed_outbox import killed_at_every_write
from tests.stack.outbox.real_incident import (
    ONCE_AND_CLOSED,
    PEOPLE,
    SERVICES,
    killed_at_every_message,
    live_through,
    what_is_seen,
)
from tests.stack.outbox.told_house import ToldHouse, told_house

PHASES = ("told", "waits", "taken", "mended", "promised", "ended")
TROUBLE: dict[str, Misbehaviour] = {"lost": answer_lost, "502": broken(502), "429": too_many("5")}
POLICY = {
    "people": PEOPLE,
    "rules": [{"mode": "ask", "approvers": "on-call"}],
    "escalation": {"rungs": {"L1": ["ana"], "L2": ["bob"]}, "acknowledged_for": "2h"},
}


@pytest.fixture
def house(tmp_path: Path, record_dsn: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[ToldHouse]:
    """A home with every service."""
    with told_house(tmp_path, record_dsn, monkeypatch, SERVICES) as made:
        made.write_policy(**POLICY)
        yield made


def test_an_incident_is_seen_once_everywhere_and_closed(house: ToldHouse) -> None:
    """Nothing goes wrong; who took the page there has it here."""
    real = live_through(house)

    assert what_is_seen(house, real.incident) == ONCE_AND_CLOSED
    assert [one.by for one in house.record.acts(real.incident.id)] == ["ana"]
    assert {one.state for one in house.record.messages(real.incident.id)} == {MessageState.RECEIPT}
    assert not house.record.incident(real.incident.id).drill


def test_a_sender_that_is_killed_at_every_message_doubles_and_loses_none(house: ToldHouse) -> None:
    """Twice at each: before the service has it, and after."""
    with killed_at_every_message(house) as killed:
        real = live_through(house)
    messages = house.record.messages(real.incident.id)

    assert what_is_seen(house, real.incident) == ONCE_AND_CLOSED
    assert {f"{at} {one.key}" for at in ("begun", "sent") for one in messages} == killed


@pytest.mark.parametrize("phase", ["told", "ended"])
def test_with_every_service_losing_its_answers_in_one_phase(house: ToldHouse, phase: str) -> None:
    """The worst of all kinds: what was done is not known."""
    real = live_through(house, phase, SERVICES, answer_lost)

    assert what_is_seen(house, real.incident) == ONCE_AND_CLOSED


@pytest.mark.endurance
@pytest.mark.parametrize("how", TROUBLE)
@pytest.mark.parametrize("kind", SERVICES)
@pytest.mark.parametrize("phase", PHASES)
def test_with_each_service_down_in_each_phase(house: ToldHouse, phase: str, kind: str, how: str) -> None:
    """Once everywhere and closed all the same; a page that the pager could not take calls when it can."""
    real = live_through(house, phase, (kind,), TROUBLE[how])

    assert what_is_seen(house, real.incident) == ONCE_AND_CLOSED


@pytest.mark.endurance
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("acts_first", [True, False], ids=["after the service acted", "before it acted"])
def test_a_process_that_is_killed_at_every_write_doubles_and_loses_none(
    house: ToldHouse, acts_first: bool
) -> None:
    """Kill -9 of the outbox's own process, whose successor finds what is there and sends what is not."""
    with killed_at_every_write(house, acts_first=acts_first) as killing:
        real = live_through(house)
    messages = house.record.messages(real.incident.id)
    print(f"{killing.kills} processes killed at {len(killing.keys)} of {len(messages)} messages")  # noqa: T201

    assert what_is_seen(house, real.incident) == ONCE_AND_CLOSED
    assert killing.keys == {one.key for one in messages}
