"""How practice went over time: scores of each fault, times as boxes, faults by platforms, what never was practised."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from statistics import quantiles

from outage.reports.drills.score_card import PhaseTime, ScoreCard
from outage.value import Value


class ScorePoint(Value):
    """One drill of a fault."""

    drill: str
    at: datetime
    passed: bool
    points: float
    says: str
    incident: str = ""
    """The first of the drill; empty when nobody noticed."""
    worse: bool = False
    """Whether it had fewer points than the one before, or did not pass where that one did."""


class FaultTrend(Value):
    """All drills of one fault on one platform, oldest first."""

    key: str
    platform: str
    points: tuple[ScorePoint, ...]

    @property
    def last(self) -> ScorePoint:
        """The newest."""
        return self.points[-1]


class TimeBox(Value):
    """The times of one phase, in seconds from the fault, as a box: least, quartiles, most."""

    phase: PhaseTime
    least: float
    lower: float
    median: float
    upper: float
    most: float
    of: int
    """Drills that had such a time."""


class HeatCell(Value):
    """One fault on one platform, on whichever of its services it was last."""

    fault: str
    platform: str
    drills: int = 0
    points: float | None = None
    """Of the last drill; None when it never was practised there."""
    passed: bool | None = None
    at: datetime | None = None

    @property
    def warmth(self) -> int:
        """0 to 4 by its points; what did not pass is never above 2."""
        level = round((self.points or 0.0) * 4)
        return level if self.passed else min(level, 2)


class ScoreTrend(Value):
    """All of it; `outage drill --report --json` prints it."""

    version: int = 1
    at: datetime
    drills: int
    passed: int
    platforms: tuple[str, ...]
    faults: tuple[FaultTrend, ...]
    """The worst last score first."""
    boxes: tuple[TimeBox, ...]
    cells: tuple[HeatCell, ...]
    """Every fault on every platform, row by row."""
    never: dict[str, tuple[str, ...]]
    """Platform → faults that can be practised there and never were."""

    @property
    def rows(self) -> dict[str, tuple[HeatCell, ...]]:
        """Fault → its cells in the order of the platforms."""
        found: dict[str, list[HeatCell]] = {}
        for one in self.cells:
            found.setdefault(one.fault, []).append(one)
        return {fault: tuple(cells) for fault, cells in found.items()}


def score_trend(
    cards: Sequence[ScoreCard], possible: Mapping[str, Iterable[str]], at: datetime
) -> ScoreTrend:
    """Work out how practice went.

    Args:
        cards: Scores of drills, oldest first.
        possible: Platform → names of the faults that can be practised there, on whichever service.
        at: When it is worked out.
    """
    wanted = {platform: tuple(names) for platform, names in possible.items()}
    platforms = tuple(dict.fromkeys([*wanted, *sorted({one.platform for one in cards})]))
    practised = {(one.platform, one.fault) for one in cards}
    return ScoreTrend(
        at=at,
        drills=len(cards),
        passed=sum(one.passed for one in cards),
        platforms=platforms,
        faults=tuple(_faults(cards)),
        boxes=tuple(_boxes(cards)),
        cells=tuple(_cells(cards, wanted, platforms)),
        never={
            platform: tuple(name for name in names if (platform, name) not in practised)
            for platform, names in wanted.items()
        },
    )


def _faults(cards: Sequence[ScoreCard]) -> list[FaultTrend]:
    groups: dict[tuple[str, str], list[ScoreCard]] = {}
    for one in cards:
        groups.setdefault((one.platform, one.key), []).append(one)
    found = [
        FaultTrend(key=key, platform=platform, points=tuple(_points(members)))
        for (platform, key), members in groups.items()
    ]
    return sorted(found, key=lambda one: (one.last.passed, one.last.points, one.key, one.platform))


def _points(cards: Sequence[ScoreCard]) -> Iterable[ScorePoint]:
    before: ScoreCard | None = None
    for one in cards:
        worse = before is not None and (one.points < before.points or (before.passed and not one.passed))
        first = one.incidents[0] if one.incidents else ""
        yield ScorePoint(
            drill=one.drill,
            at=one.at,
            passed=one.passed,
            points=one.points,
            says=one.says,
            incident=first,
            worse=worse,
        )
        before = one


def _boxes(cards: Sequence[ScoreCard]) -> Iterable[TimeBox]:
    for phase in PhaseTime:
        times = sorted(one.seconds[phase] for one in cards if phase in one.seconds)
        if not times:
            continue
        lower, median, upper = quantiles(times, n=4, method="inclusive") if len(times) > 1 else times * 3
        yield TimeBox(
            phase=phase,
            least=times[0],
            lower=round(lower, 1),
            median=round(median, 1),
            upper=round(upper, 1),
            most=times[-1],
            of=len(times),
        )


def _cells(
    cards: Sequence[ScoreCard], possible: Mapping[str, Sequence[str]], platforms: Sequence[str]
) -> Iterable[HeatCell]:
    drilled: dict[tuple[str, str], list[ScoreCard]] = {}
    for one in cards:
        drilled.setdefault((one.fault, one.platform), []).append(one)
    faults = sorted({fault for fault, _ in drilled} | {name for names in possible.values() for name in names})
    for fault in faults:
        for platform in platforms:
            members = drilled.get((fault, platform), [])
            last = members[-1] if members else None
            yield HeatCell(
                fault=fault,
                platform=platform,
                drills=len(members),
                points=last.points if last else None,
                passed=last.passed if last else None,
                at=last.at if last else None,
            )
