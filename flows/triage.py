"""Triage: what is broken and how badly, in seconds."""

from prefect import flow

from outage.hypothesis import Diagnosis
from tasks.decide import diagnose_picture
from tasks.observe.rounds import look_wide
from tasks.remember import begin, scored
from tasks.tell import send_first


@flow(name="triage", flow_run_name="triage {incident}", persist_result=False, timeout_seconds=120)
async def triage(incident: str) -> Diagnosis:
    """Look at everything once, measure the severity, send the first message.

    Source: runbook "Acknowledge and Assess", "Initial Communication", "Quick Health Checks".
    """
    begin(incident, "triage")
    picture = look_wide(incident)
    seen = diagnose_picture(incident, picture)
    scored(incident, seen.assessment)
    send_first(incident, seen)
    return seen
