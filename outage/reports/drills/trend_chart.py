"""The trend as pictures: where each fault's points and the boxes of the times lie; how they look is a template's."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from math import sqrt

from outage.reports.drills.score_trend import FaultTrend, ScorePoint, ScoreTrend, TimeBox
from outage.text.durations import duration_in_words
from outage.value import Value

SPARK_WIDTH, SPARK_HEIGHT, SPARK_EDGE = 220.0, 44.0, 7.0
"""Of the small picture of one fault, and its margin."""
BOX_WIDTH, BOX_LEFT, BOX_RIGHT, BOX_ROW = 760.0, 86.0, 20.0, 46.0
"""Of the picture of the times; one row a phase."""
MARKS = (1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1800, 3600, 7200, 21600, 86400)
"""Seconds of the axis' marks; it goes by their ratio, for a drill takes seconds to notice and minutes to heal."""


class SparkPoint(Value):
    """One drill on the small picture of its fault."""

    x: float
    y: float
    kind: str
    """`good`, `bad` (did not pass) or `warn` (worse than the one before)."""
    title: str


class FaultSpark(Value):
    """One fault's drills as a line."""

    trend: FaultTrend
    points: tuple[SparkPoint, ...]
    width: float = SPARK_WIDTH
    height: float = SPARK_HEIGHT

    @property
    def line(self) -> str:
        """As an SVG polyline wants it."""
        return " ".join(f"{one.x},{one.y}" for one in self.points)


class BoxRow(Value):
    """One phase's box."""

    box: TimeBox
    y: float
    least: float
    lower: float
    median: float
    upper: float
    most: float
    title: str


class AxisMark(Value):
    """One moment of the axis."""

    x: float
    label: str


class TrendChart(Value):
    """Both pictures."""

    sparks: tuple[FaultSpark, ...]
    rows: tuple[BoxRow, ...]
    marks: tuple[AxisMark, ...]
    width: float = BOX_WIDTH
    left: float = BOX_LEFT

    @property
    def height(self) -> float:
        """Of the picture of the times."""
        return BOX_ROW * len(self.rows) + 26


def trend_chart(trend: ScoreTrend) -> TrendChart:
    """Lay the trend out.

    Args:
        trend: Of all drills.
    """
    scale = TimeScale(seconds=max((one.most for one in trend.boxes), default=60.0))
    times = [one.at for fault in trend.faults for one in fault.points]
    first, last = min(times, default=trend.at), max(times, default=trend.at)
    return TrendChart(
        sparks=tuple(_spark(one, first, last) for one in trend.faults),
        rows=tuple(_row(number, box, scale) for number, box in enumerate(trend.boxes)),
        marks=tuple(_marks(scale)),
    )


class TimeScale(Value):
    """Where seconds lie: steps of the root, so that short times stay apart and long ones on the picture."""

    seconds: float

    def place(self, seconds: float) -> float:
        """Where a time lies."""
        share = sqrt(max(0.0, seconds) / max(self.seconds, 1.0))
        return round(BOX_LEFT + (BOX_WIDTH - BOX_LEFT - BOX_RIGHT) * min(1.0, share), 1)


def _spark(fault: FaultTrend, first: datetime, last: datetime) -> FaultSpark:
    return FaultSpark(trend=fault, points=tuple(_spark_points(fault.points, first, last)))


def _spark_points(points: Sequence[ScorePoint], first: datetime, last: datetime) -> Iterable[SparkPoint]:
    length = (last - first).total_seconds() or 1.0
    inner_width, inner_height = SPARK_WIDTH - 2 * SPARK_EDGE, SPARK_HEIGHT - 2 * SPARK_EDGE
    for one in points:
        share = (one.at - first).total_seconds() / length if last > first else 1.0
        verdict = "passed" if one.passed else "not passed"
        yield SparkPoint(
            x=round(SPARK_EDGE + inner_width * share, 1),
            y=round(SPARK_EDGE + inner_height * (1 - one.points), 1),
            kind="bad" if not one.passed else "warn" if one.worse else "good",
            title=f"{one.at:%Y-%m-%d %H:%M}: {one.points:.0%}, {verdict}",
        )


def _row(number: int, box: TimeBox, scale: TimeScale) -> BoxRow:
    words = ", ".join(
        f"{name} {duration_in_words(_length(seconds))}"
        for name, seconds in (("least", box.least), ("median", box.median), ("most", box.most))
    )
    return BoxRow(
        box=box,
        y=BOX_ROW * number + 24,
        least=scale.place(box.least),
        lower=scale.place(box.lower),
        median=scale.place(box.median),
        upper=scale.place(box.upper),
        most=scale.place(box.most),
        title=f"{box.phase} of {box.of} drills: {words}",
    )


def _length(seconds: float) -> timedelta:
    return timedelta(seconds=seconds)


def _marks(scale: TimeScale) -> Iterable[AxisMark]:
    placed: list[float] = []
    for seconds in MARKS:
        x = scale.place(seconds)
        if seconds > scale.seconds or (placed and x - placed[-1] < 56):
            continue
        placed.append(x)
        yield AxisMark(x=x, label=duration_in_words(_length(seconds)))
