"""What the monitoring measures now against the same minutes an hour and a day earlier, by robust z-scores.

A median and a median deviation are moved neither by one burst nor by a counter that starts again at nothing. What was
so yesterday at this time, as a nightly batch, is as usual; what is too young to be compared is told nothing of.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from statistics import median

from outage.diagnosis.findings.database_signs import database_ref
from outage.diagnosis.findings.facts.sign_facts import SaturationFacts
from outage.diagnosis.findings.finding import Finding
from outage.diagnosis.thresholds import (
    CPU_SATURATED_FROM,
    DEVIATION,
    MEASURED_POINTS,
    NEARLY_FULL,
    PACKET_ERRORS_FROM,
    SLOW_SECONDS,
    THROTTLED_FROM,
)
from outage.kubernetes.objects import ObjectRef, dig, object_ref
from outage.snapshots.case_index import CaseIndex
from outage.snapshots.snapshot import Measurement, Metric
from outage.value import Value

NORMAL = 1.4826
"""A median deviation times this is the standard deviation of what is normally distributed."""


class MetricBounds(Value):
    """From where on a metric can hurt, and the least spread that is taken for one."""

    hurts_from: float
    spread: float
    """Of a series that never moved every difference would be infinitely many deviations."""


BOUNDS = {
    Metric.CPU_THROTTLED: MetricBounds(hurts_from=THROTTLED_FROM, spread=0.05),
    Metric.CPU_OF_LIMIT: MetricBounds(hurts_from=CPU_SATURATED_FROM, spread=0.05),
    Metric.MEMORY_OF_LIMIT: MetricBounds(hurts_from=NEARLY_FULL, spread=0.02),
    Metric.CONNECTIONS_USED: MetricBounds(hurts_from=NEARLY_FULL, spread=0.02),
    Metric.DISK_USED: MetricBounds(hurts_from=NEARLY_FULL, spread=0.01),
    Metric.PACKET_ERRORS: MetricBounds(hurts_from=PACKET_ERRORS_FROM, spread=0.1),
    Metric.LATENCY: MetricBounds(hurts_from=SLOW_SECONDS, spread=0.05),
}


def robust_z(now: Sequence[float], earlier: Sequence[float], spread: float) -> float | None:
    """How many robust deviations the middle of these numbers lies above the middle of earlier ones.

    Args:
        now: Numbers of now.
        earlier: Numbers of then.
        spread: The least that is taken for one deviation, in their unit; above 0.

    Returns:
        None where either has too few numbers to tell.
    """
    if min(len(now), len(earlier)) < MEASURED_POINTS:
        return None
    middle = median(earlier)
    deviation = median(abs(one - middle) for one in earlier)
    return (median(now) - middle) / max(NORMAL * deviation, spread)


class Compared(Value):
    """One object's metric, compared."""

    metric: Metric
    about: ObjectRef
    """The workload, the claim, the Service or the database."""
    measured: float
    hour_ago: float | None
    day_ago: float | None
    deviation: float
    """The smaller of the scores against each span that tells."""

    @property
    def saturated(self) -> bool:
        """Whether it is high enough to hurt and far above what it was, against every span that tells."""
        return self.measured >= BOUNDS[self.metric].hurts_from and self.deviation >= DEVIATION

    @property
    def usual(self) -> bool:
        """Whether it is neither high nor far from what it was."""
        return self.measured < BOUNDS[self.metric].hurts_from and abs(self.deviation) < DEVIATION


def compared_measurements(index: CaseIndex) -> tuple[Compared, ...]:
    """Every metric of every object that can be compared, of a workload its highest pod."""
    if "compared measurements" not in index.memory:
        index.memory["compared measurements"] = tuple(_compared(index))
    found: tuple[Compared, ...] = index.memory["compared measurements"]
    return found


def saturation_signs(index: CaseIndex) -> Iterator[Finding]:
    """A sign, which hurts nobody by itself, for each that is saturated and was not."""
    for one in compared_measurements(index):
        if one.saturated:
            facts = SaturationFacts(**one.model_dump(exclude={"about"}))
            yield Finding.of(one.about, facts, evidence=("measurements",))


def _compared(index: CaseIndex) -> Iterator[Compared]:
    groups: dict[tuple[Metric, ObjectRef], list[Measurement]] = defaultdict(list)
    for row in index.snapshot.measurements:
        if (about := _measured_of(index, row)) is not None:
            groups[row.metric, about].append(row)
    for (metric, about), rows in groups.items():
        hour = [number for one in rows for number in one.hour_ago]
        day = [number for one in rows for number in one.day_ago]
        scored = [_of(metric, about, one.now, hour, day) for one in rows]
        highest = max(filter(None, scored), key=lambda one: one.measured, default=None)
        if highest is not None:
            yield highest


def _of(
    metric: Metric, about: ObjectRef, now: Sequence[float], hour: Sequence[float], day: Sequence[float]
) -> Compared | None:
    """The comparison of one series with what its workload's pods were then, whatever their names."""
    spread = BOUNDS[metric].spread
    scores = {"hour": robust_z(now, hour, spread), "day": robust_z(now, day, spread)}
    told = [one for one in scores.values() if one is not None]
    if not told:
        return None
    return Compared(
        metric=metric,
        about=about,
        measured=median(now),
        hour_ago=median(hour) if scores["hour"] is not None else None,
        day_ago=median(day) if scores["day"] is not None else None,
        deviation=min(told),
    )


def _measured_of(index: CaseIndex, row: Measurement) -> ObjectRef | None:
    """Whose number it is; None of what is not there and was nobody's that is."""
    if row.metric is Metric.CONNECTIONS_USED and index.platform.database is not None:
        return database_ref(index)
    live = index.get(row.about)
    if row.about.kind != "Pod":
        return row.about if live is not None else None
    return index.workload_of(live) if live is not None else _former_owner(index, row.about)


def _former_owner(index: CaseIndex, pod: ObjectRef) -> ObjectRef | None:
    """The workload that a pod of this name belonged to: the longest name that it begins with."""
    refs: Iterable[ObjectRef] = (object_ref(one) for one in index.workloads)
    owners = [one for one in refs if one.namespace == pod.namespace and pod.name.startswith(f"{one.name}-")]
    return max(owners, key=lambda one: len(one.name), default=None)


def mounted_by(index: CaseIndex, claim: ObjectRef) -> list[ObjectRef]:
    """The workloads whose pods mount a claim."""
    pods = [
        pod
        for pod in index.pods
        if dig(pod, "metadata.namespace") == claim.namespace
        and any(
            dig(one, "persistentVolumeClaim.claimName") == claim.name
            for one in dig(pod, "spec.volumes", []) or []
        )
    ]
    return list(dict.fromkeys(index.workload_of(pod) for pod in pods))
