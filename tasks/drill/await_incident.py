"""Wait for what a drill opens, and for all of it to end; never longer than the fault may stand."""

import asyncio
from datetime import UTC, datetime

from blocks.clients import clients
from outage.incidents.drill_notice import Drill
from outage.incidents.fault import Fault
from outage.incidents.incident import Incident
from tasks.drill.drill_phases import strike_later
from tasks.drill.keep_score import look_at_end
from tasks.watch.tasks import open_what_no_alert_covers

LOOK_EVERY_SECONDS = 1.0
ALERT_WITHIN_SECONDS = 75.0
"""Longest a real alert takes on the practice ground, with scrape, rule, group wait and delivery; after that
the watch looks for itself."""
LOOK_AGAIN_SECONDS = 45.0
"""Between two looks of the watch, each of which takes half a minute when something is wrong."""
GIVE_UP_SECONDS = 240.0
TRAP_SECONDS = 100.0
"""What is no outage has shown by then that nobody takes it for one: the watch has looked twice."""
SAY_EVERY_SECONDS = 5.0
"""So often a drill says in the record that somebody carries it."""


async def every_incident_ended(drill: Drill, fault: Fault) -> list[Incident]:
    """Wait for what the fault opens until all of it is closed; what struck late may open one more.

    Returns:
        The drill's incidents, oldest first; empty when nobody noticed in time.
    """
    ended: list[Incident] = []
    while await incident_opened(drill, fault, len(ended)):
        ended = await incidents_ended(drill, fault)
        stands = look_at_end(drill, fault).cause_stands
        if not (stands and fault.later_blows and _called_over(ended[-1])):
            break
    return ended


def _called_over(incident: Incident) -> bool:
    """Whether it ended as mended: only then can what still stands be another fault, which nobody saw yet."""
    return incident.ending is not None and incident.ending.mended


async def incident_opened(drill: Drill, fault: Fault, known: int = 0) -> Incident | None:
    """The incident that the response opened for this drill; None when nobody noticed in time.

    A fault that no alert covers is the watch's: it looks once the fault shows, and then in its own time.

    Args:
        drill: Whose fault stands.
        fault: What was broken.
        known: How many incidents of it are known already; a further one is waited for.
    """
    began = datetime.now(UTC)
    look_after = ALERT_WITHIN_SECONDS if fault.expected.alert else fault.settle_seconds
    give_up = GIVE_UP_SECONDS if fault.expected.causes else TRAP_SECONDS
    while (waited := (datetime.now(UTC) - began).total_seconds()) < give_up and not is_overdue(drill):
        if opened := clients().record.incidents_of_drill(drill)[known:]:
            return opened[0]
        if waited > look_after:
            open_what_no_alert_covers(drill.platform)
            look_after = waited + LOOK_AGAIN_SECONDS
        await carried(drill)
    return None


async def incidents_ended(drill: Drill, fault: Fault) -> list[Incident]:
    """Every incident of the drill as it stands when all are closed, oldest first; or when its time is over.

    What the fault breaks only under the hands of the response is broken meanwhile.
    """
    while True:
        standing = clients().record.incidents_of_drill(drill)
        strike_later(drill, fault, standing)
        if all(one.closed_at for one in standing) or is_overdue(drill):
            return standing
        await carried(drill)


def is_overdue(drill: Drill) -> bool:
    """Whether the fault has stood as long as it may."""
    return datetime.now(UTC) >= drill.until


async def carried(drill: Drill) -> None:
    """Wait a moment, and now and then write down that the drill is carried."""
    if int(datetime.now(UTC).timestamp()) % int(SAY_EVERY_SECONDS) == 0:
        clients().record.keep_drill(drill.id, {"carried_at": datetime.now(UTC).isoformat()})
    await asyncio.sleep(LOOK_EVERY_SECONDS)
