"""Take back what a dead drill left behind: its way back stands in the record, whoever reads it."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta

from prefect import task

from blocks.clients import clients
from blocks.retry import wait_until
from outage.incidents.drill_notice import Drill, carrier_lock
from tasks.drill.calling_off import call_off, see_incidents_out
from tasks.drill.chosen_fault import recorded_fault
from tasks.drill.drill_beginning import PractisedDrill
from tasks.drill.drill_phases import DrillScore, keep_ending, restore_platform

TAKEN_OVER_WITHIN_SECONDS = 10.0
"""A database sees after moments that the process which held the lock is gone."""
LOOK_EVERY_SECONDS = 0.5
TOO_LATE = timedelta(seconds=90)
"""A drill that has not taken its fault away so long after its end hangs: nobody waits for it any more."""


@contextmanager
def only_carrier(drill: Drill) -> Iterator[bool]:
    """Hold the right to break and mend for a drill, for as long as the block lasts and the process lives.

    Returns:
        Whether it is ours; False when another process carries the drill.
    """
    with ExitStack() as held:

        def taken() -> bool:
            door = ExitStack()
            if door.enter_context(clients().record.only_writer(carrier_lock(drill.id))):
                held.push(door)
                return True
            door.close()
            return False

        yield bool(wait_until(taken, TAKEN_OVER_WITHIN_SECONDS, LOOK_EVERY_SECONDS))


@task(name="take back what a drill left", persist_result=False)
def take_back_left(drill_id: str) -> str:
    """Put back what a drill that died, or hangs, has left; end it, and say so on the timeline.

    Returns:
        One sentence: what was taken back, or why nothing was.
    """
    drill = clients().record.drill(drill_id)
    if drill is None:
        return f"the record knows no drill {drill_id}"
    clients().turn_to(drill.platform)
    with only_carrier(drill) as mine:
        if not mine and datetime.now(UTC) < drill.until + TOO_LATE:
            return f"{drill_id} is carried by another process: it takes its own fault back"
        return _taken_back(drill)


def _taken_back(drill: Drill) -> str:
    practised = PractisedDrill(drill=drill, fault=recorded_fault(drill))
    left = restore_platform.fn(practised)
    why = "because its process was gone" if datetime.now(UTC) < drill.until else "because its time was over"
    says = call_off(drill, why, left)
    keep_ending(
        drill.id, DrillScore(passed=False, says=says), clients().record.incidents_of_drill(drill), left
    )
    see_incidents_out.fn(drill, says)
    return f"{drill.id}: {says}"
