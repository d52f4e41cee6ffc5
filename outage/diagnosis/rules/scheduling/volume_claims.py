"""Claims that pods wait for, and what is done where no known good template differs: another name, no selector."""

import difflib
from collections.abc import Iterator

from outage.diagnosis.cause import Cause
from outage.diagnosis.findings import Signs
from outage.diagnosis.known_good.troubled_workloads import Troubled, troubled_workloads
from outage.diagnosis.remedies.finished_repairs import Words, drop_fields, retarget
from outage.diagnosis.remedies.remedy import Remedy
from outage.diagnosis.rules.rule import CauseEntry, CauseRule
from outage.diagnosis.rules.scheduling.pending_claims import EXPECTED, pending_claims
from outage.diagnosis.suspect import SuspectDraft
from outage.diagnosis.thresholds import CLAIM_LIKENESS
from outage.diagnosis.weighing.doubts import Doubt
from outage.diagnosis.weighing.strength import Trust
from outage.kubernetes.field_differences import FieldDifference
from outage.kubernetes.objects import ObjectRef, dig, object_ref
from outage.snapshots.case_index import CaseIndex
from outage.value import Manifest


def suspect_volume_claims(index: CaseIndex, signs: Signs) -> Iterator[SuspectDraft]:
    """What is wrong with the claims that pods wait for."""
    for one in troubled_workloads(index, signs):
        for claim in _claims(one):
            if dig(claim, "status.phase") == "Pending":
                yield from pending_claims(one, claim)


def _claims(one: Troubled) -> list[Manifest]:
    named = {
        dig(volume, "persistentVolumeClaim.claimName")
        for pod in one.pods
        for volume in dig(pod, "spec.volumes", [])
        if dig(volume, "persistentVolumeClaim.claimName")
    }
    claims = one.index.all("PersistentVolumeClaim")
    return [
        c for c in claims if object_ref(c).name in named and object_ref(c).namespace == one.about.namespace
    ]


def take_unused_claim(one: Troubled, found: SuspectDraft, name: str) -> None:
    """Without a known good form: the one bound claim of nearly that name that nobody uses."""
    candidate, pointer = _like(one, name), _pointer(one.workload, name)
    about = ObjectRef(kind="PersistentVolumeClaim", name=name, namespace=one.about.namespace)
    if one.index.baseline is not None and one.index.baseline.get(about) is not None:
        found.settle = (
            "The claim was deleted: its data may still be in a released volume. A person must decide."
        )
    elif candidate and pointer:
        found.add(Trust.SIBLINGS, f"the bound claim {candidate} is used by nobody and has nearly that name")
        field = FieldDifference(pointer=pointer, live=name, wanted=candidate)
        retarget(found, one.about, [field], Words(f"Let {one.about} use the claim {candidate}", EXPECTED))
    else:
        found.settle = "Which claim holds the data. An empty new one would look like lost data."


def _like(one: Troubled, name: str) -> str | None:
    """The one bound, unused claim whose name is nearly this."""
    used = {
        dig(volume, "persistentVolumeClaim.claimName")
        for pod in one.index.pods
        for volume in dig(pod, "spec.volumes", [])
    }
    free = [
        object_ref(claim).name
        for claim in one.index.all("PersistentVolumeClaim")
        if object_ref(claim).namespace == one.about.namespace and dig(claim, "status.phase") == "Bound"
    ]
    near = [
        other
        for other in difflib.get_close_matches(name, free, n=3, cutoff=CLAIM_LIKENESS)
        if other not in used
    ]
    near = near or [other for other in free if other not in used and (other in name or name in other)]
    return near[0] if len(near) == 1 else None


def _pointer(workload: Manifest, name: str) -> str | None:
    for at, volume in enumerate(dig(workload, "spec.template.spec.volumes", [])):
        if dig(volume, "persistentVolumeClaim.claimName") == name:
            return f"/spec/template/spec/volumes/{at}/persistentVolumeClaim/claimName"
    return None


def drop_selector(one: Troubled, found: SuspectDraft, _: str) -> None:
    """Without a known good form: the pod goes where its volume is."""
    selector = dig(one.workload, "spec.template.spec.nodeSelector")
    if selector:
        words = Words(f"Drop the node selector of {one.about}; the volume stays where it is", EXPECTED)
        drop_fields(found, one.about, ["/spec/template/spec/nodeSelector"], words, live=selector)
    else:
        found.settle = (
            "Which node holds the volume and why no pod can run there: it may be cordoned, tainted or down."
        )


RULES = (
    CauseRule(
        suspect_volume_claims,
        entries=(
            CauseEntry(
                Cause.STORAGE_CLASS_MISSING,
                says="The volume claim names a storage class that does not exist.",
                shows="the claim names a storage class that does not exist and no volume has",
                evidence="events ProvisioningFailed; StorageClasses",
                remedies=(Remedy.MAKE_ANEW, Remedy.PERSON),
                doubts=(Doubt.LONG_UNCHANGED,),
            ),
            CauseEntry(
                Cause.CLAIM_UNBINDABLE,
                says="No volume fits the claim.",
                shows="the claim stays pending: no volume has its size, mode, class or selector",
                evidence="events FailedBinding; the claim against the volumes and the baseline",
                remedies=(Remedy.MAKE_ANEW, Remedy.PERSON),
                doubts=(Doubt.LONG_UNCHANGED,),
            ),
            CauseEntry(
                Cause.STALE_CLAIM_REF,
                says="The volume is still reserved for a claim that is gone.",
                shows="a released volume still names a claim of this name",
                evidence="status Released, spec.claimRef.uid",
                remedies=(Remedy.LET_GO, Remedy.PERSON),
                doubts=(Doubt.LONG_UNCHANGED,),
            ),
        ),
    ),
)
