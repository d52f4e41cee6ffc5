"""Whole drills on the real cluster: raised as a user raises it, taken down if it was not there before."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from blocks.settings import Settings
from stack.processes.state_layout import flow_states
from stack.runs.flow_process_files import flow_process_of

OUTAGE = [str(Path(sys.executable).with_name("outage"))]
ENVIRONMENT = {key: value for key, value in os.environ.items() if key != "PREFECT_HOME"}


def outage(*words: str, timeout: float = 600) -> subprocess.CompletedProcess[str]:
    """Type an `outage` command without a terminal."""
    return subprocess.run(
        [*OUTAGE, *words],
        capture_output=True,
        text=True,
        timeout=timeout,
        stdin=subprocess.DEVNULL,
        env=ENVIRONMENT,
    )


def kubectl(*words: str) -> str:
    """Type a kubectl command in the platform's namespace, as an administrator."""
    where = ["--kubeconfig=/var/lib/outage-practice/kubeconfig", "--namespace=adaptive-learning-production"]
    program = str(Path(sys.executable).with_name("kubectl"))
    return subprocess.run([program, *where, *words], capture_output=True, text=True, check=True).stdout


def in_json(*words: str) -> Any:
    """Type an `outage` command and read its JSON."""
    said = outage(*words, "--json")
    assert said.returncode == 0, said.stderr
    return json.loads(said.stdout)


def until(what: str, look: Callable[[], Any], seconds: float) -> Any:
    """Look every half second until something true comes back."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := look():
            return found
        time.sleep(0.5)  # a person would look again just so
    raise AssertionError(f"not within {seconds:.0f} s: {what}")


def incidents_so_far() -> list[dict[str, Any]]:
    """What the record knows; nothing where the first drill has yet to raise the stack."""
    said = outage("incidents", "--json")
    found: list[dict[str, Any]] = json.loads(said.stdout)["incidents"] if said.returncode == 0 else []
    return found


class Drill:
    """A drill that was started in the background, as a person without a terminal would."""

    def __init__(self, fault: str) -> None:
        """Start it."""
        self.before = {one["id"] for one in incidents_so_far()}
        self.process = subprocess.Popen(
            [*OUTAGE, "drill", fault, "--json"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=ENVIRONMENT,
        )

    def incident(self, phase: str, seconds: float = 240) -> dict[str, Any]:
        """The drill's incident, once it stands in a phase."""

        def look() -> dict[str, Any] | None:
            found = [one for one in self.opened() if one["drill"] and one["phase"] == phase]
            return found[0] if found else None

        found: dict[str, Any] = until(f"an incident in phase {phase}", look, seconds)
        return found

    def end(self, seconds: float = 300) -> dict[str, Any]:
        """The incident as the drill printed it when it was over."""
        try:
            said, told = self.process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"the drill did not end within {seconds:.0f} s: {self.shown()}") from None
        assert self.process.returncode == 0, told
        ended: dict[str, Any] = json.loads(said)
        return ended

    def shown(self) -> str:
        """What its incidents went through, for whoever reads why a test failed."""
        return "\n\n".join(outage("show", one["id"]).stdout for one in self.opened())

    def opened(self) -> list[dict[str, Any]]:
        """The incidents that there are since it began, its own or not."""
        return [one for one in incidents_so_far() if one["id"] not in self.before]


@pytest.fixture(scope="package", autouse=True)
def stack_down_again(ground: None) -> Iterator[None]:
    """The stack that the first drill raises; taken down again only when it was not up before.

    After this folder, not after all tests: it would answer what the other folders break.
    """
    stood = outage("status").returncode == 0
    yield
    if not stood:
        outage("down")


@pytest.fixture(autouse=True)
def nothing_left_open(stack_down_again: None) -> Iterator[None]:
    """End what a failing test left open, so that it fails alone: no drill begins beside an open incident."""
    yield
    if outage("status").returncode == 0:
        until("every incident ended", nothing_is_open, 300)


def nothing_is_open() -> bool:
    """Decline what waits for an answer; whether everything has ended."""
    standing = [one for one in in_json("incidents")["incidents"] if one["ending"] is None]
    for one in standing:
        if one["phase"] == "awaiting-approval":
            outage("decline", one["id"], "--by", "tests", "--why", "the test ended")
    return not standing


@pytest.fixture
def start_drill(nothing_left_open: None) -> Iterator[Callable[[str], Drill]]:
    """Start drills, and wait for those that a failing test left behind."""
    started: list[Drill] = []

    def start(fault: str) -> Drill:
        started.append(Drill(fault))
        return started[-1]

    yield start
    for drill in started:
        if drill.process.poll() is None:
            until("every incident of it ended", nothing_is_open, 300)
            drill.process.wait(timeout=240)


def kill_everything_of(run_id: str) -> list[int]:
    """Kill -9 the runner and the process of one run, by pid, as a power cut would."""
    dead = [pid for pid in (runner_pid(), flow_pid(run_id)) if pid]
    for pid in dead:
        os.kill(pid, signal.SIGKILL)
    return dead


def runner_pid() -> int | None:
    """Pid of the runner, as `outage status` knows it."""
    for line in in_json("status")["processes"]:
        if line["name"] == "runner" and line.get("pid"):
            return int(line["pid"])
    return None


def flow_pid(run_id: str) -> int | None:
    """Pid of the process that runs a flow run, as the runner wrote it down."""
    found = flow_process_of(flow_states(Settings()), run_id)
    return found.process.pid if found and found.process.alive else None


def writes_of(incident_id: str) -> list[str]:
    """The writes on an incident's timeline."""
    return [entry["says"] for entry in in_json("show", incident_id)["timeline"] if entry["kind"] == "write"]


def prefect_state(run_id: str) -> str:
    """Name of a run's state, from Prefect itself."""
    name: str = httpx.get(f"http://127.0.0.1:4200/api/flow_runs/{run_id}", timeout=10).json()["state"]["name"]
    return name
