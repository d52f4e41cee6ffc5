"""Waking runs from outside: start one, hand one its answer, ask how one stands."""

from typing import Any

from blocks.prefect_api import PrefectApi, PrefectMissing
from blocks.retry import wait_until
from outage.errors import StackError
from outage.plans.approval import Answer, Approval

ASKED_WITHIN_SECONDS = 4.0
"""A run says "suspended" up to half a second before its question can be answered; a busy machine takes longer."""
LOOK_EVERY_SECONDS = 0.5
MISSING = "Missing"
"""In place of a state's name: the run was deleted, or the server's database is another one."""


def resume_run(api_url: str, flow_run_id: str | None, answer: Approval) -> str:
    """Wake a suspended run with an answer that already stands in the record.

    Returns:
        A sentence on what the run does now. A run that is not suspended reads the answer from the record when
        it comes to the question, so that is no error.

    Raises:
        PrefectUnreachable: The server did not answer. The record has the answer all the same. Transient.
    """
    if flow_run_id is None:
        return "its run has not started yet and will find the answer"
    decision = "approve" if answer.answer is Answer.APPROVE else "decline"
    form = {"decision": decision, "approver": answer.by, "why": answer.why, "plan": answer.plan_hash}
    with PrefectApi(api_url) as api:

        def resumed() -> str | None:
            try:
                refusal = api.resume(flow_run_id, form)
            except PrefectMissing:
                return "its run is gone: the watch hands the incident to a person"
            if refusal is None:
                return "the run goes on"
            asked = "schema not found" not in refusal
            return f"the run was not waiting ({refusal}) and will find the answer" if asked else None

        says = wait_until(resumed, ASKED_WITHIN_SECONDS, LOOK_EVERY_SECONDS)
    return says or "the run does not take the answer yet and will find it when it does"


def start_run(api_url: str, deployment: str, parameters: dict[str, Any], key: str) -> str:
    """Start a run of a deployment; the same key starts it once.

    Returns:
        Id of the run.

    Raises:
        StackError: The server knows no such deployment.
        PrefectUnreachable: The server did not answer. Transient.
    """
    with PrefectApi(api_url) as api:
        known = api.deployments(deployment)
        if not known:
            raise StackError(
                f"start {deployment}: the server knows no such deployment; `outage up` makes it known"
            )
        return api.start_run(known[0]["id"], name=key, key=key, parameters=parameters, tags=["outage"])


def state_of(api_url: str, flow_run_id: str) -> tuple[str, str]:
    """The state's name and message of one run; `Missing` when the server does not know it (any more)."""
    try:
        with PrefectApi(api_url) as api:
            state = api.run(flow_run_id).get("state") or {}
    except PrefectMissing:
        return MISSING, "the server knows no such run"
    return str(state.get("name", "?")), str(state.get("message") or "")
