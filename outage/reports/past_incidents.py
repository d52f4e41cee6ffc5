"""Past incidents with their times, and the three means that teams are measured by: to detect, acknowledge, recover."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from outage.incidents.incident import Ending, Incident
from outage.incidents.severity import Severity
from outage.value import Value


class DrillChoice(StrEnum):
    """Which incidents of a list are wanted."""

    BOTH = ""
    REAL = "real"
    DRILLS = "drills"


class HistoryFilter(Value):
    """What somebody looks for in the history; everything that is left out fits all."""

    platform: str = ""
    severity: Severity | None = None
    ending: Ending | None = None
    drills: DrillChoice = DrillChoice.BOTH
    text: str = ""
    """Stands in the title, the ending's sentence or the id, whatever its case."""
    before: datetime | None = None
    """Opened before it: where the next page of a list begins."""


class PastIncident(Value):
    """One incident, open or over, with the moments that means are made of."""

    incident: Incident
    cause: str = ""
    """Class of the cause that the first whole look put first; empty when there was none."""
    began_at: datetime | None = None
    """In a drill the moment of the fault, else the earliest alert's own start."""
    acknowledged_at: datetime | None = None
    """When a person first took it or answered a plan."""

    @property
    def detect(self) -> timedelta | None:
        """From the beginning of the outage to the incident; never negative, since clocks differ."""
        if self.began_at is None:
            return None
        return max(timedelta(), self.incident.opened_at - self.began_at)

    @property
    def acknowledge(self) -> timedelta | None:
        """From the incident to the first person."""
        if self.acknowledged_at is None:
            return None
        return max(timedelta(), self.acknowledged_at - self.incident.opened_at)

    @property
    def recover(self) -> timedelta | None:
        """From the incident to its proven recovery; None of every other ending."""
        if self.incident.ending is not Ending.RECOVERED or self.incident.closed_at is None:
            return None
        return self.incident.closed_at - self.incident.opened_at


class MeanTime(Value):
    """A mean, and of how many; without any there is no mean."""

    mean: timedelta | None = None
    of: int = 0


class MeanTimes(Value):
    """The three means of one group of incidents."""

    group: str
    incidents: int
    detect: MeanTime
    acknowledge: MeanTime
    recover: MeanTime


def mean_times(
    past: Iterable[PastIncident], group_of: Callable[[PastIncident], str]
) -> tuple[MeanTimes, ...]:
    """MTTD, MTTA and MTTR by group, the largest group first.

    Args:
        past: The incidents that count.
        group_of: Names the group of an incident; empty leaves it out.
    """
    groups: dict[str, list[PastIncident]] = {}
    for one in past:
        if name := group_of(one):
            groups.setdefault(name, []).append(one)
    found = [_means(name, members) for name, members in groups.items()]
    return tuple(sorted(found, key=lambda one: (-one.incidents, one.group)))


def _means(group: str, members: Sequence[PastIncident]) -> MeanTimes:
    return MeanTimes(
        group=group,
        incidents=len(members),
        detect=_mean([one.detect for one in members]),
        acknowledge=_mean([one.acknowledge for one in members]),
        recover=_mean([one.recover for one in members]),
    )


def _mean(lengths: Iterable[timedelta | None]) -> MeanTime:
    known = [one for one in lengths if one is not None]
    return MeanTime(mean=sum(known, timedelta()) / len(known), of=len(known)) if known else MeanTime()
