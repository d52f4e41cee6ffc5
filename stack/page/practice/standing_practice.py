"""What is announced, what goes on, and what was not put back: practice that somebody may want to stop or know of."""

from datetime import datetime

from blocks.record import Record
from outage.incidents.drill_notice import Drill
from outage.policies.drill_rotation import PlannedDrill
from outage.value import Value
from tasks.drill.drill_surroundings import STILL_STANDS


class UnfinishedDrill(Value):
    """A drill that has begun and is not done with."""

    drill: Drill
    late: bool
    """Whether its time is over: its process is gone, or hangs; the intake has it put back."""
    left: int
    """How many objects are not put back, when it is over; else how many it touched."""


class StandingPractice(Value):
    """All of it, oldest first."""

    planned: tuple[PlannedDrill, ...] = ()
    unfinished: tuple[UnfinishedDrill, ...] = ()


def standing_practice(record: Record, now: datetime) -> StandingPractice:
    """Look it up.

    Args:
        record: Where drills are.
        now: The time.
    """
    return StandingPractice(
        planned=tuple(record.waiting_drills()),
        unfinished=tuple(
            UnfinishedDrill(
                drill=one,
                late=one.ended_at is None and one.until <= now,
                left=len(one.result.get("pictures") or ()),
            )
            for one in record.standing_drills(now - STILL_STANDS)
        ),
    )
