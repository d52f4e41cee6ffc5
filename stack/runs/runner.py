"""The runner: once a second, start what is due; every few seconds, take up what was left lying.

A single thread that talks plain HTTP and forks a flow process per run. It may die at any line: flow processes
live on without it, the next runner finds them in their files, and a run whose process is gone is scheduled anew
under the same id (the response reads back what it had finished). Of several runners, on however many machines, the
one that holds the lease runs; the others stand by.
"""

import fcntl
import math
import os
import signal
import socket
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from blocks.installation.platform_files import PlatformFiles, newest_platform_file
from blocks.installation.switch_variables import make_switches
from blocks.prefect_api import PrefectApi
from blocks.record.process_leases import PoollessLeases, runner_lease
from blocks.record.schema_migration import migrate
from blocks.retry import wait_until
from blocks.settings import HERE, Settings
from outage.errors import OutageError
from stack.processes import fork_target, state_layout
from stack.processes.heartbeats import show_life
from stack.processes.lease_keeper import LeaseKeeper
from stack.processes.own_processes import identify_process
from stack.runs import deployments, flow_process, flow_process_files
from stack.runs.drill_parameters import drills_of_platforms
from stack.runs.flow_process import FlowProcessJob
from stack.runs.orphan_runs import Orphans, end_flow_process

POLL_SECONDS = 1.0
"""A run waits half of this on average; one poll costs the server a hundredth of a second."""

TAKE_UP_SECONDS = 3.0
SOURCE_SECONDS = 5.0
SETTLED_SECONDS = 2.0
"""Not in the middle of an edit."""

MOST_PROCESSES = 16
"""Flow processes at a time; further runs wait their turn."""

ROOMS = ("outage", "blocks", "tasks", "flows", "stack")
KEPT_LOG_DAYS = 14
T = TypeVar("T")


class Runner:
    """One runner. `tick` returns a job in the child, which must then leave and carry it."""

    def __init__(self, settings: Settings, say: Callable[[str], None], pool: str = "") -> None:
        self.settings = settings
        self.pool = pool
        """The work pool whose runs it carries; empty for those that are of none."""
        self.say = say
        self.api = PrefectApi(settings.prefect_api_url)
        self.carriers = state_layout.flow_states(settings)
        self.report = state_layout.state_folder(settings, "flows")
        self.entrypoints: dict[str, str] = {}
        """Deployment id → entrypoint."""
        self.orphans = Orphans(self.api, self.carriers, say)
        self.lease = LeaseKeeper(self._leases, runner_lease(pool))
        self._migrated = False
        self._last_problem = ""
        self._source = self._next_source = 0.0
        self._registrar: int | None = None
        self._children: set[int] = set()
        self.read_report()  # what the runner before us knew: runs need not wait for the making-known

    def keep_deployments(self) -> None:
        """Make the deployments known, at the start and whenever our source changed; a child does it.

        A worker of a pool makes none known: the runner beside the server does, so that runs can wait for their worker.
        """
        if self._registrar is not None:
            done, outcome = os.waitpid(self._registrar, os.WNOHANG)
            if not done:
                return
            self._registrar = None
            if outcome != 0:
                self._source = 0.0
            self.read_report()
        if time.monotonic() < self._next_source:
            return
        self._next_source = time.monotonic() + SOURCE_SECONDS
        newest = max(flow_process.newest_source(HERE, ROOMS), newest_platform_file(self.settings))
        if newest > self._source and (time.time() - newest > SETTLED_SECONDS or not self._source):
            self._source = newest
            self._registrar = self._register()

    def _leases(self) -> PoollessLeases:
        if not self._migrated:
            migrate(self.settings.record_dsn)
            self._migrated = True
        return PoollessLeases(self.settings.record_dsn)

    def may_run(self) -> bool:
        """Whether this runner holds the lease.

        Raises:
            SystemExit: Another one has it after it was ours: it takes up what we carried, so our processes end.
        """
        try:
            held = self.lease.held()
            problem = "" if held else "stands by: another runner holds the lease"
        except OutageError as error:
            held, problem = False, f"stands by: {error}"
        if problem and problem != self._last_problem:
            self.say(problem)
        self._last_problem = problem or self._last_problem
        if self.lease.lost:
            self.say("another runner took the lease over: ends, and all that it carried")
            self.end_flow_processes()
            raise SystemExit(1)
        return held

    def stop(self) -> None:
        """Leave. A container ends with its first process: what it carries goes first, and the next begins at once."""
        if os.getpid() == 1:
            self.end_flow_processes()
            self.lease.give_back()

    def end_flow_processes(self) -> None:
        """Kill what this runner carries; their incidents go on elsewhere, from what the record holds."""
        for one in flow_process_files.flow_processes(self.carriers):
            end_flow_process(one)

    def read_report(self) -> None:
        """Which deployments there are."""
        report = deployments.report_deployments(self.report)
        known = report.known if report else ()
        self.entrypoints = {one.id: one.entrypoint for one in known if one.pool == self.pool}

    def keep_pool(self) -> None:
        """Show the pool that its worker is there, and ask which runs wait in it."""
        if time.monotonic() < self._next_source:
            return
        self._next_source = time.monotonic() + SOURCE_SECONDS
        self.api.beat_work_pool(self.pool, socket.gethostname(), round(SOURCE_SECONDS))
        found = self.api.deployments_in_pool(self.pool)
        self.entrypoints = {one["id"]: one["entrypoint"] for one in found}

    def _register(self) -> int:
        pid = os.fork()
        if pid:
            return pid
        failed = 1
        try:
            fork_target.forget_rooms()
            found = deployments.deployment_definitions(self.settings.deployments_file)
            files = PlatformFiles(self.settings)
            pools = files.pools()
            own = pools.pop("")
            with PrefectApi(self.settings.prefect_api_url) as api:
                wanted = deployments.with_platforms(found, pools, own)
                drills = drills_of_platforms(files, self.settings.faults_folder)
                deployments.make_all_known(api, wanted, self.report, self.say, drills)
                make_switches(api, [one.name for one in files.registry().platforms])
            failed = 0
        except OutageError as error:
            self.say(str(error))
        finally:
            os._exit(failed)  # a fork must not run the runner's own endings

    def tick(self) -> FlowProcessJob | None:
        """Start what is due.

        Returns:
            In a child the run that it is to become; None in the runner itself.

        Raises:
            PrefectUnreachable: The server did not answer. Transient.
        """
        self.reap()
        if not self.entrypoints:
            return None
        for run in self.api.due_runs(list(self.entrypoints), datetime.now(UTC)):
            if job := self.begin(run["id"], run["deployment_id"]):
                return job
        return None

    def begin(self, run_id: str, deployment_id: str) -> FlowProcessJob | None:
        """Start one run: None in the runner, the job in the child.

        Args:
            run_id: The run that is due; one whose process lives still is left for the next tick.
            deployment_id: Whose flow it runs.
        """
        before = flow_process_files.flow_process_of(self.carriers, run_id)
        if before and before.process.alive:
            return None  # it was resumed while the process that suspended it is still leaving
        if (
            len([one for one in flow_process_files.flow_processes(self.carriers) if one.process.alive])
            >= MOST_PROCESSES
        ):
            return None
        if refusal := self.api.propose(run_id, "PENDING"):
            self.say(f"run {run_id} is not started: {refusal}")
            return None
        job = FlowProcessJob(
            run_id=run_id,
            entrypoint=self.entrypoints[deployment_id],
            log=state_layout.flow_log(self.settings, run_id),
        )
        times = before.times if before else 0
        pid = os.fork()
        self._children.add(pid)
        self.note(run_id, pid or os.getpid(), times)  # both write it: either of them may die now
        return job if pid == 0 else None

    def note(self, run_id: str, pid: int, times: int) -> None:
        """Write down who carries a run."""
        if process := identify_process(pid):
            flow_process_files.keep_flow_process(
                self.carriers, flow_process_files.FlowProcess(run_id=run_id, process=process, times=times)
            )

    def reap(self) -> None:
        """Bury flow processes that ended; whether their runs ended too is looked at right away."""
        for child in list(self._children):
            if os.waitpid(child, os.WNOHANG)[0]:
                self._children.discard(child)
                self.orphans.hurry()

    def look_for_orphans(self) -> None:
        """Take up runs that nobody carries, end those that a person cancelled."""
        self.orphans.look(list(self.entrypoints))

    def guarded(self, action: Callable[[], T | None]) -> T | None:
        """Do something that the server may refuse or not answer; the same problem is told once."""
        try:
            job = action()
        except OutageError as error:
            if str(error) != self._last_problem:
                self.say(str(error))
            self._last_problem = str(error)
            return None
        self._last_problem = ""
        return job


def serve_runs(settings: Settings, pool: str) -> FlowProcessJob | None:
    """Run until told to stop; returns a job in a forked child.

    Args:
        settings: Of this installation.
        pool: The work pool whose runs it carries; empty for those that are of none.

    Returns:
        In a child the run that it is to become; None in the runner itself, once it was told to stop.
    """
    lock = _only_runner(settings)
    fork_target.preload_modules()
    runner = Runner(settings, log_runner, pool)
    try:
        _await_server(runner)
        job = _loop(runner)
    except SystemExit as end:
        runner.stop()
        os._exit(
            int(end.code or 0)
        )  # what was imported has endings of its own, which take longer than a pod is given
    if job:
        lock.close()  # an inherited file keeps the lock for as long as the flow runs
        runner.api.close()
    return job


def _loop(runner: Runner) -> FlowProcessJob | None:
    next_look = 0.0
    while True:
        began = time.monotonic()
        write_heartbeat(runner.settings)
        if not runner.may_run():
            time.sleep(POLL_SECONDS)
            continue
        if runner.pool:
            runner.guarded(runner.keep_pool)
        else:
            runner.keep_deployments()
        if job := runner.guarded(runner.tick):
            return job
        if began >= next_look or runner.orphans.hurried:
            next_look = began + TAKE_UP_SECONDS
            runner.guarded(runner.look_for_orphans)
        time.sleep(max(0.0, POLL_SECONDS - (time.monotonic() - began)))


def _await_server(runner: Runner) -> None:
    """Wait for Prefect's server, however long it takes: without it there is nothing to run."""
    told = ""

    def answers() -> bool:
        nonlocal told
        why = runner.api.healthy()
        if why and why != told:
            log_runner(f"waiting: {why}")
        told = why or ""
        write_heartbeat(runner.settings)
        return not why

    wait_until(answers, math.inf, 0.2)


def _only_runner(settings: Settings):  # type: ignore[no-untyped-def]
    """Hold the right to be the runner of this home: two would start everything twice."""
    path = settings.home / "run" / "runner.lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    file = path.open("w")
    fcntl.flock(file, fcntl.LOCK_EX)
    return file


def write_heartbeat(settings: Settings) -> None:
    """Show the supervisor that the loop goes round."""
    show_life(settings, "runner")


def clear_old_logs(folder: Path) -> None:
    """Drop the words of flow processes that nobody will ask about any more."""
    if folder.is_dir():
        for path in folder.glob("*.log"):
            if time.time() - path.stat().st_mtime > KEPT_LOG_DAYS * 86400:
                path.unlink(missing_ok=True)


def log_runner(words: str) -> None:
    """One line in the runner's log."""
    print(f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} {words}", flush=True)  # noqa: T201


def main() -> None:
    """Be the runner, of the work pool that is given as the argument; or, in a child, carry a flow."""
    settings = Settings()
    clear_old_logs(settings.home / "logs" / "flows")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    job = serve_runs(settings, "".join(sys.argv[1:2]))
    if job:
        flow_process.settle_flow_process(job)
        flow_process.run_flow(job)
        sys.exit(0)


if __name__ == "__main__":
    main()
