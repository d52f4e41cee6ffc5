"""Processes are named by pid and moment of birth."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import psutil

from stack.processes import own_processes
from stack.processes.own_processes import Running

SLEEP = "import time; print('ready', flush=True); time.sleep(60)"


def sleeper(tmp_path: Path, code: str = SLEEP, environment: Mapping[str, str] | None = None) -> Running:
    """A process that sleeps, once it has said so."""
    log = tmp_path / "log"
    started = own_processes.start_process(
        [sys.executable, "-c", code], log=log, folder=tmp_path, environment=environment or {}
    )
    while "ready" not in log.read_text():
        time.sleep(0.01)
    found = own_processes.identify_process(started.pid)
    assert found
    return found


def test_a_process_is_alive_until_it_is_ended(tmp_path: Path) -> None:
    """It leaves when asked politely."""
    process = sleeper(tmp_path)
    assert process.alive

    assert own_processes.end_process(process, politely=signal.SIGTERM, within_seconds=5)
    assert not process.alive


def test_a_deaf_process_is_killed(tmp_path: Path) -> None:
    """Politeness has an end."""
    process = sleeper(
        tmp_path,
        "import signal, time; signal.signal(15, signal.SIG_IGN); print('ready', flush=True); time.sleep(60)",
    )

    assert not own_processes.end_process(process, politely=signal.SIGTERM, within_seconds=0.2)
    assert not process.alive


def test_a_later_owner_of_the_pid_is_somebody_else(tmp_path: Path) -> None:
    """Pids are given again; we never signal a stranger."""
    process = sleeper(tmp_path)
    stranger = process.model_copy(update={"born": process.born - 1})
    own_processes.send_signal(stranger, signal.SIGKILL)

    assert not stranger.alive
    assert process.alive
    own_processes.end_process(process, politely=signal.SIGKILL, within_seconds=5)


def test_a_zombie_is_dead() -> None:
    """It has a pid and does nothing."""
    child = subprocess.Popen(["true"])
    time.sleep(0.2)

    assert own_processes.identify_process(child.pid) is None
    child.wait()


def test_a_process_hears_interrupts_also_when_a_script_started_us(tmp_path: Path) -> None:
    """A shell starts background jobs with SIGINT ignored, and that is inherited."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        process = sleeper(tmp_path)
    finally:
        signal.signal(signal.SIGINT, before)

    assert own_processes.end_process(process, politely=signal.SIGINT, within_seconds=5)


def test_a_started_process_has_a_session_of_its_own(tmp_path: Path) -> None:
    """It outlives the terminal that it was started from."""
    process = sleeper(tmp_path)

    assert own_processes.process_family(process.pid) == [process]
    own_processes.end_process(process, politely=signal.SIGKILL, within_seconds=5)


def test_who_listens_on_a_port_is_told_by_pid_and_name() -> None:
    """`outage up` says whom to ask when its port is taken."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert own_processes.listener_pid(port) == f"process {os.getpid()} ({psutil.Process().name()})"

    assert own_processes.listener_pid(port) is None


def test_a_process_is_found_by_a_variable_it_was_started_with(tmp_path: Path) -> None:
    """What lost its file is found by the mark of its stack, and nothing of another stack."""
    process = sleeper(tmp_path, environment={"OUTAGE_TEST_MARK": str(tmp_path)})

    assert process in own_processes.marked_processes("OUTAGE_TEST_MARK", str(tmp_path))
    assert own_processes.marked_processes("OUTAGE_TEST_MARK", f"{tmp_path}/other") == []
    own_processes.end_process(process, politely=signal.SIGKILL, within_seconds=5)
