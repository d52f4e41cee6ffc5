"""Score cards as a table for the terminal and as JSON for programs."""

from collections.abc import Iterable, Sequence
from typing import Any

from outage.reports.drills.score_card import Aspect, PhaseTime, ScoreCard
from outage.reports.drills.score_trend import ScoreTrend
from outage.text.redaction import printable, redact

MARKS = {True: "✓", False: "✗", None: "·"}
SHORT = {
    Aspect.DETECTED: "det",
    Aspect.SEVERITY: "sev",
    Aspect.CAUSE: "cau",
    Aspect.OBJECT: "obj",
    Aspect.PLAN: "pla",
    Aspect.APPROVED: "app",
    Aspect.HEALED: "hea",
    Aspect.ENDING: "end",
    Aspect.COLLATERAL: "col",
    Aspect.WRITES: "wri",
    Aspect.TOLD: "tol",
}
"""Heads of the table's narrow columns."""


def scores_in_words(cards: Sequence[ScoreCard]) -> str:
    """One line a drill, the newest first, and under a wrong one what was wrong.

    Args:
        cards: Oldest first.
    """
    if not cards:
        return "no drill was scored yet: `outage drill` practises one"
    width = max(len(one.key) for one in cards)
    head = f"{'ended':16}  {'fault':{width}}  pass  score  {' '.join(SHORT.values())}  seconds from the fault"
    lines = [line for one in reversed(cards) for line in _lines(one, width)]
    key = "✓ right  ✗ wrong  · does not apply, or nobody can tell"
    return redact("\n".join([head, *lines, key]))


def _lines(card: ScoreCard, width: int) -> Iterable[str]:
    found = {one.aspect: one for one in card.aspects}
    marks = " ".join(f" {MARKS[found[one].right if one in found else None]} " for one in SHORT)
    times = ", ".join(f"{name} {card.seconds[name]:.0f}" for name in PhaseTime if name in card.seconds)
    passed = "yes " if card.passed else "NO  "
    yield f"{card.at:%Y-%m-%d %H:%M}  {card.key:{width}}  {passed}  {card.points:>5.0%}  {marks}  {times}"
    for one in card.aspects:
        if one.right is False:
            yield f"{'':16}    {one.aspect}: {one.says}"


def scores_in_json(cards: Iterable[ScoreCard]) -> dict[str, Any]:
    """The cards as `outage drill --scores --json` prints them, oldest first."""
    body: dict[str, Any] = printable({"version": 1, "scores": [one.model_dump(mode="json") for one in cards]})
    return body


def trend_in_json(trend: ScoreTrend) -> dict[str, Any]:
    """The trend as `outage drill --report --json` prints it."""
    body: dict[str, Any] = printable(trend.model_dump(mode="json"))
    return body
