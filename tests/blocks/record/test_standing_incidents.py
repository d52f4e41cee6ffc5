"""What stands is found whole, however much there is, and what is over is seen out."""

from datetime import timedelta
from itertools import count

import pytest

from blocks.record import Record
from outage.incidents.incident import Ending, Incident, Phase
from outage.people.person_act import ActKind, PersonAct
from outage.plans.plan import WayBack
from tests.blocks.record.written import NOON, newest_fence, plan

_names = count()
MANY = 60
"""More than a page shows."""
HOUR = timedelta(hours=1)


@pytest.fixture
def platform() -> str:
    """A platform that no other test has."""
    return f"standing-{next(_names)}"


def opened(record: Record, platform: str, hours_ago: int = 0) -> Incident:
    """An incident of the platform."""
    key = f"{platform}-{next(_names)}"
    incident = record.open_incident(key, "auth is down", NOON - hours_ago * HOUR).incident
    return record.update(incident.id, platform=platform)


def closed(record: Record, incident: Incident, hours_ago: int) -> Incident:
    """The same, mended."""
    fields = {"phase": Phase.CLOSED, "ending": Ending.RECOVERED, "closed_at": NOON - hours_ago * HOUR}
    return record.update(incident.id, **fields)


def test_the_oldest_open_incident_is_found_behind_many_newer_ones(record: Record, platform: str) -> None:
    """A limit would hide just the one that waits longest."""
    oldest = opened(record, platform, hours_ago=200)
    newer = [opened(record, platform) for _ in range(MANY)]

    assert {oldest.id, *(one.id for one in newer)} <= {one.id for one in record.open_incidents()}


def test_what_was_answered_lately_is_of_one_platform(record: Record, platform: str) -> None:
    """Open ones, and those that ended since; another team's fill nobody's view."""
    stands = opened(record, platform, hours_ago=30)
    lately = closed(record, opened(record, platform, hours_ago=9), hours_ago=1)
    closed(record, opened(record, platform, hours_ago=9), hours_ago=8)
    for _ in range(MANY):
        opened(record, f"{platform}-of-others")

    found = [one.id for one in record.answered_since(platform, NOON - 2 * HOUR) if one.platform]

    assert found == [lately.id, stands.id]


def test_the_last_close_is_the_platforms_own(record: Record, platform: str) -> None:
    """It says since when what is logged was logged while all was well."""
    closed(record, opened(record, platform), hours_ago=5)
    closed(record, opened(record, f"{platform}-of-others"), hours_ago=1)

    assert record.last_close(platform) == NOON - 5 * HOUR


def test_every_write_of_late_is_counted_behind_many_newer_incidents(record: Record, platform: str) -> None:
    """A guard that counts the writes of the newest hundred incidents would let a storm write more than it may."""
    old = opened(record, platform, hours_ago=1)
    kept = record.keep_plan(plan(old.id))
    key, back = kept.steps[0].key, WayBack(before=None, says="undo it again")
    record.intend(old.id, kept.hash, key, back, NOON - HOUR / 2, newest_fence(record))
    for _ in range(MANY * 2):
        opened(record, platform)

    [write] = [one for one in record.writes_since(NOON - HOUR) if one.incident == old.id]

    assert (write.target, write.platform) == (kept.steps[0].change.target, platform)
    assert not [one for one in record.writes_since(NOON) if one.incident == old.id]


def test_an_incident_that_was_seen_out_is_watched_again_when_a_person_does_something(
    record: Record, platform: str
) -> None:
    """Until then nobody asks about it once a second."""
    over = closed(record, opened(record, platform, hours_ago=2), hours_ago=1)

    def watched() -> bool:
        return over.id in [one.id for one in record.watched_incidents(NOON, timedelta(days=3))]

    assert watched()
    record.see_out(over.id, NOON)
    assert not watched()
    record.add_act(over.id, PersonAct(key="ack", kind=ActKind.ACKNOWLEDGED, by="ana", at=NOON))
    assert watched()


def test_an_open_incident_cannot_be_seen_out(record: Record, platform: str) -> None:
    """It was closed when it was read, and is open now: its people are still called."""
    stands = opened(record, platform)

    record.see_out(stands.id, NOON)

    assert stands.id in [one.id for one in record.watched_incidents(NOON, timedelta(days=3))]
