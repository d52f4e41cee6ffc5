"""What counts as another answer, and what the comparison says of it."""

import json
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from bench import golden_diagnoses
from bench.golden_diagnoses import GRAVE, LESSER, changed_answers, compare_answers

ANSWER = {
    "severity": "P1",
    "findings": ["log-errors pod/auth-1 in shop"],
    "hypotheses": [
        {
            "cause": "bad-image",
            "about": "deployment/auth in shop",
            "field": "spec.image",
            "score": 0.9,
            "repair": {
                "summary": "Undo deployment/auth to revision 3",
                "changes": [{"action": "undo", "target": "deployment/auth in shop", "patch": []}],
            },
        },
        {"cause": "quota", "about": "quota/all in shop", "field": None, "score": 0.4, "repair": None},
    ],
    "mitigations": [],
}

Edit = Callable[[dict[str, Any]], object]


def edited(edit: Edit) -> dict[str, Any]:
    """The answer after an edit."""
    answer = deepcopy(ANSWER)
    edit(answer)
    return answer


GRAVE_EDITS: list[tuple[str, Edit]] = [
    ("severity: P1 → P0", lambda one: one.update(severity="P0")),
    ("first cause: bad-image → unknown", lambda one: one["hypotheses"][0].update(cause="unknown")),
    (
        "first object: deployment/auth in shop → pod/auth-1 in shop",
        lambda one: one["hypotheses"][0].update(about="pod/auth-1 in shop"),
    ),
    (
        'first repair: - {"action": "undo", "patch": [], "target": "deployment/auth in shop"}',
        lambda one: one["hypotheses"][0]["repair"].update(changes=[]),
    ),
    ("first cause: bad-image → (no hypothesis)", lambda one: one.update(hypotheses=[])),
    ("first cause: bad-image → quota", lambda one: one["hypotheses"].reverse()),
]
LESSER_EDITS: list[tuple[str, Edit]] = [
    ("first field: spec.image → null", lambda one: one["hypotheses"][0].update(field=None)),
    (
        "first summary: Undo deployment/auth to revision 3 → Undo",
        lambda one: one["hypotheses"][0]["repair"].update(summary="Undo"),
    ),
    (
        "scores: - quota quota/all in shop 0.4; + quota quota/all in shop 0.3",
        lambda one: one["hypotheses"][1].update(score=0.3),
    ),
    ("hypotheses: - quota quota/all in shop", lambda one: one["hypotheses"].pop()),
    ("findings: - log-errors pod/auth-1 in shop", lambda one: one["findings"].clear()),
]


def test_the_same_answers_have_no_differences(capsys: pytest.CaptureFixture[str]) -> None:
    """Then the comparison ends well."""
    assert compare_answers({"a": ANSWER}, {"a": deepcopy(ANSWER)}) == 0
    assert capsys.readouterr().out == "1 answers compared: 0 grave differences, 0 lesser ones\n"


@pytest.mark.parametrize(("line", "edit"), GRAVE_EDITS, ids=[line for line, _ in GRAVE_EDITS])
def test_another_first_answer_is_grave(line: str, edit: Edit) -> None:
    """Cause, object, repair and severity are what people act upon."""
    before, after = {"a": ANSWER}, {"a": edited(edit)}

    assert f"a: {line}" in changed_answers(before, after, GRAVE)
    assert compare_answers(before, after) == 1


@pytest.mark.parametrize(("line", "edit"), LESSER_EDITS, ids=[line for line, _ in LESSER_EDITS])
def test_what_stands_behind_the_first_answer_is_shown_and_is_not_grave(line: str, edit: Edit) -> None:
    """It may change when there is a reason for it."""
    before, after = {"a": ANSWER}, {"a": edited(edit)}

    assert f"a: {line}" in changed_answers(before, after, LESSER)
    assert compare_answers(before, after) == 0


def test_an_answer_that_is_gone_is_grave_and_a_new_one_is_not(capsys: pytest.CaptureFixture[str]) -> None:
    """Pictures are added with every cause; one that nobody diagnoses any more proves nothing."""
    assert compare_answers({"a": ANSWER, "b": ANSWER}, {"a": ANSWER}) == 1
    assert compare_answers({"a": ANSWER}, {"a": ANSWER, "b": ANSWER}) == 0
    assert "DIFFERENT b: no answer any more" in capsys.readouterr().out


def test_hypotheses_that_only_changed_places_are_shown_in_both_orders() -> None:
    """Nothing is gone and nothing came, and yet it is another answer."""
    after = edited(lambda one: one["hypotheses"].reverse())

    (line,) = (one for one in changed_answers({"a": ANSWER}, {"a": after}, LESSER) if "hypotheses" in one)
    assert line.startswith("a: hypotheses: another order: ")


def test_every_picture_is_answered_with_and_without_a_baseline(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Shown on two real pictures: what is recorded can be written as JSON and names the cause and its repair."""
    for name in ("healthy", "scaled-to-zero"):
        (tmp_path / f"{name}.json.gz").write_bytes(
            (golden_diagnoses.SPECIMENS / f"bundles/{name}.json.gz").read_bytes()
        )
    monkeypatch.setattr(golden_diagnoses, "SPECIMENS", tmp_path)

    answers = golden_diagnoses.golden_diagnoses()

    arms = ("with baseline", "without baseline")
    assert list(answers) == [f"{name}, {arm}" for name in ("healthy", "scaled-to-zero") for arm in arms]
    assert answers["healthy, with baseline"]["hypotheses"] == []
    first = answers["scaled-to-zero, with baseline"]["hypotheses"][0]
    assert first["cause"] == "scaled-to-zero"
    assert first["repair"]["changes"][0]["action"] == "scale"
    assert json.loads(json.dumps(answers)) == answers
