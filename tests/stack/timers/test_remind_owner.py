"""What stands is reminded of also when its incident is long over, once a turn, until it is taken back."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from blocks.record import Record
from outage.incidents.incident import Ending, Incident, Phase
from outage.mitigation.standing_mitigation import StandingMitigation
from outage.people.outbox_message import MessageKind
from stack.timers.timers_process import look_after_people, remind_owners
from tests.blocks.channels.sent_messages import NOON

Policy = Callable[..., None]


@pytest.fixture
def standing(record: Record, incident: Incident) -> Iterator[Incident]:
    """The page was shown at noon, and its incident was handed over; taken back at the end for the other tests."""
    record.keep_standing(
        StandingMitigation(
            incident=incident.id,
            attempt=1,
            summary="Route / to the page",
            owner="ana",
            since=NOON,
            due_at=NOON + timedelta(hours=4),
        )
    )
    yield record.update(incident.id, phase=Phase.CLOSED, ending=Ending.NOT_RECOVERED, closed_at=NOON)
    record.end_standing(incident.id, 1, NOON)


def reminders(record: Record, incident: Incident) -> list[str]:
    """The lines that were said."""
    return [one.key for one in record.entries(incident.id) if one.key.startswith("stands/")]


def paged(record: Record, incident: Incident) -> list[str]:
    """Who was called about it."""
    found = [one for one in record.messages(incident.id) if one.what is MessageKind.PAGE]
    return [one.turn for one in found if one.turn.startswith("stands/")]


def test_nobody_is_reminded_before_half_of_its_time(
    policy: Policy, record: Record, standing: Incident
) -> None:
    """They know."""
    remind_owners(NOON + timedelta(hours=1))

    assert reminders(record, standing) == []


def test_its_owner_is_told_halfway_and_called_when_it_is_late(
    policy: Policy, record: Record, standing: Incident
) -> None:
    """Each turn once, however often the process looks."""
    for hours in (2, 2, 3, 4, 4, 5, 6):
        assert [one for one in look_after_people(NOON + timedelta(hours=hours)) if standing.id in one] == []

    assert reminders(record, standing) == ["stands/1/1", "stands/1/2", "stands/1/3"]
    assert paged(record, standing) == ["stands/1/2/ana", "stands/1/3/ana"]
    quieted = [one for one in record.messages(standing.id) if one.what is MessageKind.CALLED_OFF]
    assert not [one for one in quieted if one.turn.startswith("stands/")]


def test_what_was_taken_back_is_spoken_of_no_more(policy: Policy, record: Record, standing: Incident) -> None:
    """The work is done."""
    assert record.end_standing(standing.id, 1, NOON + timedelta(hours=1))
    remind_owners(NOON + timedelta(hours=9))

    assert reminders(record, standing) == []
    assert not record.end_standing(standing.id, 1, NOON)
