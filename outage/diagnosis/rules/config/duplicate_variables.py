"""Environment variables that are given twice: Kubernetes takes the last value, people read the first."""

from collections.abc import Iterator
from typing import NamedTuple

from outage.diagnosis.cause import Cause
from outage.diagnosis.findings import Signs
from outage.diagnosis.findings.caller_complaints import lost_calls
from outage.diagnosis.findings.symptoms_near import first_failure, hurt_near
from outage.diagnosis.known_good.controller_revisions import controller_revisions, template_in
from outage.diagnosis.known_good.template_revisions import template_changed
from outage.diagnosis.remedies.finished_repairs import Words, drop_fields
from outage.diagnosis.remedies.remedy import Remedy
from outage.diagnosis.rules.rule import CauseEntry, CauseRule
from outage.diagnosis.suspect import SuspectDraft, names_of
from outage.diagnosis.thresholds import RECENT_CHANGE
from outage.diagnosis.weighing.doubts import Doubt
from outage.diagnosis.weighing.strength import Strength, Support
from outage.kubernetes.field_differences import shown_value
from outage.kubernetes.object_times import created_at
from outage.kubernetes.objects import dig, object_ref
from outage.snapshots.case_index import CaseIndex
from outage.text.redaction import SECRET_NAME
from outage.value import Manifest

EXPECTED = "New pods with the first value; what they call answers."


class GivenTwice(NamedTuple):
    """A variable that one container gives twice, with different values."""

    pointer: str
    """Of the later entry."""
    later: Manifest
    first: Manifest


def suspect_duplicate_variables(index: CaseIndex, signs: Signs) -> Iterator[SuspectDraft]:
    """Workloads of the platform whose live template gives a variable twice, with different values."""
    for workload in index.workloads:
        about = object_ref(workload)
        twice = _twice(workload) if about.namespace in index.home else []
        if not twice or _known_of_old(index, workload):
            continue
        hurt = hurt_near(index, signs, [about])
        at = template_changed(index, workload)
        young = at is not None and index.now - at < RECENT_CHANGE
        if hurt or young or lost_calls(index, about):
            found = _suspect(workload, twice, bool(hurt))
            yield found.time(at, first_failure(signs, hurt))


def _twice(workload: Manifest) -> list[GivenTwice]:
    found = []
    for group in ("containers", "initContainers"):
        for number, container in enumerate(dig(workload, f"spec.template.spec.{group}", [])):
            first: dict[str, Manifest] = {}
            for at, one in enumerate(container.get("env") or []):
                before = first.setdefault(one.get("name", ""), one)
                if before != one:
                    found.append(GivenTwice(f"/spec/template/spec/{group}/{number}/env/{at}", one, before))
    return found


def _known_of_old(index: CaseIndex, workload: Manifest) -> bool:
    """Whether it was given twice already when all was well, or in a template that pods have lived with for hours."""
    was = index.baseline.get(object_ref(workload)) if index.baseline else None
    return (was is not None and bool(_twice(was))) or any(
        (born := created_at(one)) is not None and index.now - born >= RECENT_CHANGE and _twice(_held(one))
        for one in (
            *index.replica_sets(object_ref(workload)),
            *controller_revisions(index, object_ref(workload)),
        )
    )


def _held(revision: Manifest) -> Manifest:
    """A revision as a workload of its template."""
    return {"spec": {"template": dig(revision, "spec.template") or template_in(revision)}}


def _suspect(workload: Manifest, twice: list[GivenTwice], hurt: bool) -> SuspectDraft:
    about, (pointer, later, before) = object_ref(workload), twice[0]
    name = later.get("name", "?")
    says = f"{about}: {name} is given twice, and the last value, {_told(name, later)}, wins"
    found = SuspectDraft(
        cause=Cause.DUPLICATE_ENV, about=about, says=says, explains=names_of(about), alone=True
    )
    found.add(Strength.STATED, f"{name} has two values").add(
        Support.SYMPTOM if hurt else None, f"{about.name} fails"
    )
    found.add(Support.DETAIL, "nobody gives a variable twice on purpose")
    words = Words(f"Remove the second {name} of {about}", EXPECTED)
    drop_fields(found, about, [one.pointer for one in reversed(twice)], words, live="")
    found.field = pointer[1:].replace("/", ".")
    found.live, found.wanted = _told(name, later), _told(name, before)
    found.settle = f"Which value of {name} is meant; the first one stands until then."
    return found


def _told(name: str, entry: Manifest) -> str:
    if SECRET_NAME.search(name) and "value" in entry:
        return "(hidden)"
    return shown_value(entry.get("value", entry.get("valueFrom", "")))


RULES = (
    CauseRule(
        suspect_duplicate_variables,
        entries=(
            CauseEntry(
                Cause.DUPLICATE_ENV,
                says="An environment variable is given twice and the last one, which wins, is wrong.",
                shows="one container gives a variable twice with different values; Kubernetes takes the last",
                evidence="env of the live template against older ones",
                remedies=(Remedy.DROP, Remedy.PUT_BACK, Remedy.PERSON),
                doubts=(Doubt.LONG_UNCHANGED,),
            ),
        ),
    ),
)
