"""The supervisor: starts the processes of the stack, and starts a dead one again within a second.

All but PostgreSQL are forks of it (`stack.processes.fork_target`).

It may be killed too: the processes live on, and the next supervisor (`outage up` starts one) adopts those that still
run by pid and moment of birth. Its own state is one small file per process.
"""

import fcntl
import os
import signal
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from blocks.settings import HERE, Settings
from outage.errors import OutageError
from outage.value import Value
from stack import embedded_postgres
from stack.processes import own_processes, state_layout
from stack.processes.fork_target import ForkTarget, fork_process, preload_modules
from stack.processes.heartbeats import last_beat, show_life
from stack.processes.own_processes import Running
from stack.processes.stack_services import StackService, stack_services
from stack.runs import flow_process_files
from stack.runs.orphan_runs import end_flow_process

LOOK_SECONDS = 0.25
HEALTH_SECONDS = 10.0
LONGEST_PAUSE_SECONDS = 30.0
SETTLED_SECONDS = 60.0
"""A process that lived this long and then died is started at once, however often it died before."""

LARGEST_LOG_BYTES = 20_000_000


class SupervisorState(Value):
    """What is written down about one process."""

    name: str
    process: Running
    started_at: datetime
    deaths: int = 0
    """How often in a row it died young; 0 when all is well."""
    why: str = ""
    """`died` when it took the place of a dead one; for whoever reads the file."""
    died_at: datetime | None = None
    """When its forerunner was found dead; None when it had none."""
    choice: str = ""
    """Mark of what `outage up` had chosen when it was started."""

    def follows(self, service: StackService, choice: str) -> bool:
        """Whether it works by a choice of `outage up`: it was started with it, or does not care."""
        return not service.follows_choice or self.choice == choice


def supervisor_state(settings: Settings, name: str) -> SupervisorState | None:
    """What is written down about a process, living or dead.

    Returns:
        None when nothing is, or nothing that can be read.
    """
    try:
        return SupervisorState.model_validate(
            flow_process_files.read_state_file(state_layout.state_folder(settings, name))
        )
    except ValueError:
        return None


class SupervisedProcess:
    """One process in the supervisor's care."""

    def __init__(self, settings: Settings, service: StackService, say: Callable[[str], None]) -> None:
        self.settings = settings
        self.service = service
        self.say = say
        self.state = supervisor_state(settings, service.name)
        self._next_start = 0.0
        self._next_health = 0.0
        self._well_at: float | None = None
        self._died_at: datetime | None = None

    @property
    def alive(self) -> bool:
        """Whether its process runs."""
        return bool(self.state and self.state.process.alive)

    def look(self, choice: str) -> None:
        """Start it when it is dead, anew when something else was chosen, kill it when it was sick for too long.

        Args:
            choice: Mark of what `outage up` has chosen by now.
        """
        now = time.monotonic()
        if self.alive and self.state and not self.state.follows(self.service, choice):
            self._renew()
        elif not self.alive:
            if self._next_start == 0.0:
                self._next_start = now + self._pause()
                self._died_at = datetime.now(UTC) if self.state else None
            if now >= self._next_start:
                self.start()
        elif now >= self._next_health:
            self._next_health = now + HEALTH_SECONDS
            self._judge(now)

    def _renew(self) -> None:
        """Start it anew with what was chosen; that is no death."""
        self.say(f"{self.service.name} is started anew: something else was chosen")
        self.stop()
        self.state = None
        self.start()

    def start(self) -> None:
        """Start it."""
        chosen = state_layout.choice_mark(self.settings)  # before it reads it: rather once too often anew
        deaths = self._deaths()
        log = state_layout.log_path(self.settings, self.service.name)
        _turn_over(log)
        pid = self._begin(log)
        born = own_processes.identify_process(pid) or Running(pid=pid, born=-1)
        why = "died" if self.state else ""
        self.state = SupervisorState(
            name=self.service.name,
            process=born,
            started_at=datetime.now(UTC),
            deaths=deaths,
            why=why,
            died_at=self._died_at,
            choice=chosen,
        )
        flow_process_files.replace_file(
            state_layout.state_folder(self.settings, self.service.name), self.state.model_dump_json()
        )
        self.say(f"started {self.service.name} as process {pid}" + (f" ({why})" if why else ""))
        self._next_start, self._well_at = 0.0, None
        self._next_health = time.monotonic() + HEALTH_SECONDS

    def _begin(self, log: Path) -> int:
        environment = state_layout.stack_environment(self.settings)
        begins = self.service.begins()
        if isinstance(begins, ForkTarget):
            return fork_process(begins, log=log, environment=environment, folder=HERE)
        return own_processes.start_process(begins, log=log, environment=environment, folder=Path("/")).pid

    def stop(self) -> None:
        """Stop it, politely first."""
        if self.state and self.alive:
            own_processes.end_process(
                self.state.process, politely=self.service.stop, within_seconds=self.service.stop_seconds
            )

    def _deaths(self) -> int:
        if self.state is None:
            return 0
        lived = (datetime.now(UTC) - self.state.started_at).total_seconds()
        return 1 if lived > SETTLED_SECONDS else self.state.deaths + 1

    def _pause(self) -> float:
        deaths = self._deaths()
        return 0.0 if deaths <= 2 else min(2.0 ** (deaths - 2), LONGEST_PAUSE_SECONDS)

    def _judge(self, now: float) -> None:
        why = self.service.needs_restart()
        if why is None:
            self._well_at = now
        elif self._well_at is not None and now - self._well_at > self.service.patience_seconds and self.state:
            self.say(f"{self.service.name} is sick and gets killed: {why}")
            own_processes.send_signal(self.state.process, signal.SIGKILL)


class Supervisor:
    """All of them."""

    def __init__(self, settings: Settings, say: Callable[[str], None]) -> None:
        self.settings = settings
        self.say = say
        self.charges = [SupervisedProcess(settings, service, say) for service in stack_services(settings)]
        self.told_to_stop = False

    def keep(self) -> None:
        """Go round until told to stop."""
        self._database_first()
        preload_modules()
        self.say("everything is imported")
        while not self.told_to_stop:
            show_life(self.settings, "supervisor")
            choice = state_layout.choice_mark(self.settings)
            for charge in self.charges:
                charge.look(choice)
            reap_children()
            time.sleep(LOOK_SECONDS)
        self.stop()

    def stop(self) -> None:
        """Stop everything, last started first; flows right after the runner, before the server that they need."""
        for charge in reversed(self.charges):
            charge.stop()
            self.say(f"stopped {charge.service.name}")
            if charge.service.name == "runner":
                for carrier in flow_process_files.flow_processes(state_layout.flow_states(self.settings)):
                    end_flow_process(carrier)

    def _database_first(self) -> None:
        folder = state_layout.embedded_folder(self.settings)
        if folder:
            embedded_postgres.prepare_postgres(folder)
            self.charges[0].look(state_layout.choice_mark(self.settings))
        embedded_postgres.await_answer(state_layout.database_file(self.settings, "postgres"), 30)
        embedded_postgres.make_databases(
            state_layout.database_file(self.settings, "postgres"), "prefect", "outage"
        )


def reap_children() -> None:
    """Bury children that ended, so that none stays a zombie."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        return


def sweep_leftovers(settings: Settings) -> list[Running]:
    """Every live process but our own that carries this stack's mark: flows, and what lost its file."""
    return own_processes.marked_processes(state_layout.MARK, str(settings.home))


def _last_life(settings: Settings, before: SupervisorState | None) -> datetime | None:
    """When the supervisor before this one lived last; None when there was none, or it left as it was told."""
    return last_beat(settings, "supervisor") if before else None


def _turn_over(log: Path) -> None:
    if log.exists() and log.stat().st_size > LARGEST_LOG_BYTES:
        log.replace(log.with_suffix(".log.1"))


def log_supervisor(words: str) -> None:
    """One line in the supervisor's log."""
    print(f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} {words}", flush=True)  # noqa: T201


def main() -> int:
    """Be the supervisor of a home, unless it has one."""
    settings = Settings()
    (settings.home / "run").mkdir(parents=True, exist_ok=True)
    lock = (settings.home / "run" / "supervisor.lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        log_supervisor("another supervisor is at work here")
        return 0
    supervisor = Supervisor(settings, log_supervisor)

    def stop(*_: Any) -> None:
        supervisor.told_to_stop = True

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    before = supervisor_state(settings, "supervisor")
    me = own_processes.identify_process(os.getpid()) or Running(pid=os.getpid(), born=0)
    mine = SupervisorState(
        name="supervisor", process=me, started_at=datetime.now(UTC), died_at=_last_life(settings, before)
    )
    flow_process_files.replace_file(state_layout.state_folder(settings, "supervisor"), mine.model_dump_json())
    try:
        supervisor.keep()
    except ForkTarget as role:
        lock.close()  # an inherited file would keep the lock for as long as the process runs
        role.enter()
    except OutageError as error:
        supervisor.stop()
        log_supervisor(str(error))  # last, because `up` passes on the last words
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
