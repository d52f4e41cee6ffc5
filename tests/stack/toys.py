"""Flows small enough to be killed: they leave a line in a file at each step, so that a test sees what ran."""

import asyncio
import os
import time
from pathlib import Path

from prefect import flow
from prefect.flow_runs import suspend_flow_run
from prefect.input import RunInput


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
