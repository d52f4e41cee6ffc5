"""Pods that wait for their volume: a claim of a wrong name, a volume on another node, a claim that is not bound."""

import difflib
import re
from collections.abc import Iterator

from outage.diagnosis.cause import Cause
from outage.diagnosis.findings import Signs
from outage.diagnosis.remedies.finished_repairs import Words, drop_fields, retarget
from outage.diagnosis.remedies.remedy import Remedy
from outage.diagnosis.rules.rule import CauseEntry, CauseRule
from outage.diagnosis.rules.scheduling.pending_claims import EXPECTED, pending_claims
from outage.diagnosis.suspect import Suspect
from outage.diagnosis.troubled_workloads import Troubled, troubled_workloads
from outage.diagnosis.weighing.doubts import Doubt
from outage.diagnosis.weighing.strength import Strength, Trust
from outage.kubernetes.field_differences import FieldDifference
from outage.kubernetes.object_times import condition_of
from outage.kubernetes.objects import ObjectRef, dig, object_ref
from outage.snapshots.case_index import CaseIndex
from outage.value import Manifest

ABSENT = re.compile(r'persistentvolumeclaim "([^"]+)" not found')
CONFLICT = re.compile(r"volume node affinity conflict")


def suspect_volume_claims(index: CaseIndex, signs: Signs) -> Iterator[Suspect]:
    """Pods that wait for a claim, and what is wrong with the claim."""
    for one in troubled_workloads(index, signs):
        text = " ".join(condition_of(pod, "PodScheduled").get("message", "") for pod in one.pods)
        if found := ABSENT.search(text):
            yield _absent(one, found.group(1))
        if CONFLICT.search(text):
            yield _conflict(one)
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


def _absent(one: Troubled, name: str) -> Suspect:
    fix = one.fix(r"/volumes(?:/|$)")
    found = one.suspect(
        Cause.CLAIM_NAME_WRONG, f"{one.about} names the claim {name}, which does not exist", fix, EXPECTED
    )
    found.add(Strength.STATED, "the scheduler says that there is no such claim")
    if fix is not None:
        return found
    candidate = _like(one, name)
    pointer = _pointer(one.workload, name)
    about = ObjectRef(kind="PersistentVolumeClaim", name=name, namespace=one.about.namespace)
    if one.index.baseline is not None and one.index.baseline.get(about) is not None:
        found.settle = (
            "The claim was deleted: its data may still be in a released volume. A person must decide."
        )
        return found
    if candidate and pointer:
        found.add(Trust.SIBLINGS, f"the bound claim {candidate} is used by nobody and has nearly that name")
        field = FieldDifference(pointer=pointer, live=name, wanted=candidate)
        retarget(found, one.about, [field], Words(f"Let {one.about} use the claim {candidate}", EXPECTED))
    else:
        found.settle = "Which claim holds the data. An empty new one would look like lost data."
    return found


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
    near = [other for other in difflib.get_close_matches(name, free, n=3, cutoff=0.6) if other not in used]
    near = near or [other for other in free if other not in used and (other in name or name in other)]
    return near[0] if len(near) == 1 else None


def _pointer(workload: Manifest, name: str) -> str | None:
    for at, volume in enumerate(dig(workload, "spec.template.spec.volumes", [])):
        if dig(volume, "persistentVolumeClaim.claimName") == name:
            return f"/spec/template/spec/volumes/{at}/persistentVolumeClaim/claimName"
    return None


def _conflict(one: Troubled) -> Suspect:
    fix = one.fix(r"/(?:nodeSelector|affinity|nodeName)(?:/|$)")
    says = f"{one.about}: its volume lives on another node than the pod is bound to"
    found = one.suspect(Cause.VOLUME_NODE_CONFLICT, says, fix, EXPECTED)
    found.add(Strength.STATED, "the scheduler says that volume and node do not agree")
    selector = dig(one.workload, "spec.template.spec.nodeSelector")
    if fix is None and selector:
        pointer = "/spec/template/spec/nodeSelector"
        words = Words(f"Drop the node selector of {one.about}; the volume stays where it is", EXPECTED)
        drop_fields(found, one.about, [pointer], words, live=selector)
    elif fix is None:
        found.settle = (
            "Which node holds the volume and why no pod can run there: it may be cordoned, tainted or down."
        )
    return found


RULES = (
    CauseRule(
        suspect_volume_claims,
        entries=(
            CauseEntry(
                Cause.CLAIM_NAME_WRONG,
                shows="the scheduler says that the claim which the pod names does not exist",
                evidence="condition PodScheduled; the claims that are bound and unused",
                remedies=(Remedy.UNDO, Remedy.PUT_BACK, Remedy.RETARGET, Remedy.PERSON),
                doubts=(Doubt.LONG_UNCHANGED,),
            ),
            CauseEntry(
                Cause.STORAGE_CLASS_MISSING,
                shows="the claim names a storage class that does not exist and no volume has",
                evidence="events ProvisioningFailed; StorageClasses",
                remedies=(Remedy.MAKE_ANEW, Remedy.PERSON),
                doubts=(Doubt.LONG_UNCHANGED,),
            ),
            CauseEntry(
                Cause.CLAIM_UNBINDABLE,
                shows="the claim stays pending: no volume has its size, mode, class or selector",
                evidence="events FailedBinding; the claim against the volumes and the baseline",
                remedies=(Remedy.MAKE_ANEW, Remedy.PERSON),
                doubts=(Doubt.LONG_UNCHANGED,),
            ),
            CauseEntry(
                Cause.VOLUME_NODE_CONFLICT,
                shows='the scheduler says "volume node affinity conflict"',
                evidence="condition PodScheduled; nodeAffinity of the volume against the node selector",
                remedies=(Remedy.UNDO, Remedy.PUT_BACK, Remedy.DROP, Remedy.PERSON),
                doubts=(Doubt.LONG_UNCHANGED,),
            ),
            CauseEntry(
                Cause.STALE_CLAIM_REF,
                shows="a released volume still names a claim of this name",
                evidence="status Released, spec.claimRef.uid",
                remedies=(Remedy.LET_GO, Remedy.PERSON),
                doubts=(Doubt.LONG_UNCHANGED,),
            ),
        ),
    ),
)
