"""Claims that were deleted while their data lie on: the volume is Released and still names its claim."""

import re
from collections.abc import Iterator

from outage.diagnosis.cause import Cause
from outage.diagnosis.findings import Signs
from outage.diagnosis.known_good.troubled_workloads import Troubled, troubled_workloads
from outage.diagnosis.remedies.remedy import Remedy
from outage.diagnosis.rules.rule import CauseEntry, CauseRule
from outage.diagnosis.suspect import SuspectDraft, names_of
from outage.diagnosis.weighing.strength import Strength, Support, Trust
from outage.kubernetes.object_times import condition_of
from outage.kubernetes.objects import ObjectRef, dig, object_ref
from outage.snapshots.case_index import CaseIndex
from outage.value import Manifest

ABSENT = re.compile(r'persistentvolumeclaim "([^"]+)" (?:not found|is being deleted)')


def suspect_released_volumes(index: CaseIndex, signs: Signs) -> Iterator[SuspectDraft]:
    """Pods that wait for a claim which is gone, where a Released volume remembers it."""
    for one in troubled_workloads(index, signs):
        text = " ".join(condition_of(pod, "PodScheduled").get("message", "") for pod in one.pods)
        for name in dict.fromkeys(ABSENT.findall(text)):
            claim = ObjectRef(kind="PersistentVolumeClaim", name=name, namespace=one.about.namespace)
            held = _released(index, claim)
            if index.get(claim) is None and held is not None:
                yield _suspect(one, claim, held)


def _released(index: CaseIndex, claim: ObjectRef) -> Manifest | None:
    for volume in index.snapshot.kind("PersistentVolume"):
        was = dig(volume, "spec.claimRef", {})
        same = (was.get("namespace"), was.get("name")) == (claim.namespace, claim.name)
        if same and dig(volume, "status.phase") == "Released":
            return volume
    return None


def _suspect(one: Troubled, claim: ObjectRef, volume: Manifest) -> SuspectDraft:
    held = object_ref(volume, "PersistentVolume")
    says = f"{claim} was deleted; its data lie on {held.name}, which is Released and still names it"
    found = SuspectDraft(
        cause=Cause.VOLUME_RELEASED, about=claim, says=says, explains=names_of(claim, one.about)
    )
    found.add(Strength.STATED, "the scheduler says that there is no such claim")
    found.add(Support.SYMPTOM, f"{one.about.name} has no pod that runs")
    found.add(Support.DETAIL, f"{held.name} holds what was written")
    found.add(Trust.DECLARED, f"{held.name} carries the claim's name in its claimRef")
    found.field, found.live, found.wanted = "spec.volumeName", "(the claim is gone)", held.name
    found.evidence_for = [each.says for each in one.findings][:5]
    found.onset = one.onset
    empty = [other for other in _free(one.index, volume) if other != held.name]
    trap = ""
    if empty:
        trap = f" Without volumeName it binds to {', '.join(empty)}, which is empty: green over lost data."
    found.settle = (
        f"A person decides, for these are data. First take uid and resourceVersion out of spec.claimRef of {held}; "
        f"then make the claim {claim.name} anew with volumeName: {held.name}, its class "
        f"{dig(volume, 'spec.storageClassName', '')!r} and {dig(volume, 'spec.capacity.storage', 'its size')}."
        f"{trap} Ready pods are no proof: look whether the data are there."
    )
    return found


def _free(index: CaseIndex, volume: Manifest) -> list[str]:
    """Volumes of the same class that a claim without a name would be given."""
    wanted = dig(volume, "spec.storageClassName", "")
    return sorted(
        object_ref(one, "PersistentVolume").name
        for one in index.snapshot.kind("PersistentVolume")
        if dig(one, "status.phase") == "Available" and dig(one, "spec.storageClassName", "") == wanted
    )


RULES = (
    CauseRule(
        suspect_released_volumes,
        entries=(
            CauseEntry(
                Cause.VOLUME_RELEASED,
                says="The claim was deleted; its data lie on a volume that is Released.",
                shows="a claim waits or is missing, and a Released volume still names it",
                evidence="claimRef of the volume, its size and class",
                remedies=(Remedy.PERSON,),
            ),
        ),
    ),
)
