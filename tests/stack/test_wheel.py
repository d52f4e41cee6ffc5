import json
import os
import re
import subprocess
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from bench.specimen_files import read_specimen
from blocks.settings import HERE
from outage.platforms.platform_file import load_platform
from outage.snapshots.bundle import save_case
from outage.snapshots.case import Case
from tests.conftest import free_port

pytestmark = pytest.mark.stack

UV = Path(os.environ.get("OUTAGE_CACHE") or Path.home() / ".cache/outage") / "uv/bin/uv"
SPECIMEN = HERE / "tests/specimens/bundles/bad-image.json.gz"
NO_CLONE = "/"
"""Where every command is given: nothing of ours is there."""


def run(*words: str | Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a program outside of the clone, with nothing of this test's own environment that points into it."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("OUTAGE_", "PREFECT_", "PYTHON", "VIRTUAL_ENV"))
    }
    return subprocess.run(
        [str(word) for word in words],
        cwd=NO_CLONE,
        env={**kept, **variables},
        capture_output=True,
        text=True,
        check=False,
        timeout=150,
    )


def uv(*words: str | Path) -> None:
    """Run uv: from its cache when that has all, else from the index."""
    done = run(UV, *words, "--offline")
    if done.returncode != 0:
        done = run(UV, *words)
    assert done.returncode == 0, done.stderr


def wanted_by(name: str, extras: frozenset[str], found: set[str]) -> set[str]:
    """Every distribution that one asks for, and theirs: what its own metadata names and nothing else."""
    for written in metadata.requires(name) or ():
        asked = Requirement(written)
        fits = asked.marker is None or any(
            asked.marker.evaluate({"extra": extra}) for extra in (extras or {""}) | {""}
        )
        key = re.sub(r"[-_.]+", "-", asked.name).lower()
        if fits and (key not in found or asked.extras):
            found.add(key)
            wanted_by(asked.name, frozenset(asked.extras), found)
    return found


def lock_of_the_package(folder: Path) -> Path:
    """requirements.lock without what only developers need: a dependency that we forgot to name is then missing."""
    wanted = wanted_by("outage", frozenset(), set())
    blocks = re.split(r"\n(?=\S)", (HERE / "requirements.lock").read_text())
    kept = [one for one in blocks if re.split(r"[=\[ ]", one, maxsplit=1)[0].lower() in wanted]
    assert len(kept) > 50
    file = folder / "runtime.lock"
    file.write_text("\n".join(kept) + "\n")
    return file


@pytest.fixture(scope="module")
def bin_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of an environment in which nothing is but the wheel and what its metadata asks for."""
    folder = tmp_path_factory.mktemp("wheel")
    uv("build", "--wheel", "-q", "-o", folder, HERE)
    uv("venv", "-q", "--python", "3.11", folder / "venv")
    python = folder / "venv/bin/python"
    lock = lock_of_the_package(folder)
    uv("pip", "install", "-q", "--python", python, "--no-deps", "--require-hashes", "-r", lock)
    uv("pip", "install", "-q", "--python", python, "--no-deps", *folder.glob("*.whl"))
    return folder / "venv/bin"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """A home and ports of its own."""
    folder = tmp_path_factory.mktemp("home")
    return {
        "OUTAGE_HOME": str(folder),
        "OUTAGE_PREFECT_PORT": str(free_port()),
        "OUTAGE_INTAKE_PORT": str(free_port()),
        "OUTAGE_INTAKE_SOCKET": str(folder / "intake.sock"),
    }


@pytest.fixture
def stack_of_the_wheel(bin_folder: Path, home: dict[str, str]) -> Iterator[str]:
    """What `outage up` of the wheel said; taken down afterwards."""
    try:
        up = run(bin_folder / "outage", "up", **home)
        assert up.returncode == 0, up.stdout + up.stderr
        yield up.stdout
    finally:
        run(bin_folder / "outage", "down", **home)


def test_the_wheel_investigates_without_a_clone(bin_folder: Path, tmp_path: Path) -> None:
    """A bundle stands for the cluster: rules, remedies and redaction all come along."""
    seen = read_specimen(SPECIMEN)
    save_case(
        Case(snapshot=seen, platform=load_platform(HERE / "practice/platform.yaml")), tmp_path / "seen", "s"
    )

    asked = run(bin_folder / "outage", "investigate", "--from", tmp_path / "seen", "--json")

    assert asked.returncode == 0, asked.stderr
    assert json.loads(asked.stdout)["hypotheses"][0]["cause"]


def test_the_wheel_lists_the_faults_and_explains_its_policy(bin_folder: Path, home: dict[str, str]) -> None:
    """The catalogue and the cautious policy are inside."""
    faults = run(bin_folder / "outage", "drill", "--list", **home)
    policy = run(bin_folder / "outage", "policy", "check", "--json", **home)

    assert faults.returncode == policy.returncode == 0, faults.stderr + policy.stderr
    assert faults.stdout.startswith("bad-image ")
    assert len(faults.stdout.splitlines()) >= 50
    assert json.loads(policy.stdout)["file"].endswith("blocks/shipped/deploy/policy.yaml")


def test_kubectl_finds_the_program_and_its_completion(bin_folder: Path) -> None:
    """Running `kubectl outage`, kubectl starts `kubectl-outage`, and asks `kubectl_complete-outage` what may follow."""
    plugin = run(bin_folder / "kubectl-outage", "--version")
    completed = run(bin_folder / "kubectl_complete-outage", "inv")

    assert plugin.stdout == f"outage {metadata.version('outage')}\n"
    assert [line.partition("\t")[0] for line in completed.stdout.splitlines()] == ["investigate", ":4"]


def test_the_wheel_answers_outages(stack_of_the_wheel: str, bin_folder: Path, home: dict[str, str]) -> None:
    """`outage up` finds the migrations, the deployments and the templates, and everything is well."""
    status = run(bin_folder / "outage", "status", "--json", **home)

    lines = {one["name"]: one for one in json.loads(status.stdout)["processes"]}
    assert "alerts:" in stack_of_the_wheel
    assert {name: one["wrong"] for name, one in lines.items() if one["wrong"]} == {}
    assert {"respond", "watch", "baseline"} <= set(re.split(r"\W+", lines["flows"]["what"]))
