"""Processes are named by pid and moment of birth."""

import signal
import subprocess
import sys
import time
from pathlib import Path

from stack import processes
from stack.processes import Running


def sleeper(tmp_path: Path, code: str = "import time; print('ready', flush=True); time.sleep(60)") -> Running:
    """A process that sleeps, once it has said so."""
    log = tmp_path / "log"
    started = processes.start([sys.executable, "-c", code], log=log, folder=tmp_path, environment={})
    while "ready" not in log.read_text():
        time.sleep(0.01)
    found = processes.identify(started.pid)
    assert found
    return found


def test_a_process_is_alive_until_it_is_ended(tmp_path: Path) -> None:
    """It leaves when asked politely."""
    process = sleeper(tmp_path)
    assert process.alive

    assert processes.end(process, politely=signal.SIGTERM, within_seconds=5)
    assert not process.alive


def test_a_deaf_process_is_killed(tmp_path: Path) -> None:
    """Politeness has an end."""
    process = sleeper(
        tmp_path,
        "import signal, time; signal.signal(15, signal.SIG_IGN); print('ready', flush=True); time.sleep(60)",
    )

    assert not processes.end(process, politely=signal.SIGTERM, within_seconds=0.2)
    assert not process.alive


def test_a_later_owner_of_the_pid_is_somebody_else(tmp_path: Path) -> None:
    """Pids are given again; we never signal a stranger."""
    process = sleeper(tmp_path)
    stranger = process.model_copy(update={"born": process.born - 1})
    processes.send(stranger, signal.SIGKILL)

    assert not stranger.alive
    assert process.alive
    processes.end(process, politely=signal.SIGKILL, within_seconds=5)


def test_a_zombie_is_dead() -> None:
    """It has a pid and does nothing."""
    child = subprocess.Popen(["true"])
    time.sleep(0.2)

    assert processes.identify(child.pid) is None
    child.wait()


def test_a_process_hears_interrupts_also_when_a_script_started_us(tmp_path: Path) -> None:
    """A shell starts background jobs with SIGINT ignored, and that is inherited."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        process = sleeper(tmp_path)
    finally:
        signal.signal(signal.SIGINT, before)

    assert processes.end(process, politely=signal.SIGINT, within_seconds=5)


def test_a_started_process_has_a_session_of_its_own(tmp_path: Path) -> None:
    """It outlives the terminal that it was started from."""
    process = sleeper(tmp_path)

    assert processes.family(process.pid) == [process]
    processes.end(process, politely=signal.SIGKILL, within_seconds=5)
