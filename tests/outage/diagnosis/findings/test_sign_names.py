"""Signs are named by their enum: a misspelt one is found before it runs."""

import ast
from pathlib import Path

import outage
from outage.diagnosis.findings.facts import Sign

OUTAGE = Path(outage.__file__).parent
ELSEWHERE = ("diagnosis/findings/facts/", "diagnosis/cause.py", "text/", "verification/drills/")
"""Where signs are made, where causes and drills have the same names, and where the words of logs stand."""
WORDS = {"unreachable"}
"""Signs that are everyday words as well, which other programs say."""


def test_no_part_of_the_diagnosis_spells_a_sign_out() -> None:
    """A rule that asked for "pod-crashloop" would wait for it forever."""
    spelled = [
        f"{path.relative_to(OUTAGE)}:{one.lineno} {one.value}"
        for path in sorted(OUTAGE.rglob("*.py"))
        if not str(path.relative_to(OUTAGE)).startswith(ELSEWHERE)
        for one in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(one, ast.Constant) and one.value in {*Sign} - WORDS
    ]

    assert spelled == []
