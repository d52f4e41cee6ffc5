"""Close: what is left to do, the last message, the timeline, the report and the post-mortem."""

from prefect import flow

from outage.incidents.incident import Ended, Ending
from tasks.ask.await_outcome import wake_waiting
from tasks.record import close_incident
from tasks.tell import keep_follow_ups, send_last_message, write_report


@flow(name="close", flow_run_name="close {incident_id}", persist_result=False, timeout_seconds=120)
async def close(incident_id: str, ending: Ending, says: str) -> Ended:
    """Close the incident with a named ending and write everything down.

    Source: runbook "Resolution Communication", "Post-Incident Actions", "Prevention Checklist".

    Args:
        incident_id: Whose response is over.
        ending: What it came to.
        says: The same as one sentence.

    Returns:
        The ending, with the path of the report; the path is empty when none could be written.
    """
    shut = close_incident(incident_id, ending, says)
    keep_follow_ups(shut)
    send_last_message(shut)
    wake_waiting(incident_id)
    return Ended(ending=ending, says=says, report=write_report(shut))
