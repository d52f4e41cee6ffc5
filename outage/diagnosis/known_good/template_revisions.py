"""What a workload's pod template should look like, and which of its fields would have to change.

The template of a known good form comes first, then an older revision that really differs, has not failed itself
and that nobody went away from.
"""

from collections.abc import Callable, Iterator
from datetime import datetime

from outage.diagnosis.known_good.controller_revisions import (
    controller_revisions,
    gone_back_from,
    live_revisions,
    never_ready,
    pods_made_from,
    template_in,
)
from outage.diagnosis.known_good.known_objects import KnownObjects, known_objects
from outage.diagnosis.known_good.plain_templates import plain_template, plain_template_of
from outage.diagnosis.thresholds import REVISION_REFUSALS
from outage.diagnosis.weighing.strength import Trust
from outage.kubernetes.events import event_count
from outage.kubernetes.field_differences import FieldDifference, field_differences
from outage.kubernetes.object_times import changed_at, created_at, earliest_of
from outage.kubernetes.objects import annotations_of, dig, object_ref
from outage.kubernetes.readiness import is_ready
from outage.snapshots.case_index import CaseIndex
from outage.value import Manifest, Value

BAD_EVENTS = {"Failed", "BackOff", "FailedScheduling", "FailedMount", "FailedCreatePodSandBox"}


class Fix(Value):
    """The fields that would have to change, against one known good form."""

    known: KnownObjects
    chosen: tuple[FieldDifference, ...]
    """Differences that could explain the trouble."""
    others: tuple[FieldDifference, ...]
    """Differences that could not."""


def known_templates(index: CaseIndex, workload: Manifest, onset: datetime | None) -> Iterator[KnownObjects]:
    """Known good pod templates of a workload, most trusted first."""
    for known in known_objects(index, object_ref(workload), onset):
        template = dig(known.manifest, "spec.template")
        if template:
            yield known.model_copy(update={"manifest": template})
    yield from revisions(index, workload)


def revisions(index: CaseIndex, workload: Manifest) -> Iterator[KnownObjects]:
    """Older templates that have not been seen failing: those with ready pods first, then the newest."""
    about = object_ref(workload)
    if workload.get("kind") == "Deployment":
        others = [one for one in index.replica_sets(about) if not _same(index, one, workload)]
        good = [one for one in others if not (_failed_before(index, one) or _left(index, one, workload))]
        for one in sorted(good, key=lambda one: not dig(one, "status.readyReplicas", 0)):
            yield _revision(one, dig(one, "spec.template", {}), one)
        return
    live = live_revisions(index, workload)
    for one in controller_revisions(index, about):
        if one not in live and not _left_or_failing(index, one, workload, live):
            yield _revision(one, template_in(one), one)


def _left_or_failing(index: CaseIndex, revision: Manifest, workload: Manifest, live: list[Manifest]) -> bool:
    """As for ReplicaSets: a revision that somebody went back from, or that never got ready, is no way out."""
    pods = pods_made_from(index, object_ref(workload), revision)
    if any(is_ready(pod) for pod in pods):
        return False
    return any(never_ready(pod) for pod in pods) or gone_back_from(revision, live)


def _same(index: CaseIndex, replica_set: Manifest, workload: Manifest) -> bool:
    live = plain_template_of(index, dig(workload, "spec.template", {}))
    return plain_template_of(index, dig(replica_set, "spec.template", {})) == live


def _revision(holder: Manifest, template: Manifest, named: Manifest) -> KnownObjects:
    number = annotations_of(holder).get("deployment.kubernetes.io/revision") or holder.get("revision", "?")
    ready = dig(holder, "status.readyReplicas", 0)
    return KnownObjects(
        manifest=template,
        source=f"revision {number}" + (", which still has ready pods" if ready else ""),
        trust=Trust.HISTORY,
        revision=dig(named, "metadata.name"),
        number=str(number),
        serves=bool(ready),
    )


def _failed_before(index: CaseIndex, replica_set: Manifest) -> bool:
    """Whether pods of this revision were seen failing by themselves."""
    if dig(replica_set, "status.readyReplicas", 0):
        return False
    stem = dig(replica_set, "metadata.name", "") + "-"
    said = [event for about, event in index.warnings_of_kind("Pod") if about.name.startswith(stem)]
    unready = sum(event_count(event) for event in said if event.get("reason") == "Unhealthy")
    return unready >= REVISION_REFUSALS or any(event.get("reason") in BAD_EVENTS for event in said)


def _left(index: CaseIndex, replica_set: Manifest, workload: Manifest) -> bool:
    """Whether somebody went back from this revision to the live one: it is no way out, it was the way in."""
    came, live = created_at(replica_set), template_changed(index, workload)
    return not dig(replica_set, "status.readyReplicas", 0) and bool(came and live and came > live)


def template_fix(
    index: CaseIndex, workload: Manifest, onset: datetime | None, relevant: Callable[[FieldDifference], bool]
) -> Fix | None:
    """The differences to the most trusted template that could explain the trouble; None when there are none.

    What a revision with ready pods has as well does no harm: an older one that has it otherwise proves nothing.
    """
    for known, found in _compared(index, workload, onset):
        chosen = tuple(one for one in found if relevant(one))
        if chosen:
            others = tuple(one for one in found if not relevant(one))
            return Fix(known=known, chosen=chosen, others=others)
        if known.serves:
            return None
    return None


def as_in_baseline(index: CaseIndex, workload: Manifest, relevant: Callable[[FieldDifference], bool]) -> bool:
    """Whether the baseline knows the workload and has the same in these fields: then they are no change."""
    if index.baseline is None or index.baseline.get(object_ref(workload)) is None:
        return False
    known, found = _compared(index, workload, None)[0]
    return known.trust is Trust.BASELINE and not any(relevant(one) for one in found)


def _compared(
    index: CaseIndex, workload: Manifest, onset: datetime | None
) -> list[tuple[KnownObjects, tuple[FieldDifference, ...]]]:
    """The known good templates with what separates the live one from each; worked out once."""
    key = ("compared", str(object_ref(workload)), onset)
    if key not in index.memory:
        live = plain_template_of(index, dig(workload, "spec.template", {}))
        index.memory[key] = [
            (known, field_differences(live, plain_template(known.manifest), "/spec/template"))
            for known in known_templates(index, workload, onset)
        ]
    compared: list[tuple[KnownObjects, tuple[FieldDifference, ...]]] = index.memory[key]
    return compared


def template_changed(index: CaseIndex, workload: Manifest) -> datetime | None:
    """When the live template first came about: the birth of its oldest ReplicaSet, or the workload's last change.

    A template that was taken up again, or only restarted, is as old as its first pods.

    Returns:
        None when nothing is dated.
    """
    births = [
        created_at(one) for one in index.replica_sets(object_ref(workload)) if _same(index, one, workload)
    ]
    return earliest_of(births) or changed_at(workload)
