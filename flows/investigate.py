"""Investigate: look where it hurts and at what that depends on, and say which causes fit."""

from prefect import flow

from outage.diagnosis.hypothesis import Diagnosis
from tasks.decide import diagnose_picture, with_reliefs
from tasks.observe.tasks import look_deep
from tasks.record import begin_incident, set_severity
from tasks.tell import show_diagnosis


@flow(
    name="investigate",
    flow_run_name="investigate {incident} {attempt}",
    persist_result=False,
    timeout_seconds=300,
)
async def investigate(incident: str, attempt: int) -> Diagnosis:
    """Look at services, infrastructure and application; rank what would explain it.

    Source: runbook "Investigation Phase".
    """
    begin_incident(incident, "investigate", attempt)
    picture = look_deep(incident)
    found = with_reliefs(diagnose_picture(incident, picture), picture)
    set_severity(incident, found.assessment)
    await show_diagnosis(incident, attempt, found)
    return found
