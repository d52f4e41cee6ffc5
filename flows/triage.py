"""Triage: what is broken and how badly, in seconds."""

from prefect import flow

from outage.diagnosis.hypothesis import Diagnosis
from tasks.decide import diagnose_picture
from tasks.observe.tasks import look_wide
from tasks.record import begin_incident, set_severity
from tasks.tell import send_first_message


@flow(name="triage", flow_run_name="triage {incident_id}", persist_result=False, timeout_seconds=120)
async def triage(incident_id: str) -> Diagnosis:
    """Look at everything once, measure the severity, send the first message.

    Source: runbook "Acknowledge and Assess", "Initial Communication", "Quick Health Checks".
    """
    begin_incident(incident_id, "triage")
    found = diagnose_picture(look_wide(incident_id))
    set_severity(incident_id, found.assessment)
    send_first_message(incident_id, found)
    return found
