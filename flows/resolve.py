"""Resolve: write an approved plan, or take it back."""

from prefect import flow

from outage.plans.outcome import Resolved
from tasks.act import apply_plan, take_plan_back
from tasks.record import begin_incident


@flow(
    name="resolve", flow_run_name="resolve {incident_id} {attempt}", persist_result=False, timeout_seconds=900
)
async def resolve(incident_id: str, attempt: int) -> Resolved:
    """Write the approved plan, step by step, each with its way back recorded first.

    Source: runbook "Resolution Actions".

    Args:
        incident_id: Whose response it is.
        attempt: Number of the plan, from 1.

    Returns:
        What each step did; `refused` when nothing was written, and why.
    """
    begin_incident(incident_id, "resolve", attempt)
    return apply_plan(incident_id, attempt)


@flow(
    name="take back",
    flow_run_name="take back {incident_id} {attempt}",
    persist_result=False,
    timeout_seconds=900,
)
async def take_back(incident_id: str, attempt: int) -> Resolved:
    """Undo what a plan wrote, because it did not help, and look whether that took.

    Args:
        incident_id: Whose response it is.
        attempt: Number of the plan, from 1.

    Returns:
        What each step back did.
    """
    begin_incident(incident_id, "resolve", attempt, "taking back")
    return take_plan_back(incident_id, attempt)
