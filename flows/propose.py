"""Plan: the smallest change that heals the likeliest cause, as a diff, or the reason why there is none."""

from prefect import flow

from outage.plans.planned import Planned
from tasks.decide import Concluded, make_plan
from tasks.tell import send_joined_message, show_plan


@flow(name="plan", flow_run_name="plan {incident_id} {attempt}", persist_result=False, timeout_seconds=120)
async def plan(incident_id: str, attempt: int, concluded: Concluded) -> Planned:
    """Make one plan, ask the guards, show the diff of a server-side dry run.

    Source: runbook "Resolution Actions".

    Args:
        incident_id: Whose plan it is.
        attempt: Which plan, from 1.
        concluded: What this attempt's investigation gave.
    """
    planned = make_plan(incident_id, attempt, concluded.diagnosis)
    if planned.folds_into:
        send_joined_message(incident_id, planned, concluded.diagnosis)
    await show_plan(incident_id, planned)
    return planned
