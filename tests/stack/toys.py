"""Flows small enough to be killed: they leave a line in a file at each step, so that a test sees what ran."""

import asyncio
import os
import time
from datetime import UTC, datetime
from pathlib import Path

from prefect import flow
from prefect.flow_runs import asuspend_flow_run, suspend_flow_run
from prefect.input import RunInput

from blocks.clients import clients
from outage.incidents.incident import Ending
from outage.people.message_routing import MessageRoute
from outage.people.outbox_message import MessageBody, MessageKind
from outage.plans.plan import Plan
from outage.plans.planning import take_back_plan
from tasks.ask.approval_form import form_for
from tasks.ask.await_leader import leader_form
from tasks.record import close_incident

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
PLAN = Plan(incident="inc-1", attempt=1, hypothesis="h", summary="Mend it", steps=(), made_at=NOON)
QUESTION = take_back_plan(PLAN, 2, "nobody could tell", NOON)


def note(path: str, words: str) -> None:
    """Leave a line with the moment and the process."""
    with Path(path).open("a", encoding="utf-8") as file:
        file.write(f"{words} {os.getpid()} {time.time():.3f}\n")


class Answer(RunInput):
    """What is asked of a person."""

    decision: str
    by: str


@flow(name="toy-respond", log_prints=False)
async def respond(incident_id: str, path: str = "/dev/null") -> str:
    """Stand in for the response: note that it ran."""
    note(path, f"ran {incident_id}")
    return incident_id


@flow(name="toy-slow")
async def slow(path: str, seconds: float = 30) -> None:
    """Take long the first time, and be quick when it is taken up."""
    first = not Path(path).exists()
    note(path, "began")
    if first:
        await asyncio.sleep(seconds)
    note(path, "ended")


@flow(name="toy-asking")
async def asking(path: str) -> str:
    """Ask a person and wait for the answer without a process."""
    note(path, "before")
    answer = await suspend_flow_run(wait_for_input=Answer, key="approval-1", timeout=3600)
    note(path, f"after {answer.decision} {answer.by}")
    return answer.decision


@flow(name="toy-waiting")
async def waiting(path: str) -> None:
    """Wait for what another process does, without a question and without a process."""
    note(path, "before")
    await suspend_flow_run(key="outcome-1", timeout=3600)
    note(path, "after")


@flow(name="toy-leading")
async def leading(path: str) -> None:
    """Ask who leads, then whether a plan stays, with the forms of the response."""
    note(path, "before")
    word = await asuspend_flow_run(wait_for_input=leader_form("says", ()), key="leader-1", timeout=3600)
    note(path, f"led {word.by} {word.plan_next}")
    form = await asuspend_flow_run(wait_for_input=form_for(QUESTION), key="approval-2-1", timeout=3600)
    note(path, f"said {form.decision} {form.approver} {form.instead}")


@flow(name="toy-failing")
async def failing(path: str) -> None:
    """Fail, as a flow does that has a mistake."""
    note(path, "before")
    raise RuntimeError("nobody caught this")


@flow(name="toy-telling", persist_result=False, retries=60, retry_delay_seconds=2)
def telling(incident_id: str) -> None:
    """Tell people of the incident, and close it; tried again while the record does not take it."""
    record, now = clients().record, datetime.now(UTC)
    body = MessageBody(title="it is down", text="it is down")
    record.ask_message(incident_id, MessageKind.ALERT, [MessageRoute(channel="hook")], body, now)
    close_incident(incident_id, Ending.NOTHING_TO_DO, "told")
