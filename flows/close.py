"""Close: the last message, the timeline and the report."""

from prefect import flow

from outage.incident import Ended, Ending
from tasks.remember import closed
from tasks.tell import send_last, write_report


@flow(name="close", flow_run_name="close {incident}", persist_result=False, timeout_seconds=120)
async def close(incident: str, ending: Ending, says: str) -> Ended:
    """Close the incident with a named ending and write everything down.

    Source: runbook "Resolution Communication", "Post-Incident Actions", "Prevention Checklist".
    """
    shut = closed(incident, ending, says)
    send_last(shut)
    return Ended(ending=ending, says=says, report=write_report(shut))
