"""Pictures of real faults, taken on the practice cluster, diagnosed again."""

from pathlib import Path

import pytest

from bench.reliability import is_right
from bench.specimen_files import baseline_of, read_specimen
from outage.incidents.severity import Severity
from outage.platforms.platform import Platform
from outage.platforms.platform_file import load_platform
from practice.faults import fault_catalogue, quiet_faults
from tests.outage.diagnosis.worlds.diagnosed import diagnose

HOUSE = Path(__file__).resolve().parents[3]
BUNDLES = HOUSE / "tests/specimens/bundles"
FAULTS = {fault.name: fault for fault in (*quiet_faults(), *fault_catalogue())}
TAKEN = sorted(path for path in BUNDLES.glob("*.json.gz") if path.name != "healthy.json.gz")


def platform() -> Platform:
    """The practice platform's file."""
    return load_platform(HOUSE / "practice/platform.yaml")


UNTAKEN: set[str] = {"min-ready"}
"""Faults that wait for their picture: the next `python -m bench.diagnose --save tests/specimens/bundles NAME`."""


def test_every_fault_and_every_quiet_case_has_a_picture() -> None:
    """A fault that is added brings a real picture with it, or stands among those that wait for theirs."""
    assert {path.name.removesuffix(".json.gz") for path in TAKEN} | {"healthy"} == set(FAULTS) - UNTAKEN


@pytest.mark.parametrize("path", TAKEN, ids=lambda path: path.name.removesuffix(".json.gz"))
def test_a_real_fault_is_diagnosed_again(path: Path) -> None:
    """The right cause stands first, with the healthy picture as the baseline."""
    fault = FAULTS[path.name.removesuffix(".json.gz")]
    baseline = baseline_of(read_specimen(BUNDLES / "healthy.json.gz"))

    said = diagnose(read_specimen(path), platform(), baseline)

    assert is_right(said, fault), [(one.cause, str(one.about), one.reasons) for one in said.hypotheses]
    assert said.assessment.severity in (fault.expected.severity or Severity), said.assessment.reason


def test_the_healthy_platform_is_diagnosed_as_such() -> None:
    """Nothing is wrong, also without a platform file's help."""
    seen = read_specimen(BUNDLES / "healthy.json.gz")

    assert diagnose(seen, platform()).hypotheses == ()
    assert diagnose(seen, Platform(name="stranger", namespace=platform().namespace)).hypotheses == ()


@pytest.mark.parametrize("name", ["quota", "webhook-down"])
def test_a_service_whose_pods_are_refused_is_not_accused(name: str) -> None:
    """Its selector matches its own workload, which has no pods; another slot that has some proves nothing."""
    said = diagnose(
        read_specimen(BUNDLES / f"{name}.json.gz"),
        platform(),
        baseline_of(read_specimen(BUNDLES / "healthy.json.gz")),
    )

    assert "service-selector" not in {one.cause for one in said.hypotheses}


def test_pods_that_read_a_value_too_early_are_found_in_a_real_picture() -> None:
    """The ConfigMap was put back when the pods had started on the wrong value: nothing but their log tells."""
    first = diagnose(read_specimen(BUNDLES.parent / "read-too-early.json.gz"), platform()).hypotheses[0]

    assert (first.cause, first.about.name) == ("stale-env", "auth-service")
    assert first.repair is not None
    assert [change.action for change in first.repair.changes] == ["restart"]


def test_pods_that_were_refused_once_and_are_there_now_are_no_news() -> None:
    """Twenty minutes after a quota was lifted its events still stand, and something else fails."""
    found = diagnose(read_specimen(BUNDLES.parent / "refused-once.json.gz"), platform()).hypotheses

    assert (found[0].cause, found[0].about.name) == ("stale-env", "auth-service")
    assert "quota-exceeded" not in {one.cause for one in found}


def test_pictures_tell_no_secrets() -> None:
    """What is kept in the repository holds no Secret's value, only salted hashes."""
    for path in BUNDLES.glob("*.json.gz"):
        for secret in read_specimen(path).kind("Secret"):
            values = [*(secret.get("data") or {}).values(), *(secret.get("stringData") or {}).values()]
            assert all(str(one).startswith("hash:") for one in values), path.name
