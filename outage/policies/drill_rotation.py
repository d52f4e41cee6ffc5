"""Whose turn it is to be practised: what was not for the longest time, and of those what went worst."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from outage.value import Value


def practised_name(fault: str, service: str) -> str:
    """What a drill is called in lists: the fault, and where it is put in."""
    return f"{fault} · {service}" if service else fault


class DrillCandidate(Value):
    """One fault that can be practised on the platform."""

    fault: str
    service: str = ""
    """Where it is put in; empty when the fault has one place."""

    @property
    def key(self) -> str:
        """As score cards name it."""
        return practised_name(self.fault, self.service)


class DrillTurn(Value):
    """One time that a fault was practised."""

    candidate: DrillCandidate
    at: datetime
    points: float
    """Of its score, 0 to 1."""


class PlannedDrill(Value):
    """A drill that was announced: nothing breaks before `begins_at`, and anybody may call it off until then."""

    id: str
    run: str
    """The run that waits for it: to cancel it calls the drill off."""
    platform: str
    fault: str
    service: str = ""
    announced_at: datetime
    begins_at: datetime
    begun_at: datetime | None = None
    off_at: datetime | None = None
    off_by: str = ""
    off_why: str = ""

    @property
    def waits(self) -> bool:
        """Whether it has neither begun nor been called off."""
        return self.begun_at is None and self.off_at is None


def next_drill(possible: Sequence[DrillCandidate], turns: Iterable[DrillTurn]) -> DrillCandidate | None:
    """Choose by turns; None when nothing is possible.

    What was never practised is first. Then goes what was not for most weeks; within a week the worst score, because
    what went wrong lately is worth more than the order of two days.

    Args:
        possible: What can be practised now; between equals the first.
        turns: What was practised, in any order.
    """
    last: dict[DrillCandidate, DrillTurn] = {}
    for one in sorted(turns, key=lambda turn: turn.at):
        last[one.candidate] = one

    def order(candidate: DrillCandidate) -> tuple[tuple[int, int], float]:
        turn = last.get(candidate)
        if turn is None:
            return (0, 0), 0.0
        year, week, _ = turn.at.isocalendar()
        return (year, week), turn.points

    return min(possible, key=order, default=None)
