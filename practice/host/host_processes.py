"""What of the cluster runs; starting and ending it.

psutil tells what runs. Three things it does not: the network namespace that a process lives in, whether its program
was replaced by a newer build (psutil gives the name without the kernel's mark), and a signal that cannot reach
another process: a recycled pid is never killed, because it is held by a descriptor and looked at once more before
the signal is sent.
"""

import os
import signal
import subprocess
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from blocks.retry import wait_until
from practice import places
from practice.cluster import cluster_layout
from practice.cluster.cluster_layout import Place
from practice.practice_errors import PracticeError


@dataclass(frozen=True)
class Process:
    """One process of the cluster."""

    pid: int
    command: tuple[str, ...]
    namespace: int
    """The inode of its network namespace, which is the namespace's identity."""

    @property
    def name(self) -> str:
        """The component it is, without the folder it was started from."""
        return Path(self.command[0]).name if self.command else ""

    @property
    def started(self) -> float:
        """When it was started, in seconds since the epoch; 0 when it is gone."""
        try:
            return psutil.Process(self.pid).create_time()
        except psutil.Error:
            return 0.0


def all_processes() -> Iterator[Process]:
    """Yield every live process of this machine that can be looked at."""
    for pid in psutil.pids():
        if (process := look_at(pid)) is not None:
            yield process


def look_at(pid: int) -> Process | None:
    """Return one process; None when it is gone, a zombie or a thread of the kernel."""
    try:
        command = psutil.Process(pid).cmdline()
        inode = os.stat(f"/proc/{pid}/ns/net").st_ino
    except (psutil.Error, OSError):
        return None
    return Process(pid, tuple(command), inode) if command else None


def find_processes(name: str, place: Place) -> Process | None:
    """Return the component of that name in a place, or None when it does not run."""
    binary = str(cluster_layout.binaries_folder() / name)
    try:
        inode = place.netns.stat().st_ino
    except OSError:
        return None
    for process in all_processes():
        if process.namespace == inode and process.command[0] == binary:
            return process
    return None


def runs_as(command: Sequence[str], place: Place) -> bool:
    """Tell whether a component runs, from this binary and with these arguments; one that does otherwise is ended.

    A component stopped by a signal is there and does nothing; it is ended too.
    """
    process = find_processes(Path(command[0]).name, place)
    if process is None:
        return False
    if (
        process.command == tuple(command)
        and is_from(process, Path(command[0]))
        and not frozen_processes(process)
    ):
        return True
    end_processes(process)
    require_within(
        lambda: look_at(process.pid) != process, 10, f"{process.name} could not be ended", pause=0.02
    )
    return False


def is_from(process: Process, binary: Path) -> bool:
    """Tell whether a process runs the program that a name stands for now, not an older build of it."""
    try:
        return Path(os.readlink(f"/proc/{process.pid}/exe")) == binary.resolve()
    except OSError:
        return False


def start_host_process(
    command: Sequence[str], log: str, environment: Mapping[str, str] | None = None
) -> None:
    """Start a command that outlives this one, marked as the cluster's, with its output appended to a log."""
    cluster_layout.logs_folder().mkdir(parents=True, exist_ok=True)
    system = "/usr/sbin:/usr/bin:/sbin:/bin"
    settings = {
        "PATH": os.environ.get("PATH", system),
        cluster_layout.MARK: str(places.practice_home()),
        **(environment or {}),
    }
    with (cluster_layout.logs_folder() / f"{log}.log").open("ab") as output:
        subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env=settings,
            cwd="/",
            start_new_session=True,
        )


def kill_process(processes: Iterable[Process], how: signal.Signals = signal.SIGKILL) -> None:
    """Send a signal to each process that is still the one we looked at."""
    for process in processes:
        try:
            handle = os.pidfd_open(process.pid)
        except OSError:
            continue
        try:
            if look_at(process.pid) == process:
                signal.pidfd_send_signal(handle, how)
        except OSError:
            pass
        finally:
            os.close(handle)


def end_processes(process: Process) -> None:
    """Kill a component, and wake what entered the node for it.

    `nsenter` stops itself with the process that it waits for. Left like that it never buries it, and the kernel lets
    a node's first process, though killed, not go before everything on the node is buried.
    """
    pid = parent_of(process.pid)
    waiting = look_at(pid) if pid else None
    kill_process([process])
    if waiting is not None and waiting.name == "nsenter":
        kill_process([waiting], signal.SIGCONT)


def require_within(ready: Callable[[], bool], seconds: float, sentence: str, pause: float = 0.1) -> None:
    """Wait for something to become true.

    Raises:
        PracticeError: It did not in time; the sentence says what.
    """
    if not wait_until(lambda: bool(ready()), seconds, pause):
        raise PracticeError(f"{sentence} within {seconds:.0f} s")


def last_log_words(log: str, lines: int = 3) -> str:
    """Return the end of a component's log, for the sentence that says it died."""
    try:
        text = (cluster_layout.logs_folder() / f"{log}.log").read_text(errors="replace")
    except OSError:
        return "no log"
    return " | ".join(text.strip().splitlines()[-lines:])[-600:]


def frozen_processes(process: Process) -> bool:
    """Tell whether a process is stopped by a signal: there, but doing nothing."""
    try:
        return psutil.Process(process.pid).status() == psutil.STATUS_STOPPED
    except psutil.Error:
        return False


def parent_of(pid: int) -> int | None:
    """Return the process that started one, or has adopted it; None when it is gone or has none."""
    try:
        return psutil.Process(pid).ppid() or None
    except psutil.Error:
        return None
