"""What changed around the first bad sign, on the path of what fails: newest first.

It accuses nobody: whoever answers an outage asks for it first, whatever the cause is.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from outage.diagnosis.edges.pod_complaints import pod_complaints
from outage.diagnosis.findings.finding import Finding
from outage.diagnosis.history.change_moments import LastChange, owned_fields, written_change
from outage.diagnosis.history.earlier_forms import earlier_form
from outage.diagnosis.history.failing_path import failing_path
from outage.diagnosis.history.last_scaling import last_scaling
from outage.diagnosis.history.recorded_change import ChangedField, ChangeKind, RecordedChange
from outage.diagnosis.hypothesis import Hypothesis
from outage.diagnosis.thresholds import INSTALLED_WITHIN, SEEN_LATE, TOLD_BEFORE, YOUNG_NAMESPACE
from outage.kubernetes.object_times import created_at, earliest_of, parsed_moment
from outage.kubernetes.objects import ObjectRef, dig, object_ref, owner_ref
from outage.snapshots.baseline import PASSING
from outage.snapshots.case_index import CaseIndex
from outage.value import Manifest

MOST = 30
"""Changes that are kept; whoever changed more around one moment released everything."""


def what_changed(
    index: CaseIndex, failing: Iterable[Finding], hypotheses: Iterable[Hypothesis]
) -> tuple[RecordedChange, ...]:
    """Everything on the failing path that changed around a bad sign, newest first; undated ones last.

    Args:
        index: The picture.
        failing: The failing signs; without any nothing fails, and nothing is told.
        hypotheses: What is said to be why: its own changes belong to the path.
    """
    failing, hypotheses = list(failing), list(hypotheses)
    if not failing and not hypotheses:
        return ()
    roots = {place for one in failing for place in _places(index, one.about)}
    roots |= {one.about for one in hypotheses}
    path = failing_path(index, roots)
    onsets = _onsets(index, failing, hypotheses, roots)
    found = [one for about in path if (one := _recorded(index, about, onsets)) is not None]
    found += _gone(index, {one.namespace for one in roots} & index.home, path)
    scaled = [one for about in path if (one := last_scaling(index, about)) is not None]
    found += [one for one in scaled if one.at and _near(one.at, onsets)]
    found = [one for one in found if not _installed(index, one, onsets)]
    found += _ran(index, {one.namespace for one in roots} & index.home, onsets)
    by_name = sorted(found, key=lambda one: str(one.about))
    return tuple(sorted(by_name, key=_newest_first)[:MOST])


def _newest_first(one: RecordedChange) -> float:
    return -one.at.timestamp() if one.at else math.inf


def _places(index: CaseIndex, about: ObjectRef) -> Iterator[ObjectRef]:
    live = index.get(about)
    yield index.workload_of(live) if about.kind == "Pod" and live is not None else about
    if about.kind == "Service" and live is not None:
        yield from (object_ref(one) for one in index.behind(live))
    if about.kind == "Ingress" and live is not None:
        for rule in dig(live, "spec.rules", []):
            for path in dig(rule, "http.paths", []):
                if name := dig(path, "backend.service.name"):
                    yield ObjectRef(kind="Service", name=name, namespace=about.namespace)


def _onsets(
    index: CaseIndex, failing: list[Finding], hypotheses: list[Hypothesis], roots: set[ObjectRef]
) -> list[datetime]:
    """The moments around which changes count; without any date the moment of the look."""
    complaints = [one.first for one in pod_complaints(index) if one.workload in roots]
    moments = [*(one.since for one in failing), *(one.onset for one in hypotheses), earliest_of(complaints)]
    return [one for one in moments if one] or [index.now]


def _near(at: datetime, onsets: list[datetime]) -> bool:
    return any(-SEEN_LATE <= onset - at <= TOLD_BEFORE for onset in onsets)


def _recorded(index: CaseIndex, about: ObjectRef, onsets: list[datetime]) -> RecordedChange | None:
    if about.kind in PASSING or index.get(about) is None:
        return None
    change = written_change(index, about)
    if change is not None and not _near(change.at, onsets):
        return None
    if change is not None and change.kind is ChangeKind.MADE:
        return RecordedChange(about=about, kind=change.kind, at=change.at, by=change.by)
    was = earlier_form(index, about, change)
    if change is None and not was.fields:
        return None
    return RecordedChange(
        about=about,
        kind=change.kind if change else ChangeKind.CHANGED,
        at=change.at if change else None,
        by=change.by if change else "",
        fields=was.fields or _owned(index, change),
        against=was.source,
    )


def _owned(index: CaseIndex, change: LastChange | None) -> tuple[ChangedField, ...]:
    """Where no earlier form is known: the fields that its writer owns, without what stood there."""
    known = change is not None and index.baseline is not None and index.baseline.get(change.about) is not None
    if change is None or known:
        return ()
    return tuple(ChangedField(field=one) for one in owned_fields(index.get(change.about) or {}, change))


def _installed(index: CaseIndex, one: RecordedChange, onsets: list[datetime]) -> bool:
    """Whether it was made with the namespace that it lives in, or with the cluster: then it is no change.

    That a namespace is itself hardly older than the failure is told.
    """
    if one.kind is not ChangeKind.MADE or one.at is None:
        return False
    if one.about.kind == "Namespace":
        return not any(timedelta() <= onset - one.at <= YOUNG_NAMESPACE for onset in onsets)
    home = index.get(ObjectRef(kind="Namespace", name=one.about.namespace or "kube-system"))
    born = created_at(home or {})
    return born is not None and one.at - born <= INSTALLED_WITHIN


def _gone(index: CaseIndex, places: set[str], path: set[ObjectRef]) -> Iterator[RecordedChange]:
    """What the baseline has in these namespaces and the picture has not."""
    baseline = index.baseline
    for kind, some in baseline.objects.items() if baseline else ():
        for one in some if kind not in PASSING else ():
            about = object_ref(one, kind)
            inside = about.namespace in places or about in path
            if inside and index.get(about) is None and _surely_gone(index, about):
                yield RecordedChange(about=about, kind=ChangeKind.REMOVED, against="the baseline")


def _surely_gone(index: CaseIndex, about: ObjectRef) -> bool:
    return index.snapshot.saw(about.kind, about.namespace or None, about.name)


def _ran(index: CaseIndex, places: set[str], onsets: list[datetime]) -> Iterator[RecordedChange]:
    """Jobs that began around a bad sign, those of one CronJob as one change."""
    runs: dict[ObjectRef, list[Manifest]] = defaultdict(list)
    for job in index.all("Job"):
        at = _began(job)
        if dig(job, "metadata.namespace", "") in places and at and _near(at, onsets):
            runs[owner_ref(job) or object_ref(job, "Job")].append(job)
    for about, jobs in runs.items():
        newest = max(filter(None, map(_began, jobs)))
        yield RecordedChange(about=about, kind=ChangeKind.RAN, at=newest, runs=len(jobs))


def _began(job: Manifest) -> datetime | None:
    return parsed_moment(dig(job, "status.startTime")) or parsed_moment(
        dig(job, "metadata.creationTimestamp")
    )
