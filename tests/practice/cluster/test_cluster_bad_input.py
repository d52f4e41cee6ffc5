"""What stands in the way of a local cluster is said in one sentence, and nothing is left half up.

Each case runs in namespaces of its own: an empty /run, no network, no process but its own, so that a practice
cluster that happens to be up is neither seen nor touched.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="namespaces of its own need root")


def practise(tmp_path: Path, *command: str, before: str = "", **environment: str) -> tuple[int, str]:
    """Run `outage practice` on an empty machine without a network; return its exit status and last words."""
    apart = [
        "unshare",
        "--mount",
        "--net",
        "--pid",
        "--fork",
        "--kill-child",
        "--propagation",
        "private",
        "--",
    ]
    script = f'mount -t proc proc /proc\nmount -t tmpfs tmpfs /run\nip link set lo up\n{before}\nexec "$@"'
    words = [sys.executable, "-m", "cli", "practice", *command]
    settings = {
        **os.environ,
        "OUTAGE_PRACTICE_HOME": str(tmp_path / "home"),
        "OUTAGE_CACHE": str(tmp_path / "cache"),
        "PYTHONPATH": str(ROOT),
        **environment,
    }
    said = subprocess.run(
        [*apart, "sh", "-euc", script, "sh", *words],
        env=settings,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    lines = said.stderr.strip().splitlines() or [""]
    assert "Traceback" not in said.stderr
    return said.returncode, lines[-1]


def test_without_root_it_says_so(tmp_path: Path) -> None:
    """Namespaces and mounts are root's."""
    script = (
        "import os, sys, cli, cli.practice_commands, practice.ground; os.setuid(65534); "
        "sys.argv = ['outage', 'practice', 'up']; cli.outage_main()"
    )
    said = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )

    assert said.returncode == 1
    assert "needs root" in said.stderr
    assert "--context" in said.stderr


def test_without_go_and_network_it_says_what_to_install(tmp_path: Path) -> None:
    """A machine that could build nothing is not asked to wait."""
    bare = tmp_path / "bin"
    bare.mkdir()
    for name in os.listdir("/usr/bin"):
        if name not in {"go", "pip", "pip3", "uv"}:
            (bare / name).symlink_to(f"/usr/bin/{name}")

    status, said = practise(tmp_path, "up", PATH=f"{bare}:/usr/sbin:/sbin", UV_OFFLINE="1", PIP_RETRIES="0")

    assert status == 1
    assert "install Go, or connect this machine" in said
    assert not (tmp_path / "home").exists()


def test_without_network_it_says_that_modules_are_missing(tmp_path: Path) -> None:
    """Go alone is not enough: Kubernetes is fetched once."""
    status, said = practise(
        tmp_path, "up", GOMODCACHE=str(tmp_path / "modules"), GOPROXY="https://127.0.0.1:9"
    )

    assert status == 1
    assert "could not be fetched: connect this machine to a Go module proxy" in said
    assert not (tmp_path / "home").exists()


def test_a_full_disk_is_refused(tmp_path: Path) -> None:
    """Said before anything is built on it."""
    (tmp_path / "cache").mkdir()
    small = f"mount -t tmpfs -o size=64m tmpfs {tmp_path / 'cache'}"

    status, said = practise(tmp_path, "up", before=small)

    assert status == 1
    assert "0.1 GiB free and the practice ground needs 8 GiB" in said


def test_taken_addresses_are_refused(tmp_path: Path) -> None:
    """A network of ours that leads elsewhere is found before anything is raised on it."""
    taken = (
        "ip link add docker7 type bridge && ip address add 10.77.0.5/16 dev docker7 && ip link set docker7 up"
    )

    status, said = practise(tmp_path, "up", before=taken)

    assert status == 1
    assert "10.77.0.0/16 is routed to docker7 on this machine: remove that route" in said


@pytest.mark.parametrize("command", ["kubeconfig", "shell"])
def test_without_a_cluster_it_says_how_to_raise_one(tmp_path: Path, command: str) -> None:
    """The sentence holds the command."""
    status, said = practise(tmp_path, command)

    assert status == 1
    assert "run `outage practice up` first" in said


def test_down_of_nothing_is_fine(tmp_path: Path) -> None:
    """It may be asked for twice."""
    assert practise(tmp_path, "down")[0] == 0


def test_status_of_nothing_is_not_healthy(tmp_path: Path) -> None:
    """A script that asks wants to know."""
    assert practise(tmp_path, "status")[0] == 1


def test_an_intake_url_without_a_context_is_refused(tmp_path: Path) -> None:
    """The local cluster knows its own way to the intake."""
    status, said = practise(tmp_path, "up", "--intake-url", "http://example.org")

    assert status == 2
    assert "--intake-url belongs to --context" in said
