"""What earlier outages of one cause tell: how often it came, and how long its repair took.

Runbook: "During Resolution", "Prevention Checklist".
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from statistics import median

from outage.incidents.incident import Incident
from outage.text.durations import duration_in_words
from outage.value import Value

HISTORY = timedelta(days=90)
"""How far back an earlier outage counts as the same story."""
NOT_KNOWN = "not known"


class PastOutage(Value):
    """One earlier outage of a cause."""

    incident: str
    drill: bool
    opened_at: datetime
    closed_at: datetime
    repaired: bool
    """Whether it ended recovered, by a repair of this cause."""


class RepairHistory(Value):
    """The earlier outages of one cause on one platform."""

    cause: str
    looked_back: timedelta = HISTORY
    past: tuple[PastOutage, ...] = ()

    @property
    def real(self) -> tuple[PastOutage, ...]:
        """Without practice, which is healed faster than life and comes on purpose."""
        return tuple(one for one in self.past if not one.drill)

    @property
    def drills(self) -> int:
        """How many were practice."""
        return len(self.past) - len(self.real)

    @property
    def repairs(self) -> tuple[timedelta, ...]:
        """How long each real outage took that a repair of this cause ended, from its opening."""
        return tuple(one.closed_at - one.opened_at for one in self.real if one.repaired)


def repair_history(cause: str, past: Iterable[PastOutage], before: Incident) -> RepairHistory:
    """The history of a cause as it stood when an incident was opened.

    Args:
        cause: Stable class name.
        past: Outages of that cause, in any order.
        before: The incident that is asked for; neither itself nor what came after it counts.
    """
    earlier = [
        one
        for one in past
        if one.incident != before.id and before.opened_at - HISTORY <= one.opened_at < before.opened_at
    ]
    return RepairHistory(cause=cause, past=tuple(sorted(earlier, key=lambda one: one.opened_at)))


def eta_in_words(incident: Incident, history: RepairHistory | None, now: datetime) -> str:
    """When it may be over, from the repairs of the same cause; `not known` when there were none.

    Args:
        incident: The open one.
        history: Of its likeliest cause; None while there is none.
        now: The time.
    """
    if history is None:
        return NOT_KNOWN
    left_out = f", {_counted(history.drills, 'drill')} left out" if history.drills else ""
    if not history.repairs:
        return f"{NOT_KNOWN}: no repair of {history.cause} is on record{left_out}"
    usual = timedelta(seconds=median(one.total_seconds() for one in history.repairs))
    base = f"median of {len(history.repairs)} of {history.cause}{left_out}"
    took, over = f"such outages took {duration_in_words(usual)} ({base})", incident.opened_at + usual
    return (
        f"about {over:%Y-%m-%d %H:%M} UTC: {took}"
        if over > now
        else f"{NOT_KNOWN}: {took}, and that has passed"
    )


def came_before(history: RepairHistory | None) -> str:
    """How often a cause came before, as a sentence; empty when there is no cause to ask for."""
    if history is None:
        return ""
    drills = f" and in {_counted(history.drills, 'drill')}" if history.drills else ""
    times = _counted(len(history.real), "time")
    return f"{history.cause} came {times} before in {history.looked_back.days} days{drills}"


def _counted(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"
