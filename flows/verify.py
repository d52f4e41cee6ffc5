"""Verify: recovered means steady for long enough under real traffic, not "ready once"."""

from prefect import flow

from outage.verification import Verified
from tasks.remember import begin
from tasks.verify import prove_recovery

LONGEST_SECONDS = 4 * 3600
"""A soak may last an hour and is given up after three times that."""


@flow(
    name="verify",
    flow_run_name="verify {incident} {attempt}",
    persist_result=False,
    timeout_seconds=LONGEST_SECONDS,
)
async def verify(incident: str, attempt: int) -> Verified:
    """Watch rollout, endpoints, traffic, the smoke test and the soak; give up early when it is lost.

    Source: runbook "Verification Steps".
    """
    begin(incident, "verify", attempt)
    return prove_recovery(incident, attempt)
