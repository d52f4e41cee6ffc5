"""What a cluster leaves running when its names, files and interfaces are gone, and how `down` finds and ends it.

`down` itself is run on an empty machine: namespaces of its own, no cgroups, no process but the test's, so that a
practice cluster that happens to be up is neither seen nor touched. Its first process buries the dead, as a machine's
does.
"""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from practice.cluster import cluster_layout
from practice.host import belonging, host_processes
from practice.host.host_processes import Process

ROOT = Path(__file__).parents[3]
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="namespaces of its own need root")

APART = ["unshare", "--mount", "--net", "--pid", "--fork", "--kill-child", "--propagation", "private", "--"]
EMPTY = """
mount -t proc proc /proc
mount -t tmpfs tmpfs /run
mount -t tmpfs tmpfs /sys/fs/cgroup
"$1" -c "$2" "$3"
"$1" -m cli practice down
"$1" -c "$4"
"""
NODE = """
import os, shutil, signal, subprocess, sys
from practice import places
from practice.cluster import cluster_layout as layout
from practice.host import host_processes as processes

def running(name):
    return [each for each in processes.all_processes() if each.command[0] == str(layout.binaries_folder() / name)]

def await_one(name):
    processes.require_within(lambda: running(name), 10, f"{name} did not start", pause=0.02)
    return running(name)[0].pid

def stopped(name):
    return any(each.name == name and processes.frozen_processes(each) for each in processes.all_processes())

layout.binaries_folder().mkdir(parents=True)
for name in ("node-init", "kubelet"):
    (layout.binaries_folder() / name).symlink_to("/bin/sleep")
first = f"mount -t proc proc /proc; exec {layout.binaries_folder()}/node-init 4321"
apart = ["unshare", "--net", "--mount", "--pid", "--fork", "--propagation", "private", "--"]
processes.start_host_process([*apart, "sh", "-euc", first], log="node-2")
holder = await_one("node-init")
inside = ["nsenter", "--target", str(holder), "--mount", "--pid", "--net", "--"]
processes.start_host_process([*inside, str(layout.binaries_folder() / "kubelet"), "4321"], log="node-2-kubelet")
kubelet = await_one("kubelet")
os.kill(kubelet, signal.SIGSTOP)
processes.require_within(lambda: stopped("nsenter"), 10, "nsenter did not stop with the kubelet", pause=0.02)
if "killed" in sys.argv[1]:
    os.kill(kubelet, signal.SIGKILL)
if "unplugged" in sys.argv[1]:
    os.kill(holder, signal.SIGKILL)
stranger = subprocess.Popen(["sleep", "1234"])
stranger.send_signal(signal.SIGSTOP)
shutil.rmtree(places.practice_home())
"""
LOOK = """
import json
from pathlib import Path

def told(path):
    pid, _, rest = (path / "stat").read_text().partition(" (")
    name, _, fields = rest.rpartition(") ")
    return [name, fields.split()[0]]

print(json.dumps(sorted(told(path) for path in Path("/proc").iterdir() if path.name.isdigit())))
"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A state folder of this test's own."""
    monkeypatch.setenv("OUTAGE_PRACTICE_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def stopped(home: Path, request: pytest.FixtureRequest) -> Iterator["subprocess.Popen[bytes]"]:
    """A process that carries a cluster's mark, ours unless the test says whose, and is stopped by a signal."""
    folder = getattr(request, "param", str(home))
    process = subprocess.Popen(["sleep", "4321"], env={**os.environ, cluster_layout.MARK: folder})
    process.send_signal(signal.SIGSTOP)
    until_stopped(process.pid)
    yield process
    process.kill()
    process.wait()


def until_stopped(pid: int) -> None:
    """Wait until a process has become what it was started as, and is stopped."""

    def is_stopped() -> bool:
        seen = host_processes.look_at(pid)
        return seen is not None and seen.name == "sleep" and host_processes.frozen_processes(seen)

    host_processes.require_within(is_stopped, 10, "the process was not stopped", pause=0.02)


def test_a_stopped_process_of_ours_is_found_without_a_namespace(
    stopped: "subprocess.Popen[bytes]",
) -> None:
    """No name leads to it and its command says nothing; what it was started with does."""
    found = {each.pid: each for each in belonging.our_processes()}

    assert stopped.pid in found
    assert not belonging.is_lost(
        found[stopped.pid]
    )  # it may be on its way into a namespace: `up` leaves it alone


def test_a_stopped_process_is_ended(stopped: "subprocess.Popen[bytes]") -> None:
    """A request to end would wait until somebody wakes it."""
    seen = host_processes.look_at(stopped.pid)
    assert seen is not None

    host_processes.kill_process([seen])

    assert stopped.wait(timeout=5) == -signal.SIGKILL


@pytest.mark.parametrize("stopped", ["/somewhere/else"], indirect=True)
def test_a_process_of_another_cluster_is_not_ours(stopped: "subprocess.Popen[bytes]") -> None:
    """Two state folders are two clusters."""
    assert stopped.pid not in {each.pid for each in belonging.our_processes()}


def test_what_the_house_starts_carries_its_mark(home: Path) -> None:
    """The variable is what `down` looks for."""
    host_processes.start_host_process(["sleep", "43.21"], log="marked")

    def started() -> list[Process]:
        return [each for each in belonging.our_processes() if each.command == ("sleep", "43.21")]

    host_processes.require_within(lambda: bool(started()), 10, "what was started was not found")
    host_processes.kill_process(started())


@pytest.fixture
def entered() -> Iterator["subprocess.Popen[bytes]"]:
    """An `nsenter` that waits for what it started inside another process' namespace."""
    node = subprocess.Popen(["unshare", "--pid", "--fork", "--kill-child", "sleep", "4321"])
    inside = ["nsenter", "--target", str(child_of(node.pid)), "--pid", "--", "sleep", "4322"]
    process = subprocess.Popen(inside)
    yield process
    for each in (process, node):
        each.kill()
        each.wait()


def child_of(pid: int) -> int:
    """Return the process that one has started, as soon as it has become a `sleep`."""

    def found() -> list[int]:
        return [
            each.pid
            for each in host_processes.all_processes()
            if each.name == "sleep" and host_processes.parent_of(each.pid) == pid
        ]

    host_processes.require_within(lambda: bool(found()), 10, "nothing was started", pause=0.02)
    return found()[0]


@needs_root
def test_who_entered_for_a_stopped_process_buries_it(entered: "subprocess.Popen[bytes]") -> None:
    """`nsenter` stops with the kubelet; asleep it would keep the dead one, and with it the whole node."""
    kubelet = child_of(entered.pid)
    os.kill(kubelet, signal.SIGSTOP)
    waiting = host_processes.look_at(entered.pid)
    seen = host_processes.look_at(kubelet)
    assert waiting is not None
    assert seen is not None
    host_processes.require_within(
        lambda: host_processes.frozen_processes(waiting), 10, "nsenter was not stopped", pause=0.02
    )

    host_processes.end_processes(seen)

    assert entered.wait(timeout=5) == -signal.SIGKILL
    assert not Path(f"/proc/{kubelet}").exists()


@needs_root
@pytest.mark.parametrize(
    "state",
    [
        pytest.param("frozen", id="a stopped kubelet and its node"),
        pytest.param("killed", id="a dead kubelet that nobody buries"),
        pytest.param("killed, unplugged", id="a dead node that waits for its kubelet's burial"),
    ],
)
def test_down_ends_a_node_that_no_name_leads_to(tmp_path: Path, state: str) -> None:
    """A stopped `nsenter` holds the kubelet, and the kubelet holds the node; the stranger beside them stays."""
    environment = {
        **os.environ,
        "OUTAGE_PRACTICE_HOME": str(tmp_path / "home"),
        "OUTAGE_CACHE": str(tmp_path / "cache"),
        "PYTHONPATH": str(ROOT),
    }
    said = subprocess.run(
        [*APART, "sh", "-euc", EMPTY, "sh", sys.executable, NODE, state, LOOK],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert said.returncode == 0, said.stdout + said.stderr
    told, seen = said.stdout.strip().splitlines()
    assert told == "the practice cluster is gone; what was built stays in the cache"
    assert [name for name, _ in json.loads(seen)] == sorted(["sh", Path(sys.executable).name, "sleep"])
    assert ["sleep", "T"] in json.loads(seen)
