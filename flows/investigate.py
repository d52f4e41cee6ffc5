"""Investigate: look where it hurts and at what that depends on, and say which causes fit."""

from prefect import flow

from outage.diagnosis.hypothesis import Diagnosis
from tasks.decide import diagnose_picture, with_choice, with_reliefs
from tasks.observe.tasks import look_deep
from tasks.record import begin_incident, set_severity
from tasks.tell import show_diagnosis


@flow(
    name="investigate",
    flow_run_name="investigate {incident_id} {attempt}",
    persist_result=False,
    timeout_seconds=300,
)
async def investigate(incident_id: str, attempt: int) -> Diagnosis:
    """Look at services, infrastructure and application; rank what would explain it.

    Source: runbook "Investigation Phase".

    Args:
        incident_id: Whose response it is.
        attempt: Number of the plan that will be made of it, from 1.

    Returns:
        Causes in order, what eases the outage, and what a person chose meanwhile.
    """
    begin_incident(incident_id, "investigate", attempt)
    seen = look_deep(incident_id)
    found = with_choice(incident_id, with_reliefs(diagnose_picture(seen), seen), seen)
    set_severity(incident_id, found.assessment)
    await show_diagnosis(incident_id, attempt, found)
    return found
