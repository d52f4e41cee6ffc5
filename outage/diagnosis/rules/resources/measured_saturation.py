"""Saturation that only the monitoring tells: what fails uses far more of something than an hour and a day earlier."""

from collections.abc import Iterator

from outage.diagnosis.calls.call_graph import CallGraph
from outage.diagnosis.cause import Cause
from outage.diagnosis.findings import Signs
from outage.diagnosis.findings.facts import Sign
from outage.diagnosis.history.earlier_measurements import Compared, compared_measurements, mounted_by
from outage.diagnosis.rules.rule import CauseRule
from outage.diagnosis.suspect import SuspectDraft, names_of
from outage.diagnosis.weighing.measured_support import measured_in_words
from outage.diagnosis.weighing.own_words import own_words
from outage.diagnosis.weighing.strength import Strength
from outage.kubernetes.object_times import earliest_of
from outage.kubernetes.objects import ObjectRef
from outage.snapshots.case_index import CaseIndex
from outage.snapshots.snapshot import Metric

CAUSES = {
    Metric.CPU_THROTTLED: Cause.CPU_SATURATED,
    Metric.CPU_OF_LIMIT: Cause.CPU_SATURATED,
    Metric.MEMORY_OF_LIMIT: Cause.OUT_OF_MEMORY,
    Metric.CONNECTIONS_USED: Cause.CONNECTIONS_EXHAUSTED,
    Metric.DISK_USED: Cause.DISK_FULL,
    Metric.PACKET_ERRORS: Cause.NETWORK_LOSSY,
}
"""What each would be; that something is slow is no cause."""
SETTLES = {
    Cause.CPU_SATURATED: "Whether traffic grew, or what it does for one request: the limit is used up.",
    Cause.OUT_OF_MEMORY: "What fills its memory: traffic, a queue that nobody reads, or a leak.",
    Cause.CONNECTIONS_EXHAUSTED: "Which client does not give its connections back.",
    Cause.DISK_FULL: "What fills the volume; a person decides what may go.",
    Cause.NETWORK_LOSSY: "Which node or network card drops packets: compare pods of other nodes.",
}


def suspect_measured_saturation(index: CaseIndex, signs: Signs) -> Iterator[SuspectDraft]:
    """What is saturated on the way of what fails, or of who waits; it is never more than a last resort."""
    for one in compared_measurements(index):
        cause = CAUSES.get(one.metric)
        if cause is None or not one.saturated:
            continue
        for about in mounted_by(index, one.about) if one.metric is Metric.DISK_USED else [one.about]:
            if own_words(index, about) is None and (felt := _felt(index, signs, about)):
                yield _suspect(signs, cause, about, one, felt)


def _felt(index: CaseIndex, signs: Signs, about: ObjectRef) -> list[str]:
    """What fails or waits at this workload, at the Services before it, or at who calls it."""
    near = index.names_around(about) | CallGraph.of(index).dependents({str(about)})
    bad = [*signs.failing, *signs.of(Sign.LATENCY_HIGH)]
    return [one.says for one in bad if str(one.about) in near]


def _suspect(signs: Signs, cause: Cause, about: ObjectRef, one: Compared, felt: list[str]) -> SuspectDraft:
    says = f"{about} is saturated: {measured_in_words(one)}"
    found = SuspectDraft(cause=cause, about=about, says=says, explains=names_of(about))
    found.add(
        Strength.LAST_RESORT, "nothing but its numbers tells of it"
    )  # they are weighed with all others'
    found.alone = not signs.failing  # users wait, though nothing fails
    found.onset = earliest_of(each.since for each in signs.failing)
    found.evidence_for = [measured_in_words(one), *felt[:3]]
    found.settle = SETTLES[cause]
    return found


RULES = (CauseRule(suspect_measured_saturation),)
