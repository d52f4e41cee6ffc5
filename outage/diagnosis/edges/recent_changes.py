"""What was changed right before the first bad sign, on the path of what fails: a hypothesis where no rule fits.

The path of a workload is what it is made of and what it needs: its template, what it reads, its account and rights,
the Services it calls and stands behind, and what guards its namespace.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from outage.diagnosis.calls.call_graph import CallGraph
from outage.diagnosis.calls.mentions import config_references
from outage.diagnosis.cause import Cause
from outage.diagnosis.edges.pod_complaints import pod_complaints
from outage.diagnosis.findings.facts import Sign
from outage.diagnosis.findings.finding import Finding
from outage.diagnosis.known_good.template_revisions import template_changed
from outage.diagnosis.remedies.remedy import Remedy
from outage.diagnosis.rules.rule import CauseEntry
from outage.diagnosis.suspect import Suspect, names_of
from outage.diagnosis.weighing.strength import Strength
from outage.kubernetes.object_times import changed_at, created_at, earliest_of, parsed_moment
from outage.kubernetes.objects import ObjectRef, dig, object_ref
from outage.kubernetes.workloads import WORKLOADS
from outage.snapshots.case_index import CaseIndex
from outage.text.durations import duration_in_words
from outage.value import Manifest, Value

BEFORE, AFTER = timedelta(minutes=30), timedelta(seconds=20)
"""Around the first bad sign: dates are of whole seconds, and a look comes round in its own time."""
MADE = timedelta(seconds=20)
"""What is written so shortly after its making belongs to the making."""
NEIGHBOURS = ("NetworkPolicy", "LimitRange", "ResourceQuota", "RoleBinding", "Role", "PodDisruptionBudget")
MACHINES = ("kube-controller-manager", "kubelet", "kube-scheduler", "horizontal-pod-autoscaler")


class PathChange(Value):
    """One change of one object on a failing path."""

    about: ObjectRef
    at: datetime
    by: str = ""
    """The field manager that wrote it."""
    made: bool = False
    """Whether it was made then, and not changed."""


def path_changes(index: CaseIndex, failing: Iterable[ObjectRef]) -> list[PathChange]:
    """Every change on the path of what fails, the newest first."""
    path = {about for workload in failing for about in _path(index, workload)}
    found = [one for about in path if (one := _change(index, about)) is not None]
    return sorted(found, key=lambda one: one.at, reverse=True)


def _path(index: CaseIndex, about: ObjectRef) -> Iterator[ObjectRef]:
    yield about
    manifest = index.get(about)
    spec = dig(manifest, "spec.template.spec", {})
    for kind, name, _ in config_references(spec):
        yield ObjectRef(kind=kind, name=name, namespace=about.namespace)
    if account := spec.get("serviceAccountName"):
        yield ObjectRef(kind="ServiceAccount", name=account, namespace=about.namespace)
    for service in index.fronts(about):
        yield object_ref(service, "Service")
    for called in CallGraph.of(index).uses.get(str(about), {}).values():
        yield called
        for behind in index.behind(index.get(called) or {}):
            yield object_ref(behind)
    for kind in NEIGHBOURS:
        for one in index.all(kind):
            if dig(one, "metadata.namespace") == about.namespace:
                yield object_ref(one, kind)
    yield ObjectRef(kind="Namespace", name=about.namespace)


def _change(index: CaseIndex, about: ObjectRef) -> PathChange | None:
    live = index.get(about)
    if live is None:
        return None
    workload = {"kind": about.kind, **live}
    at = template_changed(index, workload) if about.kind in WORKLOADS else changed_at(live)
    born = created_at(live)
    scaled = _scaled_at(live) if about.kind in WORKLOADS else None
    at = max((one for one in (at, scaled) if one), default=None)
    if at is None or born is None:
        return None
    return PathChange(about=about, at=at, by=_manager(live, at), made=at - born <= MADE)


def _scaled_at(live: Manifest) -> datetime | None:
    moments = [
        parsed_moment(entry.get("time"))
        for entry in dig(live, "metadata.managedFields", [])
        if entry.get("subresource") == "scale" and entry.get("manager") not in MACHINES
    ]
    return max((one for one in moments if one), default=None)


def _manager(live: Manifest, at: datetime) -> str:
    for entry in dig(live, "metadata.managedFields", []):
        if parsed_moment(entry.get("time")) == at and entry.get("manager") not in MACHINES:
            return str(entry.get("manager") or "")
    return ""


def recent_change_suspect(index: CaseIndex, findings: list[Finding]) -> Suspect | None:
    """The change that came last before what nothing explains; None when none came, or several at once.

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
        if -AFTER <= onset - one.at <= BEFORE and since is not None and one.at > since + MADE
    ]
    if not changes:
        return None
    last = changes[0]
    together = [one for one in changes if last.at - one.at <= timedelta(seconds=5)]
    if len({one.about for one in together}) > 1:
        return None
    verb = "was made" if last.made else "was changed"
    by = f" by {last.by}" if last.by else ""
    ago = duration_in_words(max(onset - last.at, timedelta()))
    says = (
        f"{last.about} {verb}{by} {ago} before {findings[0].about} first failed, and nothing else explains it"
    )
    found = Suspect(
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
    shows="nothing else explains the failure, and what lies on its path was changed right before it began",
    evidence="managedFields with their times, revisions, the baseline",
    remedies=(Remedy.PUT_BACK, Remedy.PERSON),
)
