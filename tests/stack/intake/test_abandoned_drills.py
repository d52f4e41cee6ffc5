"""A drill whose process is gone is taken back; one that lives is left alone."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from blocks.record import Record
from outage.incidents.drill_notice import Drill, carrier_lock
from stack.intake.abandoned_drills import AGAIN_AFTER, FREE_FOR, LATE, AbandonedDrills
from tests.outage.verification.drills.stranger import NOON

SECOND = timedelta(seconds=1)


@pytest.fixture
def drill(record: Record) -> Iterator[Drill]:
    """A drill that is not over."""
    one = Drill(
        id="drill-abandoned", namespace="shop", fault="f", announced_at=NOON, until=NOON + timedelta(hours=1)
    )
    yield record.announce(one)
    with record.transaction("forget") as connection:
        connection.execute("delete from outage.drill where id = %s", (one.id,))


class Runs:
    """What was started."""

    def __init__(self) -> None:
        self.keys: list[str] = []

    def start(self, drill_id: str, key: str) -> None:
        """As Prefect's server: the same key starts one run."""
        if key not in self.keys:
            self.keys.append(key)


def look_at(watch: AbandonedDrills, *moments: datetime) -> int:
    """How many looks found something to do."""
    return sum(bool([one for one in watch.look(at) if "drill-abandoned" in one]) for at in moments)


def test_a_drill_that_lives_is_left_alone(record: Record, drill: Drill) -> None:
    """Its lock says so."""
    watch = AbandonedDrills(record, Runs().start)

    with record.only_writer(carrier_lock(drill.id)):
        assert look_at(watch, NOON, NOON + FREE_FOR, NOON + FREE_FOR * 3) == 0


def test_a_drill_that_nobody_carries_is_taken_back_after_a_while(record: Record, drill: Drill) -> None:
    """The runner gets its time to take it up; what fails is tried again."""
    runs = Runs()
    watch = AbandonedDrills(record, runs.start)

    assert look_at(watch, NOON, NOON + FREE_FOR - SECOND) == 0
    assert look_at(watch, NOON + FREE_FOR, NOON + FREE_FOR + SECOND) == 1
    assert look_at(watch, NOON + FREE_FOR + AGAIN_AFTER) == 1
    assert len(runs.keys) == 2


def test_a_drill_that_was_taken_up_in_time_starts_its_time_anew(record: Record, drill: Drill) -> None:
    """Dying twice is no reason to be found dead."""
    watch = AbandonedDrills(record, Runs().start)

    assert look_at(watch, NOON) == 0
    with record.only_writer(carrier_lock(drill.id)):
        assert look_at(watch, NOON + FREE_FOR) == 0
    assert look_at(watch, NOON + FREE_FOR + SECOND, NOON + FREE_FOR * 2) == 0


def test_a_drill_that_hangs_past_its_end_is_taken_back(record: Record, drill: Drill) -> None:
    """The fault goes at its end, whoever holds the lock."""
    watch, late = AbandonedDrills(record, Runs().start), drill.until + LATE + SECOND

    with record.only_writer(carrier_lock(drill.id)):
        assert look_at(watch, late, late + FREE_FOR) == 1


def test_what_is_over_and_put_back_is_forgotten(record: Record, drill: Drill) -> None:
    """Only what still stands is looked at."""
    record.keep_drill(drill.id, {"pictures": []}, NOON + timedelta(minutes=5))
    watch = AbandonedDrills(record, Runs().start)

    assert look_at(watch, NOON, NOON + FREE_FOR) == 0
    record.keep_drill(drill.id, {"pictures": [{"of": {}, "before": None}]})
    assert look_at(watch, NOON, NOON + FREE_FOR) == 1
