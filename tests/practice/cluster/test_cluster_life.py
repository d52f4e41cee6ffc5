"""The local cluster's life and death: kill -9 of anything is repaired, and `down` leaves nothing behind."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from practice import ground as practice_ground
from practice import places, platform
from practice.cluster import (
    api_server,
    cluster_layout,
    cluster_status,
    control_plane,
    raise_cluster,
    runbook_shell,
    worker_nodes,
)
from practice.host import belonging, cgroups, host_commands, host_network, host_processes
from practice.host.ground_steps import GroundWork
from practice.host.host_processes import Process
from practice.practice_errors import PracticeError

pytestmark = [pytest.mark.cluster, pytest.mark.endurance]

NODE_2 = cluster_layout.node_layout("node-2")
DOWN = [sys.executable, "-m", "cli", "practice", "down"]
REPAIRED_WITHIN_SECONDS = 60.0


def killed(chosen: Callable[[Process], bool]) -> None:
    """Kill -9 whatever of the cluster is chosen; there must be something."""
    found = [process for process in belonging.our_processes() if chosen(process)]
    assert found
    for process in found:
        os.kill(process.pid, signal.SIGKILL)


def component(name: str) -> Callable[[], None]:
    """Kill every instance of a component."""
    return lambda: killed(lambda process: process.name == name and "/bin/" in process.command[0])


def frozen() -> None:
    """Stop a kubelet without killing it: it is there and does nothing."""
    found = host_processes.find_processes("kubelet", NODE_2)
    assert found is not None
    os.kill(found.pid, signal.SIGSTOP)


def severed() -> None:
    """Take the host's end of the network away."""
    host_commands.run_command("ip", "link", "del", cluster_layout.HOST_INTERFACE)


def forgotten() -> None:
    """Take the name of a node's namespace away: its processes live on and nobody finds them."""
    host_commands.run_command("ip", "netns", "del", NODE_2.namespace)


@pytest.fixture(scope="module", autouse=True)
def whole_again(ground: None) -> Iterator[None]:
    """After these tests the platform is healthy again: others come after them."""
    yield
    practice_ground.raise_ground_up(None, print)


def repair() -> None:
    """Do what `up` does for the cluster alone."""
    work = GroundWork("repair")
    raise_cluster.start_control(work)
    raise_cluster.start_nodes(platform.image_archives(print), work)


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(component("relay"), id="the relay"),
        pytest.param(component("etcd"), id="etcd"),
        pytest.param(component("kube-apiserver"), id="the API server"),
        pytest.param(component("kube-scheduler"), id="the scheduler"),
        pytest.param(component("containerd"), id="both container runtimes"),
        pytest.param(component("kubelet"), id="both kubelets"),
        pytest.param(
            lambda: killed(lambda process: "shim" in process.command[0]), id="every container's shim"
        ),
        pytest.param(
            lambda: killed(lambda process: process.name == "nsenter"), id="what entered the namespaces"
        ),
        pytest.param(lambda: worker_nodes.switch_off(NODE_2), id="a whole node"),
        pytest.param(frozen, id="a frozen kubelet"),
        pytest.param(severed, id="the host's link"),
        pytest.param(forgotten, id="a namespace's name"),
    ],
)
def test_up_repairs(damage: Callable[[], None]) -> None:
    """Whatever is killed or cut, a second `up` raises what is missing, and soon."""
    damage()
    time.sleep(0.5)
    began = time.monotonic()

    repair()

    assert [
        f"{line.what} {line.wrong}" for line in cluster_status.look_at_cluster_parts() if line.wrong
    ] == []
    assert time.monotonic() - began < REPAIRED_WITHIN_SECONDS
    assert_buried()


def test_up_leaves_alone_what_is_alive_and_right() -> None:
    """A second `up` restarts nothing: drills may be running."""
    before = {process.pid for process in belonging.our_processes() if "/bin/" in process.command[0]}

    repair()

    after = {process.pid for process in belonging.our_processes() if "/bin/" in process.command[0]}
    assert before <= after


def test_status_says_what_does_not_run() -> None:
    """One line, and the reason on it."""
    component("names")()
    time.sleep(0.3)

    wrong = {line.what: line.wrong for line in cluster_status.look_at_cluster_parts() if line.wrong}
    repair()

    assert wrong == {"names": "does not run"}


def test_the_hosts_own_rules_and_files_are_untouched() -> None:
    """The nodes' rules are in the nodes."""
    assert "KUBE" not in host_commands.attempt_command("iptables-save").stdout
    assert str(places.practice_home()) not in Path("/proc/self/mounts").read_text()
    assert "practice-shell" not in Path("/etc/hosts").read_text()


def test_the_shell_has_a_localhost_and_names_of_its_own() -> None:
    """Port 5432 may be taken on the host; the public names lead to the ingress only in here."""
    looks = (
        "nslookup api.adaptivelearning.com",
        "ip -br address",
        "grep practice /etc/hosts",
        "kubectl get nodes",
    )
    said = subprocess.run(
        runbook_shell.shell_command(["bash", "-ec", "; ".join(looks)]),
        env=runbook_shell.shell_environment(),
        capture_output=True,
        text=True,
        check=False,
    )

    assert said.returncode == 0, said.stdout + said.stderr
    assert cluster_layout.SHELL.address in said.stdout
    assert "node-1" in said.stdout


def test_what_a_shell_leaves_in_the_background_ends_with_it() -> None:
    """A port-forward that outlives its shell would hold the port of the next one."""
    subprocess.run(
        runbook_shell.shell_command(["bash", "-c", "sleep 4321 & exit 0"]),
        env=runbook_shell.shell_environment(),
        check=True,
    )
    time.sleep(0.3)

    assert not [process for process in host_processes.all_processes() if "4321" in process.command]


def test_down_ends_a_frozen_node_that_no_name_leads_to() -> None:
    """The kubelet is stopped, with it what waits for it, and the namespace's name is gone."""
    frozen()
    forgotten()

    subprocess.run(DOWN, check=True)

    assert_buried()
    assert belongings() == {}


def test_down_leaves_nothing_also_after_a_killed_up() -> None:
    """No process, mount, namespace, interface, cgroup folder or file, and then it rises from nothing again."""
    subprocess.run(DOWN, check=True)
    folders = bound_folders()
    up = subprocess.Popen([sys.executable, "-m", "cli", "practice", "up"], start_new_session=True)
    wait_for_nodes()
    up.kill()
    up.wait()

    subprocess.run(DOWN, check=True)

    assert_buried()
    assert belongings() == {}
    assert bound_folders() == folders


def wait_for_nodes() -> None:
    """Wait until the cluster is half up: a node has begun."""
    host_processes.require_within(
        lambda: worker_nodes.first_process(NODE_2) is not None, 120, "no node was switched on"
    )


def bound_folders() -> list[Path]:
    """Return those of the host's folders that Kubernetes insists on and that are there."""
    return [path for path in (*worker_nodes.BOUND.values(), Path("/run/netns")) if path.exists()]


def belongings() -> dict[str, list[str]]:
    """Return everything of the cluster that is on this machine."""
    mounts = Path("/proc/self/mounts").read_text().splitlines()
    found = {
        "processes": [" ".join(process.command) for process in belonging.our_processes()],
        "left over": [line for line, _ in components()],
        "mounts": [line for line in mounts if "oprac" in line or str(places.practice_home()) in line],
        "namespaces": [str(place.netns) for place in cluster_layout.PLACES if place.netns.exists()],
        "interfaces": [name for name in host_network.interface_names(None) if name.startswith("oprac")],
        "cgroups": [str(path) for path in cgroups.remaining_cgroups(cluster_layout.NODES)],
        "files": [str(path) for path in (places.practice_home(),) if path.exists()],
        "answers": ["the API server"] if api_answers() else [],
    }
    return {kind: each for kind, each in found.items() if each}


def components() -> list[tuple[str, str]]:
    """Return every process that is a component of the cluster or waits for one, with its state, as `ps` has it.

    The house looks for what it may end; this also sees who is dead and not buried, and has no name and no mark.
    """
    names = {name[:15] for name in (worker_nodes.FIRST, *worker_nodes.COMPONENTS, *control_plane.COMPONENTS)}
    said = host_commands.run_command("ps", "-ww", "-eo", "pid=,stat=,comm=,args=").splitlines()
    found = []
    for line in said:
        _, state, name, words = line.split(maxsplit=3)
        dead = name in names and words.startswith("[")  # its command is gone with it
        if dead or f"{cluster_layout.binaries_folder()}/" in words:
            found.append((line, state))
    return found


def assert_buried() -> None:
    """Whoever is dead is buried soon, and nobody waits for a process that is stopped or dead."""

    def idle() -> list[str]:
        return [line for line, state in components() if state[0] in "ZTX" or line.endswith("]")]

    with suppress(PracticeError):
        host_processes.require_within(lambda: not idle(), 10, "some are not buried")
    assert idle() == []


def api_answers() -> bool:
    """Tell whether something still answers at the API server's address."""
    return places.practice_kubeconfig().exists() and api_server.api_ready()
