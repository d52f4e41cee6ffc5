"""Wait for what a drill opens, and for all of it to end."""

import asyncio
from datetime import UTC, datetime

from blocks.clients import clients
from outage.incidents.drill_notice import Drill
from outage.incidents.fault import Fault
from outage.incidents.incident import Incident
from tasks.watch.tasks import open_what_no_alert_covers

LOOK_EVERY_SECONDS = 1.0
ALERT_WITHIN_SECONDS = 75.0
"""Longest a real alert takes on the practice ground, with scrape, rule, group wait and delivery; after that
the watch looks for itself."""
LOOK_AGAIN_SECONDS = 45.0
"""Between two looks of the watch, each of which takes half a minute when something is wrong."""
GIVE_UP_SECONDS = 240.0


async def incident_opened(drill: Drill, fault: Fault) -> Incident | None:
    """The incident that the response opened for this drill; None when nobody noticed in time.

    A fault that no alert covers is the watch's: it looks once the fault shows, and then in its own time.
    """
    began = datetime.now(UTC)
    look_after = ALERT_WITHIN_SECONDS if fault.expected.alert else fault.settle_seconds
    while (waited := (datetime.now(UTC) - began).total_seconds()) < GIVE_UP_SECONDS:
        if opened := clients().record.incidents_of_drill(drill):
            return opened[0]
        if waited > look_after:
            open_what_no_alert_covers()
            look_after = waited + LOOK_AGAIN_SECONDS
        await asyncio.sleep(LOOK_EVERY_SECONDS)
    return None


async def incidents_ended(drill: Drill) -> list[Incident]:
    """Every incident of the drill, closed, oldest first; waits as long as people need."""
    while any(one.closed_at is None for one in clients().record.incidents_of_drill(drill)):
        await asyncio.sleep(LOOK_EVERY_SECONDS)
    return clients().record.incidents_of_drill(drill)
