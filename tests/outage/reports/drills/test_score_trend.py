"""The trend of drills: points over time, times as boxes, faults by platforms, and what never was practised."""

from datetime import timedelta
from typing import Any

import pytest

from outage.reports.drills.drill_score import score_drill
from outage.reports.drills.score_card import PhaseTime, ScoreCard
from outage.reports.drills.score_trend import score_trend
from outage.reports.drills.trend_chart import (
    BOX_LEFT,
    BOX_WIDTH,
    SPARK_HEIGHT,
    SPARK_WIDTH,
    TimeScale,
    trend_chart,
)
from tests.outage.reports.drills.practised import CLOSED, facts

WELL = score_drill(facts())


def card(day: int, fault: str = "a", points: float = 1.0, **other: Any) -> ScoreCard:
    """One drill."""
    named = {"drill": f"{fault}-{day}", "fault": fault, "points": points, "at": CLOSED + timedelta(days=day)}
    return WELL.model_copy(update={**named, **other})


def test_without_any_drill_everything_possible_was_never_practised() -> None:
    """The first page of a new team."""
    trend = score_trend([], {"shop": ["a", "b"]}, CLOSED)

    assert trend.never == {"shop": ("a", "b")}
    assert trend.faults == trend.boxes == ()
    assert trend_chart(trend).sparks == ()


def test_the_worst_last_score_stands_first() -> None:
    """Whoever opens the report looks there."""
    trend = score_trend(
        [card(0, "a"), card(1, "b", 0.4), card(2, "c", passed=False), card(3, "b")], {}, CLOSED
    )

    assert [one.key for one in trend.faults] == ["c", "a", "b"]
    assert trend.passed == 3


@pytest.mark.parametrize(
    ("before", "after", "worse"),
    [
        (card(0), card(1), False),
        (card(0, points=0.5), card(1), False),
        (card(0), card(1, points=0.5), True),
        (card(0), card(1, passed=False), True),
        (card(0, passed=False), card(1, passed=False), False),
    ],
)
def test_a_drill_that_went_worse_than_the_one_before_is_marked(
    before: ScoreCard, after: ScoreCard, worse: bool
) -> None:
    """Fewer points, or not passed where the last one did."""
    assert score_trend([before, after], {}, CLOSED).faults[0].last.worse is worse


def test_every_fault_stands_on_every_platform_and_what_was_not_practised_there_is_empty() -> None:
    """The heat map has no holes."""
    trend = score_trend(
        [card(0, platform="shop"), card(1, "b", platform="bank")], {"shop": ["a", "c"]}, CLOSED
    )

    assert trend.platforms == ("shop", "bank")
    assert {key: [cell.points for cell in cells] for key, cells in trend.rows.items()} == {
        "a": [1.0, None],
        "b": [None, 1.0],
        "c": [None, None],
    }
    assert trend.never == {"shop": ("c",)}


def test_what_did_not_pass_is_never_green() -> None:
    """Nine points of ten and the outage still there."""
    (well, wrong) = score_trend([card(0, "a"), card(0, "b", 0.95, passed=False)], {}, CLOSED).cells

    assert (well.warmth, wrong.warmth) == (4, 2)


def test_a_box_holds_least_quartiles_and_most() -> None:
    """Of the drills that came so far; one drill is a box of one line."""
    times = [card(day, seconds={PhaseTime.MENDED: float(10 * day)}) for day in range(1, 6)]

    (box,) = score_trend(times, {}, CLOSED).boxes
    (single,) = score_trend(times[:1], {}, CLOSED).boxes

    assert (box.least, box.lower, box.median, box.upper, box.most, box.of) == (10, 20, 30, 40, 50, 5)
    assert single.least == single.median == single.most == 10


def test_everything_lies_within_its_picture() -> None:
    """Also one single drill, and a time of no seconds."""
    cards = [card(0), card(40, points=0.0), card(41, "b")]
    chart = trend_chart(score_trend(cards, {}, CLOSED))

    assert all(
        0 <= one.x <= SPARK_WIDTH and 0 <= one.y <= SPARK_HEIGHT
        for spark in chart.sparks
        for one in spark.points
    )
    assert all(
        BOX_LEFT <= place <= BOX_WIDTH for row in chart.rows for place in (row.least, row.median, row.most)
    )
    assert all(row.least <= row.lower <= row.median <= row.upper <= row.most for row in chart.rows)
    assert TimeScale(seconds=0).place(0) == BOX_LEFT
