"""Whose turn it is to be practised: what was not for the longest time, and of those what went worst."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from outage.value import Value

NEVER = datetime.min.replace(tzinfo=UTC)


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


class _TurnOrder(NamedTuple):
    """By this a candidate waits: the least is next."""

    week: tuple[int, int]
    """Of its last turn, as year and week; all zeros when it had none."""
    points: float
    fault_at: datetime
    """When its fault was practised last, on whatever service."""
    service_at: datetime
    """When anything was practised last on its service."""


def next_drill(possible: Sequence[DrillCandidate], turns: Iterable[DrillTurn]) -> DrillCandidate | None:
    """Choose by turns; None when nothing is possible.

    What was never practised is first. Then goes what was not for most weeks; within a week the worst score, because
    what went wrong lately is worth more than the order of two days. Between equals it is the fault, then the service,
    that was not practised for the longest time: one fault on service after service teaches less than another fault.

    Args:
        possible: What can be practised now; what is equal in all of that goes in this order.
        turns: What was practised, in any order.
    """
    last: dict[DrillCandidate, DrillTurn] = {}
    faults: dict[str, datetime] = {}
    services: dict[str, datetime] = {}
    for one in sorted(turns, key=lambda turn: turn.at):
        last[one.candidate] = one
        faults[one.candidate.fault] = services[one.candidate.service] = one.at

    def order(candidate: DrillCandidate) -> _TurnOrder:
        turn = last.get(candidate)
        year, week, _ = turn.at.isocalendar() if turn else (0, 0, 0)
        return _TurnOrder(
            week=(year, week),
            points=turn.points if turn else 0.0,
            fault_at=faults.get(candidate.fault, NEVER),
            service_at=services.get(candidate.service, NEVER),
        )

    return min(possible, key=order, default=None)
