"""Claims that stay pending: an absent class, a volume still reserved, no volume that fits.

Promise: nothing that ever held data is deleted; a claim that was ever bound is not made anew.
"""

import re
from collections.abc import Iterator

from outage.diagnosis.cause import Cause
from outage.diagnosis.hypothesis import Risk
from outage.diagnosis.known_good.known_objects import known_difference
from outage.diagnosis.known_good.troubled_workloads import Troubled
from outage.diagnosis.remedies.finished_repairs import Words, drop_fields, name_difference, replace_object
from outage.diagnosis.suspect import SuspectDraft, names_of
from outage.diagnosis.weighing.strength import Strength, Support
from outage.kubernetes.events import event_message
from outage.kubernetes.object_times import changed_at
from outage.kubernetes.objects import ObjectRef, annotations_of, dig, object_ref
from outage.kubernetes.quantity import parsed_quantity
from outage.snapshots.case_index import CaseIndex
from outage.value import Manifest

NO_CLASS = re.compile(r'storageclass(?:\.storage\.k8s\.io)? "([^"]+)" not found')
NO_VOLUME = re.compile(
    r"no persistent volumes available|didn't find available persistent volumes|ProvisioningFailed"
)
EXPECTED = "The claim is bound, the pod gets a node and becomes ready."


def pending_claims(one: Troubled, claim: Manifest) -> Iterator[SuspectDraft]:
    """What is wrong with a claim that is not bound."""
    about = object_ref(claim, "PersistentVolumeClaim")
    said = " ".join(event_message(event) for event in one.index.events(about))
    name = dig(claim, "spec.storageClassName")
    classes = {cls["metadata"]["name"] for cls in one.index.snapshot.kind("StorageClass")}
    no_class = NO_CLASS.search(said) or (
        name and one.index.snapshot.saw("StorageClass") and name not in classes
    )
    if no_class and not _volumes_of_class(one.index, name):
        yield _class_missing(one, claim, about, str(name))
        return
    if released := _released(one.index, claim):
        yield _stale(one, about, released)
        return
    yield _unbindable(one, claim, about, said)


def _volumes_of_class(index: CaseIndex, name: str | None) -> bool:
    return any(dig(pv, "spec.storageClassName", "") == name for pv in index.snapshot.kind("PersistentVolume"))


def ever_bound(claim: Manifest) -> bool:
    """Whether the claim ever had a volume: then it may hold data and is not touched."""
    notes = annotations_of(claim)
    return bool(dig(claim, "spec.volumeName")) or "pv.kubernetes.io/bind-completed" in notes


def _about_claim(one: Troubled, cause: Cause, claim: Manifest, says: str) -> SuspectDraft:
    about = object_ref(claim, "PersistentVolumeClaim")
    found = SuspectDraft(cause=cause, about=about, says=says, explains=names_of(one.about, about))
    found.evidence_for = [finding.says for finding in one.findings][:4]
    return found.time(changed_at(claim), one.onset)


def _class_missing(one: Troubled, claim: Manifest, about: ObjectRef, name: str) -> SuspectDraft:
    says = f"{about} asks for the storage class {name}, which does not exist"
    found = _about_claim(one, Cause.STORAGE_CLASS_MISSING, claim, says).add(
        Strength.STATED, "there is no such storage class"
    )
    found.field, found.live = "spec.storageClassName", name
    wanted = _usual_class(one.index, about)
    if wanted and not ever_bound(claim):
        found.wanted = wanted
        _make_anew(found, about, claim, {"storageClassName": wanted}, f"with storage class {wanted}")
    else:
        found.settle = "Which class it should have; a claim that was ever bound is not made anew."
    return found


def _usual_class(index: CaseIndex, about: ObjectRef) -> str | None:
    if index.baseline is not None and (was := index.baseline.get(about)) is not None:
        return str(dig(was, "spec.storageClassName")) if dig(was, "spec.storageClassName") else None
    for cls in index.snapshot.kind("StorageClass"):
        if annotations_of(cls).get("storageclass.kubernetes.io/is-default-class") == "true":
            return str(cls["metadata"]["name"])
    siblings = {
        dig(other, "spec.storageClassName")
        for other in index.all("PersistentVolumeClaim")
        if dig(other, "status.phase") == "Bound" and object_ref(other).namespace == about.namespace
    }
    return siblings.pop() if len(siblings) == 1 else None


def _make_anew(
    found: SuspectDraft, about: ObjectRef, claim: Manifest, changes: Manifest, words: str
) -> SuspectDraft:
    """A claim's spec cannot be changed; one that never held data is deleted and created."""
    manifest = {**claim, "spec": {**claim["spec"], **changes}}
    why = f"the claim never had a volume and must be made {words}"
    return replace_object(found, about, manifest, why, EXPECTED, words, Risk.HIGH)


def _released(index: CaseIndex, claim: Manifest) -> list[Manifest]:
    """The released volumes that were this claim's own: of its name and class, and large enough."""
    about, asked = object_ref(claim), parsed_quantity(dig(claim, "spec.resources.requests.storage")) or 0
    found = []
    for volume in index.snapshot.kind("PersistentVolume"):
        mine = bool(dig(volume, "spec.claimRef.uid")) and dig(volume, "spec.claimRef.name") == about.name
        mine = mine and dig(volume, "spec.claimRef.namespace") == about.namespace
        same = dig(volume, "spec.storageClassName", "") == dig(claim, "spec.storageClassName", "")
        fits = (parsed_quantity(dig(volume, "spec.capacity.storage")) or 0) >= asked
        if mine and same and fits and dig(volume, "status.phase") == "Released":
            found.append(volume)
    return found


def _stale(one: Troubled, about: ObjectRef, released: list[Manifest]) -> SuspectDraft:
    volume = released[0]
    target = object_ref(volume, "PersistentVolume")
    says = f"{target} is still reserved for an earlier {about}"
    found = SuspectDraft(
        cause=Cause.STALE_CLAIM_REF, about=target, says=says, explains=names_of(one.about, about, target)
    )
    found.add(Strength.STATED, "the volume is released and names a claim of this name").time(
        changed_at(volume), one.onset
    )
    if len(released) > 1:  # the claim would take whichever it is given, and with it that one's data
        every = ", ".join(object_ref(each, "PersistentVolume").name for each in released)
        found.settle = f"Which of {every} holds the data that {about} should have."
        return found
    marks = [one for one in ("uid", "resourceVersion") if dig(volume, f"spec.claimRef.{one}")]
    pointers = [f"/spec/claimRef/{one}" for one in marks]
    words = Words(f"Let {target} be bound by {about} again", EXPECTED)
    drop_fields(found, target, pointers, words, dig(volume, "spec.claimRef.uid"), Risk.HIGH)
    found.settle = "That the volume holds this claim's data and no other's."
    return found


def _unbindable(one: Troubled, claim: Manifest, about: ObjectRef, said: str) -> SuspectDraft:
    sizes = [
        parsed_quantity(dig(pv, "spec.capacity.storage")) or 0
        for pv in one.index.snapshot.kind("PersistentVolume")
    ]
    asked = parsed_quantity(dig(claim, "spec.resources.requests.storage")) or 0
    says = f"{about} stays pending: no volume fits it"
    found = _about_claim(one, Cause.CLAIM_UNBINDABLE, claim, says)
    found.add(
        Strength.CONTRADICTED if NO_VOLUME.search(said) else Strength.FITS,
        "no volume is free that fits the claim",
    )
    if sizes and asked > max(sizes):
        found.says, found.field = (
            f"{about} asks for more than any volume has",
            "spec.resources.requests.storage",
        )
        found.live = str(dig(claim, found.field))
        found.add(Support.DETAIL, "its size is above every volume")
    other = known_difference(one.index, about, one.onset)
    if other is not None and not ever_bound(claim):
        name_difference(found, other.fields)
        known = other.known
        _make_anew(found, about, claim, dig(known.manifest, "spec", {}), f"as {known.source} has it")
        found.add(known.trust, f"{known.source} differs")
    found.settle = "Size, mode, class and selector of the claim against the volumes there are."
    return found
