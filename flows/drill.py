"""Drill: break something on the practice ground, and let the response answer it as it answers everything."""

from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed

from outage.incidents.incident import Incident
from tasks.drill.await_incident import incident_opened, incidents_ended
from tasks.drill.drill_phases import begin_drill, break_platform, end_drill, restore_platform
from tasks.drill.keep_score import look_at_end
from tasks.record.incident_place import take_platform


@flow(name="drill", flow_run_name="drill {fault}", persist_result=False, timeout_seconds=4 * 3600)
async def drill(fault: str, drill_id: str = "", platform: str = "") -> State[Any]:
    """Practise one fault of the catalogue, from steady state to steady state.

    The fault is announced, so its incident is marked as practice everywhere. What is broken is mended at the
    end, whatever happened between.

    Args:
        fault: Name in the catalogue: `bad-image`.
        drill_id: Makes a drill that is run again go on instead of breaking things twice. Empty: a new drill.
        platform: Where, by its name; empty for the settings' own.

    Returns:
        Completed when the response healed and verified it, or the drill was refused because the ground was not
        steady; Failed otherwise.
    """
    take_platform(platform)
    practised = begin_drill(fault, drill_id)
    if practised.refused:
        return Completed(name="Refused", message=practised.refused)
    ended: list[Incident] = []
    try:
        break_platform(practised)
        if await incident_opened(practised.drill, practised.fault):
            ended = await incidents_ended(practised.drill)
            look_at_end(practised.drill, practised.fault)
    finally:  # an announcement that stays would mark real outages as practice
        verdict = end_drill(practised, ended, restore_platform(practised))
    state = Completed if verdict.passed else Failed
    return state(name="Passed" if verdict.passed else "NotPassed", message=verdict.says)
