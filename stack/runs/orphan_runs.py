"""Runs that nobody carries: their process died by kill -9, with its runner or without.

Prefect leaves such a run Running for ever. Here it is scheduled anew under the same id; the flow's body runs
again from its first line and reads back what it had finished.
"""

import signal
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from blocks.prefect_api import Json, PrefectApi, PrefectRefused
from stack.processes.own_processes import process_family, send_signal
from stack.runs import flow_process_files
from stack.runs.flow_process_files import FlowProcess

MOST_TIMES = 10
"""A run whose process died this often is given up: it is the run that kills it."""

SLOW_AFTER = 2
"""The first deaths are taken up at once (somebody pulled a plug); later ones ever more slowly."""


class Orphans:
    """Finds and takes up what was left lying."""

    def __init__(self, api: PrefectApi, carriers: Path, say: Callable[[str], None]) -> None:
        self.api = api
        self.carriers = carriers
        self.say = say
        self.hurried = False

    def hurry(self) -> None:
        """Look at the next opportunity and not after the pause: a process just ended."""
        self.hurried = True

    def look(self, deployment_ids: list[str]) -> None:
        """Look at all runs that claim to be going on."""
        self.hurried = False
        if not deployment_ids:
            return
        for run in self.api.runs_in(deployment_ids, "RUNNING", "PENDING", "CANCELLING"):
            one = flow_process_files.flow_process_of(self.carriers, run["id"])
            if one and one.process.alive:
                if run["state_type"] == "CANCELLING":
                    self._end(one)
            else:
                self._take_up(run["id"], one)
        self._forget_the_dead()

    def _take_up(self, run_id: str, one: FlowProcess | None) -> None:
        # The process was seen dead first and the state is read after that: what it wrote last is there.
        run = self.api.run(run_id)
        if run["state_type"] == "CANCELLING":
            self._tell(
                run, self.api.propose(run_id, "CANCELLED", message="Its process has ended."), "cancelled"
            )
        elif run["state_type"] in ("RUNNING", "PENDING"):
            self._schedule(run, one)

    def _schedule(self, run: Json, one: FlowProcess | None) -> None:
        times = (one.times if one else 0) + 1
        if times > MOST_TIMES:
            reason = f"Its process died {times - 1} times; it is given up."
            self._tell(run, self.api.propose(run["id"], "CRASHED", message=reason), "given up")
            return
        pause = timedelta(seconds=0 if times <= SLOW_AFTER else min(2 ** (times - SLOW_AFTER), 60))
        if one:
            flow_process_files.keep_flow_process(self.carriers, one.model_copy(update={"times": times}))
        refusal = self.api.propose(
            run["id"],
            "SCHEDULED",
            name="TakenUp",
            message="Its process died; it is taken up from the first line.",
            at=datetime.now(UTC) + pause,
        )
        self._tell(run, refusal, f"taken up for the {times}. time" + (f", in {pause}" if pause else ""))

    def _end(self, one: FlowProcess) -> None:
        end_flow_process(one)
        self.hurry()

    def _forget_the_dead(self) -> None:
        """Drop the files of runs that ended or were suspended: nobody carries them, and nobody has to."""
        for one in flow_process_files.flow_processes(self.carriers):
            if not one.process.alive and not self._goes_on(one.run_id):
                flow_process_files.forget_flow_process(self.carriers, one.run_id)

    def _goes_on(self, run_id: str) -> bool:
        try:
            return self.api.run(run_id)["state_type"] in ("SCHEDULED", "PENDING", "RUNNING", "CANCELLING")
        except PrefectRefused:
            return False  # somebody deleted it

    def _tell(self, run: Json, refusal: str | None, done: str) -> None:
        self.say(f"run {run['name']} ({run['id']}): {f'could not be {done}: {refusal}' if refusal else done}")


def end_flow_process(one: FlowProcess) -> None:
    """Kill the process of a run, with all that it started.

    A flow that is asked politely calls itself Crashed, and Prefect believes it. What it was in the middle of is in
    the record as an intent.
    """
    if one.process.alive:
        for member in process_family(one.process.pid):
            send_signal(member, signal.SIGKILL)
