"""Starting, watching and ending processes of ours, by pid and moment of birth, never by name.

A pid alone is not a name: it is given to somebody else later. With the moment of birth (in clock ticks since
boot, as the kernel counts) it is. psutil tells that moment by the wall clock, which is set now and then: what is
written down today must be equal tomorrow, so that one number is read here. What is started here outlives the command
that started it.
"""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import psutil

from blocks.retry import wait_until
from outage.value import Value


class Running(Value):
    """A process that was started, and when, so that it can be told from a later owner of its pid."""

    pid: int
    born: int
    """Clock ticks since boot."""

    @property
    def alive(self) -> bool:
        """Whether it still runs; a zombie does not."""
        return born_at(self.pid) == self.born


def born_at(pid: int) -> int | None:
    """When a process was born, in clock ticks since boot; None when there is none, or only its zombie."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    # The name in parentheses may hold anything, also spaces and parentheses: count from the last one.
    words = stat[stat.rfind(")") + 2 :].split()
    return None if words[0] in "ZX" else int(words[19])


def identify_process(pid: int) -> Running | None:
    """A live process by its pid, or None."""
    when = born_at(pid)
    return None if when is None else Running(pid=pid, born=when)


def age_seconds(process: Running) -> float:
    """How long a process has been running."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) - process.born / os.sysconf("SC_CLK_TCK")


def start_process(
    arguments: Sequence[str], *, log: Path, folder: Path, environment: Mapping[str, str]
) -> subprocess.Popen[bytes]:
    """Start a process of its own session whose words go to a log file.

    A shell starts background children with SIGINT ignored, and Prefect passes SIGTERM on to itself as SIGINT:
    ignored signals are inherited, so they are put back to their defaults first.

    Args:
        arguments: The command, never through a shell.
        log: File that its words are appended to; its folder is made.
        folder: Where it works.
        environment: All of it; nothing of ours is inherited.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as words:
        return subprocess.Popen(
            arguments,
            cwd=folder,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=words,
            stderr=words,
            start_new_session=True,
            preexec_fn=default_signals,
        )


def default_signals() -> None:
    """Put the signals that ask a process to stop back to their defaults."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGCHLD):
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, [])


def send_signal(process: Running, number: signal.Signals) -> None:
    """Send a signal to the process if it still is the one we mean."""
    if process.alive:
        with contextlib.suppress(ProcessLookupError):
            os.kill(process.pid, number)


def end_process(process: Running, *, politely: signal.Signals, within_seconds: float) -> bool:
    """Ask a process to stop and wait; kill it when it does not. True when it went by itself."""
    send_signal(process, politely)
    if wait_for_end(process, within_seconds):
        return True
    send_signal(process, signal.SIGKILL)
    wait_for_end(process, 5)
    return False


def wait_for_end(process: Running, seconds: float) -> bool:
    """Wait for a process to be gone; False when it is still there afterwards."""

    def gone() -> bool:
        with contextlib.suppress(ChildProcessError):
            os.waitpid(process.pid, os.WNOHANG)  # our own child stays a zombie until it is asked for
        return not process.alive

    return wait_until(gone, seconds, 0.02) is not None


def process_family(session: int) -> list[Running]:
    """Every live process of one session: a leader that was killed leaves its children in it."""
    found = []
    for pid in psutil.pids():
        with contextlib.suppress(OSError):
            if os.getsid(pid) == session and (one := identify_process(pid)):
                found.append(one)
    return found


def marked_processes(name: str, value: str) -> list[Running]:
    """Every live process but this one whose environment has a variable with this value."""
    found = []
    for pid in psutil.pids():
        with contextlib.suppress(psutil.Error, OSError):
            if pid != os.getpid() and psutil.Process(pid).environ().get(name) == value:
                found.append(identify_process(pid))
    return [one for one in found if one]


def listener_pid(port: int) -> str | None:
    """Who listens on a TCP port of this machine, as `process 123 (name)`, or None when we cannot tell."""
    with contextlib.suppress(psutil.Error, OSError):
        for one in psutil.net_connections("tcp"):
            if one.status == psutil.CONN_LISTEN and one.laddr and one.laddr.port == port and one.pid:
                return f"process {one.pid} ({psutil.Process(one.pid).name()})"
    return None
