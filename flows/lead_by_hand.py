"""Lead, hand over, close: what a person does with an incident, from the UI."""

from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Completed

from tasks.lead.tasks import close_in_ui, hand_over_in_ui, lead_in_ui


@flow(name="lead", flow_run_name="lead {incident}: {by}", persist_result=False, timeout_seconds=60)
async def lead_by_hand(incident: str, by: str) -> State[Any]:
    """Take the lead: the response goes on looking and proposing, and writes nothing without your yes.

    Args:
        incident: Id of an open incident.
        by: Your handle.
    """
    return Completed(name="Led", message=lead_in_ui(incident.strip(), by))


@flow(
    name="hand over", flow_run_name="hand over {incident} to {to}", persist_result=False, timeout_seconds=60
)
async def hand_over_by_hand(incident: str, to: str, by: str = "") -> State[Any]:
    """Give an incident to another person, the lead with it.

    Args:
        incident: Id of an open incident.
        to: Who has it from now on.
        by: Your handle; not needed when you lead.
    """
    return Completed(name="HandedOver", message=hand_over_in_ui(incident.strip(), to, by))


@flow(name="close by hand", flow_run_name="close {incident}: {by}", persist_result=False, timeout_seconds=180)
async def close_from_ui(incident: str, by: str, because: str, although_failing: bool = False) -> State[Any]:
    """End what you mended, after one look that says whether it is so.

    Source: runbook "Health Check Verification".

    Args:
        incident: Id of an open incident.
        by: Your handle.
        because: What mended it.
        although_failing: Close it also when the look says that it still fails; the ending says so.
    """
    return Completed(name="Closed", message=close_in_ui(incident.strip(), by, because, although_failing))
