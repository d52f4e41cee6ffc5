"""The binary with every component of Kubernetes in it: built once, kept under the hash of what it was built from."""

import hashlib
import os
import shutil
from pathlib import Path

from practice import places
from practice.cluster.control_plane import COMPONENTS as CONTROL_COMPONENTS
from practice.cluster.worker_nodes import FIRST
from practice.host import machine
from practice.host.ground_steps import GroundWork
from practice.practice_errors import NetworkAway, PracticeError

SOURCE = Path(__file__).parent.parent / "go" / "kubernetes"
VERSION = "1.34.4"
BINARY = "outage-kubernetes"
IN_BINARY = (*CONTROL_COMPONENTS, "kubelet", "kube-proxy")
PROGRAMS = {BINARY: ".", FIRST: "./cmd/init"}


def link_flags() -> list[str]:
    """Return how it is built: no paths of this machine in it, no symbols, the version it says."""
    module = "k8s.io/component-base/version"
    major, minor, _ = VERSION.split(".")
    said = {"gitVersion": f"v{VERSION}", "gitMajor": major, "gitMinor": minor, "gitTreeState": "clean"}
    stamps = " ".join(f"-X {module}.{name}={value}" for name, value in said.items())
    return ["-trimpath", "-ldflags", f"-s -w {stamps}"]


def build_key() -> str:
    """Return the hash of everything the binary is made from, but the toolchain: any that is new enough will do."""
    digest = hashlib.sha256(" ".join(link_flags()).encode())
    for path in sorted(SOURCE.rglob("*")):
        if path.suffix in {".go", ".mod", ".sum"}:
            digest.update(f"\0{path.relative_to(SOURCE)}\0".encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def build_folder() -> Path:
    """Return where this version of the binary is kept."""
    return places.practice_cache() / "kubernetes" / build_key()


def is_built() -> bool:
    """Tell whether there is nothing to build; the folder only gets its name when all of it is there."""
    return build_folder().is_dir()


def build_kubernetes(work: GroundWork) -> None:
    """Build what is not kept yet.

    Raises:
        PracticeError: No Go, no network, or it does not compile.
    """
    if is_built():
        return
    go = machine.go_toolchain(work)
    partial = build_folder().with_name(f"{build_folder().name}.partial")
    shutil.rmtree(partial, ignore_errors=True)  # a killed `up` left it; only one is at work at a time
    partial.mkdir(parents=True)
    try:
        compile_all(work, go, partial)
        partial.rename(build_folder())
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def compile_all(work: GroundWork, go: str, target: Path) -> None:
    """Compile both programs, counting packages as they pass.

    Raises:
        PracticeError: It does not compile, or modules could not be fetched.
    """
    environment = {**os.environ, "CGO_ENABLED": "0", "GOFLAGS": "-mod=readonly", "GOWORK": "off"}
    listed = ["list", "-deps", "-f", "{{if .Stale}}{{.ImportPath}}{{end}}", *link_flags(), "."]
    stale: list[str] = []
    try:
        work.run([go, *listed], SOURCE, environment, hear=lambda line: stale.append(line) if line else None)
        passed: list[str] = []

        def count(line: str) -> None:
            passed.append(line)
            work.share, work.measured_by = min(len(passed) / max(len(stale), 1), 0.95), "packages"

        for name, package in PROGRAMS.items():
            command = ["nice", "-n", "5", go, "build", "-v", *link_flags(), "-o", str(target / name), package]
            work.run(command, SOURCE, environment, hear=count)
    except NetworkAway as error:
        raise PracticeError(
            "Kubernetes has to be built once and its Go modules could not be fetched: connect this machine to a "
            f"Go module proxy (GOPROXY) and run `outage practice up` again ({str(error)[-200:]})"
        ) from error


def install_binary(binaries: Path) -> None:
    """Put the names the components are started by into the state folder."""
    binaries.mkdir(parents=True, exist_ok=True)
    targets = {name: build_folder() / BINARY for name in IN_BINARY}
    targets[FIRST] = build_folder() / FIRST
    targets["containerd"] = Path(machine.tool_path("containerd"))
    for name, target in targets.items():
        link = binaries / name
        if not link.is_symlink() or link.readlink() != target:
            link.unlink(missing_ok=True)
            link.symlink_to(target)
