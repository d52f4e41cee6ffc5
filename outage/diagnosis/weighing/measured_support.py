"""What the monitoring's numbers add to a suspect that shows by itself: a support, or a small doubt.

They never make a cause stronger than it shows, and what nobody measures says nothing.
"""

from collections.abc import Iterable

from outage.diagnosis.cause import Cause
from outage.diagnosis.history.earlier_measurements import Compared, compared_measurements, mounted_by
from outage.diagnosis.suspect import Suspect
from outage.diagnosis.weighing.doubts import Doubt
from outage.diagnosis.weighing.strength import Strength, Support
from outage.snapshots.case_index import CaseIndex
from outage.snapshots.snapshot import Metric

MEASURED_BY = {
    Cause.CPU_SATURATED: frozenset({Metric.CPU_THROTTLED, Metric.CPU_OF_LIMIT}),
    Cause.OUT_OF_MEMORY: frozenset({Metric.MEMORY_OF_LIMIT}),
    Cause.MEMORY_LIMIT_TOO_SMALL: frozenset({Metric.MEMORY_OF_LIMIT}),
    Cause.CONNECTIONS_EXHAUSTED: frozenset({Metric.CONNECTIONS_USED}),
    Cause.DISK_FULL: frozenset({Metric.DISK_USED}),
    Cause.NETWORK_LOSSY: frozenset({Metric.PACKET_ERRORS}),
}
"""The numbers in which a cause would show."""
LASTING = frozenset({Cause.CPU_SATURATED, Cause.CONNECTIONS_EXHAUSTED})
"""Causes that last while they hurt, so that a usual number speaks against them. A container that was killed for memory
begins again with little, and a volume without a claim is not measured."""


def weighed_by_measurements(index: CaseIndex, suspects: Iterable[Suspect]) -> list[Suspect]:
    """The suspects, each with what is measured of its object.

    Args:
        index: The picture.
        suspects: As the rules found them.
    """
    compared = compared_measurements(index)
    if not compared:
        return list(suspects)
    return [_weighed(index, one, compared) for one in suspects]


def _weighed(index: CaseIndex, suspect: Suspect, compared: Iterable[Compared]) -> Suspect:
    told = MEASURED_BY.get(suspect.cause, frozenset())
    own = [one for one in compared if one.metric in told and _is_about(index, suspect, one)]
    high = max((one for one in own if one.saturated), key=lambda one: one.deviation, default=None)
    if high is not None:
        return suspect.adding(Support.DETAIL, measured_in_words(high))
    contradicted = suspect.cause in LASTING and suspect.strength is not Strength.STATED
    if own and contradicted and all(one.usual for one in own):
        return suspect.adding(Doubt.MEASURED_AS_USUAL, measured_in_words(own[0]))
    return suspect


def _is_about(index: CaseIndex, suspect: Suspect, one: Compared) -> bool:
    owners = mounted_by(index, one.about) if one.metric is Metric.DISK_USED else [one.about]
    return suspect.about == one.about or suspect.about in owners


def measured_in_words(one: Compared) -> str:
    """A comparison as one reason."""
    spans = (("an hour earlier", one.hour_ago), ("a day earlier", one.day_ago))
    earlier = " and ".join(f"{number:.2g} {when}" for when, number in spans if number is not None)
    return f"{one.metric} of {one.about} is measured as {one.measured:.2g}, {earlier}"
