"""Triage: what is broken and how badly, in seconds."""

from prefect import flow

from outage.diagnosis.hypothesis import Diagnosis
from tasks.decide import diagnose_picture
from tasks.observe.tasks import look_wide
from tasks.record import begin_incident, set_severity
from tasks.tell import send_first_message


@flow(name="triage", flow_run_name="triage {incident}", persist_result=False, timeout_seconds=120)
async def triage(incident: str) -> Diagnosis:
    """Look at everything once, measure the severity, send the first message.

    Source: runbook "Acknowledge and Assess", "Initial Communication", "Quick Health Checks".
    """
    begin_incident(incident, "triage")
    picture = look_wide(incident)
    seen = diagnose_picture(incident, picture)
    set_severity(incident, seen.assessment)
    send_first_message(incident, seen)
    return seen
