"""Scheduled drill: whose turn it is, announced an hour before, begun when nothing stands against it."""

from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.runtime import flow_run
from prefect.states import Completed

from outage.policies.drill_rotation import DrillCandidate
from tasks.drill.scheduled.announced_drills import call_off_waiting
from tasks.drill.scheduled.scheduled_phases import (
    await_beginning,
    begin_planned_drill,
    clock_now,
    plan_next_drill,
)
from tasks.record.incident_place import take_platform


@flow(name="scheduled drill", persist_result=False, timeout_seconds=5 * 24 * 3600)
async def scheduled_drill(platform: str = "", fault: str = "", service: str = "") -> State[Any]:
    """Practise what was not practised for the longest time, in the team's working hours.

    It is announced before, and called off by cancelling this run, by `drill-off`, or by `outage drill --call-off`.
    Nothing is begun while an incident is open on the platform, in a freeze, or while a kill switch is thrown.

    Args:
        platform: Where, by its name; empty for the settings' own.
        fault: This one, whatever its turn; empty: by turns.
        service: Where it is put in; empty when the fault has one place, or by turns.

    Returns:
        Completed, named `Begun` (the drill is a run of its own) or `NotBegun` with one sentence why.
    """
    take_platform(platform)
    wanted = DrillCandidate(fault=fault, service=service) if fault else None
    turn = plan_next_drill(str(flow_run.id), wanted, clock_now())
    if turn.planned is None:
        return Completed(name="NotBegun", message=turn.refused)
    if why := await await_beginning(turn.planned, clock_now):
        return Completed(name="NotBegun", message=why)
    begun = begin_planned_drill(turn.planned, platform)
    return Completed(name="Begun", message=f"{turn.planned.id} goes on in run {begun}")


@flow(name="call off drill", persist_result=False, timeout_seconds=120)
def drill_off(platform: str = "", by: str = "", why: str = "") -> State[Any]:
    """Call off every drill that is announced and has not begun. What has begun is put back by its own run.

    Args:
        platform: Only there, by its name; empty: everywhere.
        by: Who calls it off.
        why: For those who were told of it.
    """
    return Completed(message=call_off_waiting(platform, by or "somebody in the UI", why))
