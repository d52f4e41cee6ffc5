"""An incident on a time axis: where the parts of its picture lie; what they look like stands in a template."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from outage.diagnosis.hypothesis import Diagnosis
from outage.incidents.incident import Incident, Phase
from outage.incidents.timeline import Entry
from outage.people.outbox_message import OutboxMessage
from outage.plans.plan import TAKE_BACK, Intent
from outage.reports.post_incident.kept_look import KeptLook
from outage.text.durations import duration_in_words
from outage.value import Value

WIDTH, LEFT, RIGHT = 960.0, 96.0, 16.0
"""Of the picture, and of its margins, in units of its own."""
RATIO_TOP, RATIO_HEIGHT = 200.0, 90.0
"""Where the plot of failing requests lies."""
PLOT_HEIGHT, PLOT_GAP = 60.0, 30.0
"""Of each further plot, and between them."""
PROOF = "verify"
"""Phase of the looks that measure traffic alone."""
TICKS = 6
MINUTE, HOUR, DAY = 60, 3600, 86400
STEPS = tuple(
    timedelta(seconds=seconds)
    for seconds in (
        *(1, 2, 5, 10, 30, MINUTE, 2 * MINUTE, 5 * MINUTE, 10 * MINUTE, 30 * MINUTE),
        *(HOUR, 2 * HOUR, 4 * HOUR, 12 * HOUR, DAY, 7 * DAY, 30 * DAY, 180 * DAY),
    )
)
"""Between ticks of the axis."""
UNDETECTED = "undetected"
"""What is drawn before the incident was opened."""
SHORTEST = timedelta(seconds=10)
"""An incident that was over at once still has an axis."""
APART = 10.0
"""Marks that are nearer hide each other."""
ROOM_PER_LETTER = 7.0
"""A label that is wider than its bar is left to the bar's title."""


class ChartBar(Value):
    """A phase, from its beginning to the next one's."""

    x: float
    width: float
    kind: str
    label: str
    """Empty when it does not fit."""
    title: str


class ChartMark(Value):
    """One moment."""

    x: float
    kind: str
    """`write`, `failed`, `way-back`, `message`, `waiting`, `lost` or `answer`."""
    title: str
    lift: int = 0
    """0 to 2: how far down it is drawn, so that it hides no other of the same moment."""


class ChartTick(Value):
    """One moment of the axis."""

    x: float
    label: str


class ChartPoint(Value):
    """One look at how many requests fail."""

    x: float
    y: float
    title: str


class ChartPlot(Value):
    """One number over time."""

    name: str
    """`latency`, `requests` or `ready pods`."""
    unit: str
    top: float
    most: str
    """What the upper border stands for; the lower one is nothing."""
    points: tuple[ChartPoint, ...]

    @property
    def bottom(self) -> float:
        """Where nothing lies."""
        return self.top + PLOT_HEIGHT

    @property
    def line(self) -> str:
        """The points as an SVG polyline wants them."""
        return " ".join(f"{one.x},{one.y}" for one in self.points)


class IncidentChart(Value):
    """The whole picture."""

    width: float = WIDTH
    left: float = LEFT
    bars: tuple[ChartBar, ...]
    writes: tuple[ChartMark, ...]
    messages: tuple[ChartMark, ...]
    answers: tuple[ChartMark, ...]
    ticks: tuple[ChartTick, ...]
    points: tuple[ChartPoint, ...]
    """Share of failing requests; empty when no look could measure it."""
    plots: tuple[ChartPlot, ...] = ()
    """What else the looks measured, below each other."""

    @property
    def height(self) -> float:
        """Of the picture."""
        if self.plots:
            return self.plots[-1].top + PLOT_HEIGHT + 14
        return RATIO_TOP + RATIO_HEIGHT + 14 if self.points else RATIO_TOP - 18

    @property
    def plots_top(self) -> float:
        """Where the first plot begins: from there on phases, writes and messages are marked behind them."""
        return RATIO_TOP if self.points else self.plots[0].top if self.plots else self.height

    @property
    def line(self) -> str:
        """The points as an SVG polyline wants them."""
        return " ".join(f"{one.x},{one.y}" for one in self.points)


class TimeAxis(Value):
    """From when to when, and where a moment lies on it."""

    starts: datetime
    ends: datetime

    def place(self, at: datetime) -> float:
        """Where a moment lies; one outside lies at the border."""
        share = (at - self.starts) / (self.ends - self.starts)
        return round(LEFT + (WIDTH - LEFT - RIGHT) * min(1.0, max(0.0, share)), 1)


def incident_chart(
    incident: Incident,
    entries: Sequence[Entry],
    intents: Iterable[Intent],
    messages: Iterable[OutboxMessage],
    looks: Iterable[Diagnosis],
    kept: Sequence[KeptLook] = (),
    *,
    began_at: datetime | None = None,
    now: datetime,
) -> IncidentChart:
    """Lay an incident out on a time axis.

    Args:
        incident: Its head.
        entries: Its timeline; phases and answers are told by the keys of its lines.
        intents: What was written.
        messages: What people were told.
        looks: Of triage and of every investigation, for the share of failing requests that each measured.
        kept: What was kept of every look and of the rounds of the proof: latency, requests, ready pods.
        began_at: When the outage began, where that is known.
        now: Where an open incident ends.
    """
    starts = min(began_at or incident.opened_at, incident.opened_at)
    axis = TimeAxis(starts=starts, ends=max(incident.closed_at or now, starts + SHORTEST))
    answers = [
        ChartMark(x=axis.place(one.at), kind="answer", title=one.says)
        for one in entries
        if one.key.startswith("answer/")
    ]
    phases = [(starts, UNDETECTED)] if starts < incident.opened_at else []
    points = tuple(_points(looks, kept, axis))
    return IncidentChart(
        bars=tuple(_bars([*phases, *_phases(incident, entries)], axis)),
        writes=_side_by_side([_write(one, axis) for one in intents]),
        messages=_side_by_side([_message(one, axis) for one in messages]),
        answers=_side_by_side(answers),
        ticks=tuple(_ticks(axis)),
        points=points,
        plots=tuple(_plots(kept, axis, RATIO_TOP + (RATIO_HEIGHT + PLOT_GAP if points else 0.0))),
    )


def _side_by_side(marks: Sequence[ChartMark]) -> tuple[ChartMark, ...]:
    """The marks of one lane, those that would hide each other below each other."""
    placed: list[ChartMark] = []
    for one in sorted(marks, key=lambda mark: mark.x):
        taken = {other.lift for other in placed if one.x - other.x < APART}
        free = next((lift for lift in range(3) if lift not in taken), 0)
        placed.append(one.model_copy(update={"lift": free}))
    return tuple(placed)


def _phases(incident: Incident, entries: Iterable[Entry]) -> list[tuple[datetime, str]]:
    """When each phase began, in order."""
    found = [(incident.opened_at, str(Phase.RECEIVED))]
    for one in sorted(entries, key=lambda entry: entry.at):
        name = one.key.split("/")[1] if one.key.startswith("phase/") else ""
        name = str(Phase.AWAITING_APPROVAL) if one.key.startswith("asked/") else name
        if name and name != found[-1][1]:
            found.append((one.at, name))
    return found


def _bars(phases: Sequence[tuple[datetime, str]], axis: TimeAxis) -> Iterable[ChartBar]:
    ends = [at for at, _ in phases[1:]] + [axis.ends]
    for (begins, name), end in zip(phases, ends, strict=True):
        x, last = axis.place(begins), axis.place(end)
        fits = last - x >= ROOM_PER_LETTER * len(name)
        lasted = duration_in_words(end - begins)
        yield ChartBar(
            x=x,
            width=round(max(1.0, last - x), 1),
            kind=name,
            label=name if fits else "",
            title=f"{name}: {lasted}",
        )


def _write(intent: Intent, axis: TimeAxis) -> ChartMark:
    did = intent.outcome.did if intent.outcome else None
    kind = "way-back" if intent.step_key.startswith(TAKE_BACK) else "write"
    return ChartMark(
        x=axis.place(intent.at),
        kind="failed" if did == "Failed" else kind,
        title=f"{intent.at:%H:%M:%S} {intent.step_key}: {did or 'not known yet'}",
    )


def _message(message: OutboxMessage, axis: TimeAxis) -> ChartMark:
    kinds = {"receipt": "message", "unknown": "lost", "failed": "lost"}
    at = message.settled_at or message.asked_at
    return ChartMark(
        x=axis.place(at),
        kind=kinds.get(message.state, "waiting"),
        title=f"{at:%H:%M:%S} {message.what} to {message.channel}: {message.state}",
    )


def _ticks(axis: TimeAxis) -> Iterable[ChartTick]:
    length = axis.ends - axis.starts
    step = next((one for one in STEPS if length / one <= TICKS), STEPS[-1])
    count = int(length / step)
    form = (
        "%d %b %H:%M"
        if length > timedelta(days=1)
        else "%H:%M"
        if step >= timedelta(minutes=1)
        else "%H:%M:%S"
    )
    return [
        ChartTick(x=axis.place(at), label=format(at, form))
        for at in (axis.starts + step * number for number in range(min(count, 40) + 1))
    ]


def _points(looks: Iterable[Diagnosis], kept: Iterable[KeptLook], axis: TimeAxis) -> Iterator[ChartPoint]:
    """What looks concluded, and what the rounds of the proof measured: theirs are concluded from by nobody."""
    seen = [(one.at, one.assessment.impact.error_ratio) for one in looks]
    seen += [(one.at, _failing_share(one)) for one in kept if one.phase == PROOF]
    for at, ratio in sorted(seen, key=lambda one: one[0]):
        if ratio is not None:
            y = RATIO_TOP + RATIO_HEIGHT * (1 - min(1.0, ratio))
            yield ChartPoint(
                x=axis.place(at), y=round(y, 1), title=f"{at:%H:%M:%S} {ratio:.1%} of requests fail"
            )


def _failing_share(look: KeptLook) -> float | None:
    """Of all requests; of the worst service where nobody counted them."""
    known = [(one.error_ratio, one.requests_per_second) for one in look.rates if one.error_ratio is not None]
    counted = sum(rate or 0.0 for _, rate in known)
    if counted:
        return sum(ratio * (rate or 0.0) for ratio, rate in known) / counted
    return max((ratio for ratio, _ in known), default=None)


def _slowest(look: KeptLook) -> float | None:
    return max((one.latency_seconds for one in look.rates if one.latency_seconds is not None), default=None)


def _all_requests(look: KeptLook) -> float | None:
    known = [one.requests_per_second for one in look.rates if one.requests_per_second is not None]
    return sum(known) if known else None


def _ready(look: KeptLook) -> float | None:
    return None if look.ready_pods is None else float(look.ready_pods)


class PlottedMeasure(NamedTuple):
    """One number that a look tells, and how it is drawn."""

    name: str
    unit: str
    written: str
    """How a number is written, as a format."""
    told_by: Callable[[KeptLook], float | None]
    """None where the look did not measure it."""


MEASURES = (
    PlottedMeasure("latency", "95 % of the slowest service", "{:.2f} s", _slowest),
    PlottedMeasure("requests", "each second, of all services", "{:.1f}/s", _all_requests),
    PlottedMeasure("ready pods", "of the platform", "{:.0f}", _ready),
)


def _plots(kept: Sequence[KeptLook], axis: TimeAxis, top: float) -> Iterator[ChartPlot]:
    for name, unit, written, measure in MEASURES:
        seen = [(one.at, value) for one in kept if (value := measure(one)) is not None]
        if not seen:
            continue
        most = max(value for _, value in seen)
        points = [
            ChartPoint(
                x=axis.place(at),
                y=round(top + PLOT_HEIGHT * (1 - value / most if most else 1.0), 1),
                title=f"{at:%H:%M:%S} {name} {written.format(value)}",
            )
            for at, value in seen
        ]
        yield ChartPlot(name=name, unit=unit, top=top, most=written.format(most), points=tuple(points))
        top += PLOT_HEIGHT + PLOT_GAP
