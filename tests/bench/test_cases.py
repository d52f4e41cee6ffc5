"""The cases: each recorded picture is answered rightly, and nobody is accused while all is well."""

from functools import cache
from pathlib import Path

import pytest

from bench.cases.case_renaming import renamed_case
from bench.cases.case_verdict import is_right_repair, judged_answer, told_first
from bench.specimen_files import baseline_of, read_specimen
from outage.diagnosis import diagnose
from outage.diagnosis.hypothesis import Diagnosis
from outage.platforms.discovery import discover_platform
from outage.snapshots.case import Case
from outage.snapshots.snapshot import Snapshot
from practice.faults.cases import CaseTruth, PracticeCase, read_cases

PICTURES = Path(__file__).parent / "pictures"
CASES = read_cases()


@cache
def picture(name: str) -> Snapshot:
    """A recorded picture."""
    return read_specimen(PICTURES / f"{name}.json.gz")


def answer(name: str, before: str | None = None) -> Diagnosis:
    """What is said of a picture, with an earlier one as the baseline or without."""
    seen = picture(name)
    baseline = baseline_of(picture(before)) if before else None
    platform = discover_platform(seen, seen.namespaces[0])
    return diagnose(Case(snapshot=seen, platform=platform, baseline=baseline))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_nobody_is_accused_while_all_is_well(case: PracticeCase) -> None:
    """The picture before the fault: two minutes old, and content."""
    assert told_first(answer(f"{case.name}.well")) == "(nothing)"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_case_is_answered_by_its_truth(case: PracticeCase) -> None:
    """Cause, object, field and repair are right, and nothing harmful is offered."""
    said = judged_answer(answer(case.name), case.truth)

    assert said.right, said


@pytest.mark.parametrize("case", [case for case in CASES if case.truth.baseline], ids=lambda case: case.name)
def test_a_baseline_makes_no_answer_wrong(case: PracticeCase) -> None:
    """What was recorded while all was well says more, and misleads nobody."""
    said = judged_answer(answer(case.name, f"{case.name}.well"), case.truth)

    assert said.right, said


def test_a_repair_that_does_harm_is_never_right() -> None:
    """Whatever else it changes."""
    truth = CaseTruth(
        title="",
        settle_seconds=0,
        cleanup="",
        repair_by="approval",
        repair=("patch A/a",),
        wrong=("delete B",),
    )

    assert is_right_repair(("patch A/a []",), truth)
    assert not is_right_repair(("patch A/a []", "delete B/b []"), truth)
    assert not is_right_repair((), truth)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_renamed_case_keeps_no_name_of_its_own(case: PracticeCase) -> None:
    """Neither its namespace nor its first image, and it is still the same number of objects."""
    other = renamed_case(case)

    assert other.namespace != case.namespace
    assert "localhost/case-" not in other.before + other.script
    assert other.before.count("\nkind: ") == case.before.count("\nkind: ")
    assert ":8080" not in other.before
