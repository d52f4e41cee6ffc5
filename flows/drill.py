"""Drill: break something on marked ground, and let the response answer it as it answers everything."""

from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed

from outage.incidents.incident import Incident
from tasks.drill.await_incident import every_incident_ended, is_overdue
from tasks.drill.calling_off import call_off, see_incidents_out
from tasks.drill.drill_beginning import DrillOrder, PractisedDrill, begin_drill
from tasks.drill.drill_phases import (
    DrillScore,
    break_platform,
    end_drill,
    fault_of,
    recorded_score,
    restore_platform,
)
from tasks.drill.left_behind import only_carrier
from tasks.record.incident_place import take_platform


@flow(name="drill", flow_run_name="drill {fault} {service}", persist_result=False, timeout_seconds=4 * 3600)
async def drill(
    fault: str, drill_id: str = "", platform: str = "", service: str = "", by: str = ""
) -> State[Any]:
    """Practise one fault, from steady state to steady state.

    The fault is announced, so its incident is marked as practice everywhere. Its way back is recorded before the first
    blow and taken at the end, whatever happened between.

    Args:
        fault: What is broken: `bad-image`.
        drill_id: Makes a drill that is run again go on instead of breaking things twice. Empty: a new drill.
        platform: Where, by its name; empty for the settings' own.
        service: Of which service; empty for a fault of the practice ground that knows what it strikes.
        by: Who you are: recorded as who asked for it, and as the yes where one is needed.

    Returns:
        Completed when the response healed and verified it, or the drill was refused before anything was broken;
        Failed otherwise.
    """
    take_platform(platform)
    practised = begin_drill(DrillOrder(fault=fault, drill_id=drill_id, service=service, by=by))
    if practised.refused:
        return Completed(name="Refused", message=practised.refused)
    with only_carrier(practised.drill) as mine:
        if not mine:
            return Completed(name="Refused", message=f"another process carries {practised.drill.id}")
        verdict = await carry_drill(practised)
    state = Completed if verdict.passed else Failed
    return state(name="Passed" if verdict.passed else "NotPassed", message=verdict.says)


async def carry_drill(practised: PractisedDrill) -> DrillScore:
    """Break, wait for the response, mend; the fault goes whatever happened between."""
    if over := recorded_score(practised):
        return over
    ended: list[Incident] = []
    stands = False
    try:
        stands = break_platform(practised)
        if stands:
            ended = await every_incident_ended(practised.drill, fault_of(practised))
    finally:  # an announcement that stays would mark real outages as practice
        left = restore_platform(practised)
        verdict = end_drill(practised, ended, left, stands)
    unfinished = "its time was over" if is_overdue(practised.drill) else "before it was mended"
    why = unfinished if stands else "because nobody had carried it for a while"
    see_incidents_out(practised.drill, call_off(practised.drill, why, left))  # those that are still open
    return verdict
