"""What was changed right before the first bad sign, on the path of what fails: a hypothesis where no rule fits.

The path of a workload is what it is made of and what it needs: its template, what it reads, its account and rights,
the Services it calls and stands behind, and what guards its namespace.
"""

from collections.abc import Collection
from datetime import datetime, timedelta

from outage.diagnosis.cause import Cause
from outage.diagnosis.edges.pod_complaints import complaints_of, pod_complaints
from outage.diagnosis.findings.facts import Sign
from outage.diagnosis.findings.finding import Finding
from outage.diagnosis.history.change_moments import LastChange, last_change
from outage.diagnosis.history.failing_path import dns_objects, needs_of, reads_of
from outage.diagnosis.history.recorded_change import ChangeKind
from outage.diagnosis.remedies.remedy import Remedy
from outage.diagnosis.rules.rule import CauseEntry
from outage.diagnosis.suspect import SuspectDraft, names_of
from outage.diagnosis.thresholds import ARRIVED_BEFORE, BEING_MADE, CHANGED_TOGETHER, DATED_APART
from outage.diagnosis.weighing.strength import Strength
from outage.kubernetes.field_managers import WRITER
from outage.kubernetes.object_times import created_at, earliest_of
from outage.kubernetes.objects import ObjectRef, object_ref
from outage.kubernetes.workloads import WORKLOADS
from outage.snapshots.case_index import CaseIndex
from outage.text.durations import duration_in_words
from outage.text.logs.trouble_kinds import TroubleKind


def path_changes(index: CaseIndex, failing: Collection[ObjectRef]) -> list[LastChange]:
    """Every change on the path of what fails, the newest first."""
    needed = {about for workload in failing for about in needs_of(index, workload)}
    read = {one for about in needed if about.kind in WORKLOADS for one in reads_of(index, about)}
    unnamed = any(complaints_of(index, one, TroubleKind.NAME_UNKNOWN) for one in failing)
    path = needed | read | (set(dns_objects(index)) if unnamed else set())
    found = [one for about in path if (one := last_change(index, about)) is not None]
    return sorted(found, key=lambda one: one.at, reverse=True)


def recent_change_suspect(index: CaseIndex, findings: list[Finding]) -> SuspectDraft | None:
    """The change that came last before what nothing explains; None when none came, or several at once.

    What we wrote was watched and judged when we wrote it: it is part of an answer, and no news.

    Args:
        index: The picture.
        findings: The failing signs that no cause accounts for.
    """
    if any(one.sign is Sign.POD_UNSCHEDULABLE for one in findings):
        return None  # the scheduler says why, and rules have laid that beside what was changed
    workloads = {about for one in findings if (about := _workload(index, one.about)) is not None}
    onset = earliest_of([*(one.since for one in findings), *_complained(index, workloads)])
    if onset is None:
        return None
    births = [created_at(index.get(one) or {}) for one in workloads]
    since = max((one for one in births if one), default=None)
    changes = [
        one
        for one in path_changes(index, workloads)
        if -DATED_APART <= onset - one.at <= ARRIVED_BEFORE
        and since is not None
        and one.at > since + BEING_MADE
        if one.by != WRITER
    ]
    if not changes:
        return None
    last = changes[0]
    together = [one for one in changes if last.at - one.at <= CHANGED_TOGETHER]
    if len({one.about for one in together}) > 1:
        return None
    verb = "was made" if last.kind is ChangeKind.MADE else "was changed"
    by = f" by {last.by}" if last.by else ""
    ago = duration_in_words(max(onset - last.at, timedelta()))
    says = (
        f"{last.about} {verb}{by} {ago} before {findings[0].about} first failed, and nothing else explains it"
    )
    found = SuspectDraft(
        cause=Cause.RECENT_CHANGE, about=last.about, says=says, explains=names_of(last.about, *workloads)
    )
    found.add(Strength.FITS, f"it is the last change on the path of {findings[0].about.name}")
    found.time(last.at, onset)
    found.evidence_for = [one.says for one in findings][:4]
    found.evidence_for += [f"before that: {one.about} at {one.at:%H:%M:%S}" for one in changes[1:4]]
    found.settle = "What was changed, and whether what fails goes on failing without it: who wrote it knows."
    return found


def _workload(index: CaseIndex, about: ObjectRef) -> ObjectRef | None:
    live = index.get(about)
    if about.kind == "Pod" and live is not None:
        return index.workload_of(live)
    if about.kind == "Service" and live is not None:
        behind = index.behind(live)
        return object_ref(behind[0]) if behind else about
    return about if about.kind in WORKLOADS else None


def _complained(index: CaseIndex, workloads: set[ObjectRef]) -> list[datetime | None]:
    return [one.first for one in pod_complaints(index) if one.workload in workloads]


RECENTLY_CHANGED = CauseEntry(
    Cause.RECENT_CHANGE,
    says="Something on the failing path was changed right before the first failure.",
    shows="nothing else explains the failure, and what lies on its path was changed right before it began; or "
    "a workload says again and again since the change what it never said before it",
    evidence="managedFields with their times, revisions, the baseline, logs before and after",
    remedies=(Remedy.PUT_BACK, Remedy.PERSON),
)
