"""Verify: recovered means steady for long enough under real traffic, not "ready once"."""

from prefect import flow

from outage.verification.recovery import VerifiedRecovery
from tasks.decide import diagnose_picture, judge_plan
from tasks.observe.tasks import look_deep
from tasks.record import begin_incident
from tasks.verify import prove_recovery

LONGEST_SECONDS = 4 * 3600
"""A soak may last an hour and is given up after three times that."""


@flow(
    name="verify",
    flow_run_name="verify {incident_id} {attempt}",
    persist_result=False,
    timeout_seconds=LONGEST_SECONDS,
)
async def verify(incident_id: str, attempt: int) -> VerifiedRecovery:
    """Watch rollout, endpoints, traffic, the smoke test and the soak; give up early when it is lost.

    One more look tells whether the signs of the plan's own cause are gone, whatever else is broken.

    Source: runbook "Verification Steps".

    Args:
        incident_id: Whose response it is.
        attempt: Number of the plan, from 1.

    Returns:
        Whether the platform recovered, and apart from that whether the plan mended its own cause.
    """
    begin_incident(incident_id, "verify", attempt)
    proven = prove_recovery(incident_id, attempt)
    after = diagnose_picture(look_deep(incident_id))
    return judge_plan(incident_id, attempt, proven, after)
