"""The Go programs of the platform: the add-ons of the cluster, and the platform's own services."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from practice.host import machine
from practice.host.ground_steps import GroundWork
from practice.images import kept_folders
from practice.practice_errors import NetworkAway, PracticeError

GO = Path(__file__).parent.parent / "go"
FLAGS = ("-trimpath", "-ldflags", "-s -w")


@dataclass(frozen=True)
class Module:
    """A Go module of ours and the programs built in it: file name → package."""

    name: str
    programs: Mapping[str, str]

    @property
    def source(self) -> Path:
        """Where its code is."""
        return GO / self.name

    @property
    def folder(self) -> Path:
        """Where this version of its programs is kept."""
        return kept_folders.kept_folder(
            "binaries", f"{self.name}-{kept_folders.kept_key(self.source, *FLAGS, *self.programs)}"
        )

    def program(self, name: str) -> Path:
        """Return the file of one of its programs."""
        return self.folder / name


ADDONS = Module(
    "addons",
    {
        "coredns": "./cmd/coredns",
        "skipper": "github.com/zalando/skipper/cmd/skipper",
        "kube-state-metrics": "k8s.io/kube-state-metrics/v2",
        "kube-network-policies": "sigs.k8s.io/kube-network-policies/cmd",
        "metrics-server": "sigs.k8s.io/metrics-server/cmd/metrics-server",
    },
)
SERVICE = Module("service", {"service": "."})


def build_binaries(module: Module, work: GroundWork) -> None:
    """Build a module's programs unless they are kept.

    Raises:
        PracticeError: No Go, no network, or it does not compile.
    """
    try:
        kept_folders.made_once(module.folder, lambda partial: build_into(partial, module, work))
    except NetworkAway as error:
        raise PracticeError(
            f"the Go modules of practice/go/{module.name} could not be fetched: connect this machine to a Go "
            f"module proxy (GOPROXY) and run `outage practice up` again ({str(error)[-200:]})"
        ) from error


def build_into(partial: Path, module: Module, work: GroundWork) -> None:
    """Compile; one list of packages first, because they share most of what they compile."""
    go = machine.go_toolchain(work)
    environment = {**os.environ, "CGO_ENABLED": "0", "GOFLAGS": "-mod=readonly", "GOWORK": "off"}
    packages = list(module.programs.values())
    stale: list[str] = []
    listing = [go, "list", "-deps", "-f", "{{if .Stale}}{{.ImportPath}}{{end}}", *FLAGS, *packages]
    work.run(listing, module.source, environment, hear=lambda line: stale.append(line) if line else None)
    passed: list[str] = []

    def count(line: str) -> None:
        passed.append(line)
        work.share, work.measured_by = min(len(passed) / max(len(stale), 1), 0.99), "packages"

    for name, package in module.programs.items():
        command = ["nice", "-n", "5", go, "build", "-v", *FLAGS, "-o", str(partial / name), package]
        work.run(command, module.source, environment, hear=count)
