"""Services that stand for a name outside the cluster which nobody can resolve."""

from collections.abc import Iterator

from outage.diagnosis.cause import Cause
from outage.diagnosis.edges.pod_complaints import Complaint, pod_complaints
from outage.diagnosis.findings import Signs
from outage.diagnosis.known_good.known_objects import known_difference
from outage.diagnosis.remedies.finished_repairs import put_fields_back
from outage.diagnosis.rules.rule import CauseRule
from outage.diagnosis.suspect import SuspectDraft, names_of
from outage.diagnosis.weighing.strength import Strength, Support
from outage.kubernetes.object_times import changed_at
from outage.kubernetes.objects import ObjectRef, dig
from outage.snapshots.case_index import CaseIndex
from outage.text.logs.trouble_kinds import TroubleKind
from outage.value import Manifest

EXPECTED = "Callers resolve the name again."


def suspect_external_names(index: CaseIndex, signs: Signs) -> Iterator[SuspectDraft]:
    """One suspect for each Service of type ExternalName whose own name callers cannot resolve."""
    said: dict[ObjectRef, list[Complaint]] = {}
    for one in pod_complaints(index):
        if one.kind is TroubleKind.NAME_UNKNOWN and (about := _stood_for(index, one)) is not None:
            said.setdefault(about, []).append(one)
    for about, complaints in said.items():
        yield _suspect(index, signs, about, complaints)


def _stood_for(index: CaseIndex, one: Complaint) -> ObjectRef | None:
    name, _, rest = one.trouble.host.partition(".")
    home = rest.partition(".")[0] or one.workload.namespace
    about = ObjectRef(kind="Service", name=name, namespace=home)
    service = index.get(about)
    return about if service and dig(service, "spec.type") == "ExternalName" else None


def _suspect(index: CaseIndex, signs: Signs, about: ObjectRef, said: list[Complaint]) -> SuspectDraft:
    service: Manifest = index.get(about) or {}
    outside = str(dig(service, "spec.externalName", "?"))
    callers = {one.workload for one in said}
    says = f"{about} stands for {outside}, which {said[0].workload.name} cannot resolve"
    found = SuspectDraft(
        cause=Cause.WRONG_ADDRESS, about=about, says=says, explains=names_of(about, *callers)
    )
    found.field, found.live = "spec.externalName", outside
    found.add(Strength.CONTRADICTED, "the Service is there, and the name that it stands for is not")
    found.add(Support.SYMPTOM, f"{len(callers)} callers say that {about.name} does not resolve")
    found.time(changed_at(service), min((one.first for one in said if one.first), default=None))
    found.evidence_for = [f"{one.pod}: {one.line[:160]}" for one in said][:3]
    found.evidence_for += [one.says for one in signs.failing][:3]
    found.alone = True
    found.settle = f"Whether {outside} resolves anywhere, and which name was meant."
    known = known_difference(index, about, found.onset, prefix="/spec/externalName")
    return put_fields_back(found, known.known, known.fields, EXPECTED) if known else found


RULES = (
    CauseRule(
        suspect_external_names,
    ),
)
