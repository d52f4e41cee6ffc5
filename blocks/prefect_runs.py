"""Waking runs from outside: start one, hand one its answer, ask how one stands."""

import re
from typing import Any

from blocks.prefect_api import PrefectApi, PrefectMissing
from blocks.retry import wait_until
from outage.errors import StackError
from outage.plans.answer_words import AnswerWords
from outage.plans.approval import Approval
from outage.value import Value

ASKED_WITHIN_SECONDS = 4.0
"""A run says "suspended" up to half a second before its question can be answered; a busy machine takes longer."""
LOOK_EVERY_SECONDS = 0.5
MISSING = "Missing"
"""In place of a state's name: the run was deleted, or the server's database is another one."""
OVER = frozenset({"COMPLETED", "FAILED", "CRASHED", "CANCELLED", MISSING.upper()})
"""Types of states that no run leaves by itself."""


def resume_run(
    api_url: str, flow_run_id: str | None, answer: Approval, words: AnswerWords | None = None
) -> str:
    """Wake a suspended run with an answer that already stands in the record.

    Args:
        api_url: Of the Prefect server's API.
        flow_run_id: The run; None or one that does not wait changes nothing.
        answer: The answer that stands.
        words: How the plan's form spells its two answers; None: as most do.

    Returns:
        A sentence on what the run does now. A run that is not suspended reads the answer from the record when
        it comes to the question, so that is no error.

    Raises:
        PrefectUnreachable: The server did not answer. The record has the answer all the same. Transient.
    """
    said = (words or AnswerWords()).said(answer.answer)
    form = {"decision": said, "approver": answer.by, "why": answer.why, "plan": answer.plan_hash}
    return _woken(api_url, flow_run_id, form)


def wake_leader(api_url: str, flow_run_id: str | None, leader: str) -> str:
    """Wake a run that waits for who leads, so that it looks again and finds what was recorded since.

    Args:
        api_url: Of Prefect's API.
        flow_run_id: The run; None for an incident that never had one.
        leader: Handle of who leads now; empty when nobody does.

    Returns:
        A sentence on what the run does now.

    Raises:
        PrefectUnreachable: The server did not answer. Transient.
    """
    return _woken(api_url, flow_run_id, {"by": leader or "nobody"})


def _woken(api_url: str, flow_run_id: str | None, form: dict[str, Any]) -> str:
    if flow_run_id is None:
        return "its run has not started yet and will find it"
    with PrefectApi(api_url) as api:

        def resumed() -> str | None:
            try:
                refusal = api.resume(flow_run_id, form)
            except PrefectMissing:
                return "its run is gone: the watch hands the incident to a person"
            if refusal is None:
                return "the run goes on"
            asked = "schema not found" not in refusal
            says = f"the run did not take it now ({refusal}) and finds the answer in the record"
            return says if asked else None

        said = wait_until(resumed, ASKED_WITHIN_SECONDS, LOOK_EVERY_SECONDS)
    return said or "the run does not take it yet and will find it in the record when it does"


def wake_run(api_url: str, flow_run_id: str | None) -> str:
    """Wake a run that is suspended without a question.

    Args:
        api_url: Of Prefect's API.
        flow_run_id: The run; None for an incident whose run has not started.

    Returns:
        A sentence on what the run does now; one that is not suspended looks by itself, so that is no error.

    Raises:
        PrefectUnreachable: The server did not answer. Transient.
    """
    if flow_run_id is None:
        return "its run has not started yet"
    try:
        with PrefectApi(api_url) as api:
            refusal = api.resume(flow_run_id, {})
    except PrefectMissing:
        return "its run is gone"
    return f"the run was not woken ({refusal})" if refusal else "the run goes on"


def deployment_of(name: str, platform: str, own: str = "") -> str:
    """What a platform's own deployment is called: each has its own choices, and takes no other platform's services.

    Args:
        name: As prefect.yaml has it.
        platform: Its name; empty for the settings' own, which has the plain one.
        own: Name of the settings' own platform, if it may be meant by its name.
    """
    word = "" if platform == own else re.sub(r"[^a-z0-9]+", "-", platform.casefold()).strip("-")
    return f"{name}-{word}" if word else name


def start_run(api_url: str, deployment: str, parameters: dict[str, Any], key: str) -> str:
    """Start a run of a deployment; the same key starts it once.

    Returns:
        Id of the run.

    Args:
        api_url: Of the Prefect server's API.
        deployment: Its name in prefect.yaml.
        parameters: Of the flow.
        key: Idempotency key.

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


def label_run(api_url: str, flow_run_id: str, name: str, tags: list[str]) -> None:
    """Give a run another name and other tags.

    Args:
        api_url: Of Prefect's API.
        flow_run_id: The run.
        name: Its new name.
        tags: All its tags from now on; those that it had go.

    Raises:
        PrefectRefused: The server knows no such run, or does not take the name. Permanent.
        PrefectUnreachable: The server did not answer. Transient.
    """
    with PrefectApi(api_url) as api:
        api.label_run(flow_run_id, name, tags)


class RunState(Value):
    """How one run stands."""

    name: str
    kind: str
    """Prefect's state type: `RUNNING`, `COMPLETED`, …; `MISSING` when the server does not know the run (any more)."""
    message: str = ""

    @property
    def over(self) -> bool:
        """Whether the run will do nothing any more, whatever its state is called."""
        return self.kind in OVER


def state_of(api_url: str, flow_run_id: str) -> RunState:
    """How one run stands.

    Raises:
        PrefectUnreachable: The server did not answer. Transient.
    """
    try:
        with PrefectApi(api_url) as api:
            state = api.run(flow_run_id).get("state") or {}
    except PrefectMissing:
        return RunState(name=MISSING, kind=MISSING.upper(), message="the server knows no such run")
    kind = str(state.get("type", "?"))
    return RunState(name=str(state.get("name", "?")), kind=kind, message=str(state.get("message") or ""))
