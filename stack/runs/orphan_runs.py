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

CLOCKS_DIFFER = timedelta(seconds=30)
"""Between the server and a worker elsewhere; more than that is a clock that was set."""

BEGINS_WITHIN = timedelta(minutes=3)
"""A flow process needs five seconds to its first line; on a machine that is busy with an outage many more."""

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
                if run["state_type"] == "CANCELLING" or waits_for_a_wrong_clock(run, datetime.now(UTC)):
                    self._end(one)
            else:
                self._take_up(run["id"], one)
        for run in self.api.runs_in(deployment_ids, "SCHEDULED"):
            if is_of_the_future(run, datetime.now(UTC)):
                self._begin_now(run)
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

    def _begin_now(self, run: Json) -> None:
        message = "The clock was set back; it is due now."
        refusal = self.api.propose(
            run["id"], "SCHEDULED", name="Scheduled", message=message, at=datetime.now(UTC)
        )
        self._tell(run, refusal, "due now: the clock was set back")

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


def is_of_the_future(run: Json, now: datetime) -> bool:
    """Whether a run was asked for at a time that is still to come: the clock was set back since, and it would wait.

    What a schedule planned ahead is left to its schedule.

    Args:
        run: As the server gave it.
        now: The time, aware UTC.
    """
    asked = (run.get("state") or {}).get("timestamp")
    if run.get("auto_scheduled") or not asked:
        return False
    return datetime.fromisoformat(str(asked)) > now + CLOCKS_DIFFER


def waits_for_a_wrong_clock(run: Json, now: datetime) -> bool:
    """Whether a run's process was told to wait until a time that the clock, set since, makes hours away.

    Nothing of its flow has begun, so that its process can be ended and the run taken up.

    Args:
        run: As the server gave it, with a process that lives.
        now: The time, aware UTC.
    """
    asked = (run.get("state") or {}).get("timestamp")
    if run["state_type"] != "PENDING" or not asked:
        return False
    since = datetime.fromisoformat(str(asked))
    return not now - BEGINS_WITHIN < since < now + CLOCKS_DIFFER


def end_flow_process(one: FlowProcess) -> None:
    """Kill the process of a run, with all that it started.

    A flow that is asked politely calls itself Crashed, and Prefect believes it. What it was in the middle of is in
    the record as an intent.
    """
    if one.process.alive:
        for member in process_family(one.process.pid):
            send_signal(member, signal.SIGKILL)
