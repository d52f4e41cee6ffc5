"""Steps that run side by side, and an honest answer to "how long still?".

A step starts when those it names are done. Its time left comes from what it measured itself, else from the last time
it ran on this machine, else it is said to be unknown. When one fails, no other starts and the running ones are told.
"""

import json
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from queue import Empty, Queue

from outage.text.durations import duration_in_words
from practice.host.narration import Say
from practice.practice_errors import Cancelled, NetworkAway, PracticeError

WORTH_TELLING_SECONDS = 3.0
TOLD_EVERY_SECONDS = 15.0
NETWORK_WORDS = ("dial tcp", "no such host", "i/o timeout", "connection refused")
"""In a line of a program that could not reach what it wanted to fetch; it may say much after that."""


@dataclass
class GroundWork:
    """What a running step tells of itself and hears from the others."""

    name: str
    began: float = field(default_factory=time.monotonic)
    share: float | None = None
    """How much of it is done, from 0 to 1; None while it cannot tell."""
    measured_by: str = ""
    """What the share was measured in, such as "packages"."""
    stop: threading.Event = field(default_factory=threading.Event)

    def run(
        self,
        command: Sequence[str],
        folder: Path | None = None,
        environment: Mapping[str, str] | None = None,
        hear: Callable[[str], None] | None = None,
        to_the_end: bool = False,
    ) -> str:
        """Run a long command, line by line, and end it when the step is told to stop; return its last lines.

        Args:
            command: What to run, in a session of its own: Ctrl-C reaches us first.
            folder: Where to run it.
            environment: Its variables; ours for None.
            hear: Gets each line as it comes.
            to_the_end: Never end it early: a package manager that is killed leaves a broken machine.

        Raises:
            Cancelled: The step was told to stop.
            NetworkAway: The command failed, and one of its lines says that something was not reached.
            PracticeError: The command failed.
        """
        tied = [] if to_the_end else ["setpriv", "--pdeathsig", "KILL", "--"]
        process = subprocess.Popen(
            [*tied, *command],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        if not to_the_end:
            threading.Thread(target=self._end_with_step, args=(process,), daemon=True).start()
        last: list[str] = []
        away = False
        for line in process.stdout or ():
            away = away or any(word in line for word in NETWORK_WORDS)
            last = [*last, line.rstrip()][-20:]
            if hear is not None:
                hear(line.rstrip())
        status = process.wait()
        if self.stop.is_set():
            raise Cancelled(f"{self.name} was stopped")
        if status != 0:
            told = " | ".join(last[-4:])[-600:]
            kind = NetworkAway if away else PracticeError
            raise kind(f"{self.name}: {command[0]} ended with exit status {status}: {told}")
        return "\n".join(last)

    def _end_with_step(self, process: "subprocess.Popen[str]") -> None:
        while process.poll() is None:
            if self.stop.wait(0.5):
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                return


@dataclass(frozen=True)
class GroundStep:
    """One piece of work and the steps it waits for."""

    name: str
    run: Callable[[GroundWork], None]
    after: tuple[str, ...] = ()


def run_all(steps: Sequence[GroundStep], say: Say, memory: Path) -> None:
    """Run every step, each as soon as those before it are done.

    Args:
        steps: The work; a name in `after` that is no step's counts as done.
        say: Hears what took long, and what still does.
        memory: File that remembers how long each step took on this machine.

    Raises:
        PracticeError: The first failure, after all running steps have ended.
    """
    _Run(steps, say, memory).to_the_end()


class _Run:
    """One run of a list of steps."""

    def __init__(self, steps: Sequence[GroundStep], say: Say, memory: Path) -> None:
        self.waiting = list(steps)
        self.names = {step.name for step in steps}
        self.done: set[str] = set()
        self.running: dict[str, GroundWork] = {}
        self.ended: Queue[tuple[str, BaseException | None]] = Queue()
        self.stop = threading.Event()
        self.failure: BaseException | None = None
        self.say = say
        self.memory = memory
        self.remembered = _read(memory)
        self.told_at = time.monotonic()

    def to_the_end(self) -> None:
        try:
            self._start_ready()
            while self.running:
                self._wait()
                self._start_ready()
        except BaseException:
            self.stop.set()  # Ctrl-C in the waiting thread: the running steps' commands must not stay behind
            while self.running:
                self._settle(*self.ended.get())
            raise
        if self.failure is not None:
            raise self.failure

    def _start_ready(self) -> None:
        if self.failure is not None:
            return
        for step in list(self.waiting):
            if all(name in self.done or name not in self.names for name in step.after):
                self.waiting.remove(step)
                self.running[step.name] = GroundWork(step.name, stop=self.stop)
                threading.Thread(target=self._carry_out, args=(step,), daemon=True).start()

    def _carry_out(self, step: GroundStep) -> None:
        try:
            step.run(self.running[step.name])
        except BaseException as error:  # noqa: BLE001  (handed to the waiting thread, which raises it)
            self.ended.put((step.name, error))
        else:
            self.ended.put((step.name, None))

    def _wait(self) -> None:
        with suppress(Empty):
            self._settle(*self.ended.get(timeout=1.0))
        if time.monotonic() - self.told_at >= TOLD_EVERY_SECONDS:
            self.told_at = time.monotonic()
            for work in self.running.values():
                self.say(step_progress(work, self.remembered.get(work.name)))

    def _settle(self, name: str, error: BaseException | None) -> None:
        work = self.running.pop(name)
        took = time.monotonic() - work.began
        if error is None:
            self.done.add(name)
            if took >= WORTH_TELLING_SECONDS:
                self.say(f"{name}: done in {_spoken(took)}")
                self.remembered[name] = took
                _write(self.memory, self.remembered)
            return
        self.stop.set()
        if self.failure is None or isinstance(self.failure, Cancelled):
            self.failure = error


def step_progress(work: GroundWork, last_seconds: float | None, now: float | None = None) -> str:
    """Say how long a step has run and how long it may still take, and from what that is known."""
    so_far = (time.monotonic() if now is None else now) - work.began
    begin = f"{work.name}: {_spoken(so_far)} so far"
    if last_seconds is not None and last_seconds > so_far:
        still, last = (
            _spoken(last_seconds - so_far),
            _spoken(last_seconds),
        )
        return f"{begin}, about {still} left (the last time it took {last})"
    if work.share:
        left = so_far * (1 - work.share) / work.share
        return f"{begin}, about {_spoken(left)} left ({work.share:.0%} of its {work.measured_by})"
    if last_seconds is not None:
        return f"{begin}, longer than the last time ({_spoken(last_seconds)})"
    return f"{begin}, time left unknown: it never ran here before"


def _spoken(seconds: float) -> str:
    return duration_in_words(timedelta(seconds=seconds))


def _read(memory: Path) -> dict[str, float]:
    try:
        return {str(name): float(seconds) for name, seconds in json.loads(memory.read_text()).items()}
    except (OSError, ValueError, AttributeError):
        return {}  # no memory only makes the guess worse


def _write(memory: Path, remembered: Mapping[str, float]) -> None:
    memory.parent.mkdir(parents=True, exist_ok=True)
    memory.write_text(json.dumps(remembered, indent=1, sort_keys=True))
