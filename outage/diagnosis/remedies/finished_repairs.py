"""The remedies of `Remedy`, finished: a rule says what is wrong, what should stand there and how sure that is.

Each gives a suspect its repair together with the field, what stands there and what should, so that the three agree.
The risk is the usual one of the remedy; a rule gives another where more is at stake.
"""

from collections.abc import Sequence
from typing import NamedTuple

from outage.diagnosis.hypothesis import Action, Repair, Risk
from outage.diagnosis.known_good.known_objects import KnownObjects
from outage.diagnosis.remedies.single_repairs import create_change, delete_change, one_change, suspend_change
from outage.diagnosis.suspect import SuspectDraft
from outage.kubernetes.field_differences import FieldDifference, patch_for, shown_value
from outage.kubernetes.objects import ObjectRef, dig, object_ref
from outage.value import Manifest

ABSENT = "(absent)"
"""What is said to stand where nothing stands."""
AS_IN_BASELINE = "as in the baseline"


REPLICAS = "/spec/replicas"
CLOSED = "/spec/unschedulable"
REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"
PREFERENCE = 100
"""The greatest weight there is: the wish goes before all others."""


class Words(NamedTuple):
    """What a remedy says of itself."""

    does: str
    """One imperative sentence."""
    brings: str
    """What will be seen when it worked."""


class Affinity(NamedTuple):
    """One kind of affinity that a template may require."""

    path: str
    """Dotted, from the workload down."""
    terms: str
    """Dotted, from there: what is required, a list."""
    term: str
    """What the list of preferences calls one of them."""
    word: str
    """As people call it."""


NODE_AFFINITY = Affinity(
    "spec.template.spec.affinity.nodeAffinity", f"{REQUIRED}.nodeSelectorTerms", "preference", "node affinity"
)
ANTI_AFFINITY = Affinity(
    "spec.template.spec.affinity.podAntiAffinity", REQUIRED, "podAffinityTerm", "anti-affinity"
)


def required_terms(workload: Manifest, affinity: Affinity) -> list[Manifest]:
    """What a workload's template requires of this kind."""
    found: list[Manifest] = dig(workload, f"{affinity.path}.{affinity.terms}", [])
    return found


def name_difference(found: SuspectDraft, fields: Sequence[FieldDifference]) -> SuspectDraft:
    """Say the first of these fields, what stands there and what should."""
    first = fields[0]
    found.field, found.live, found.wanted = first.field, shown_value(first.live), shown_value(first.wanted)
    return found


def put_fields_back(
    found: SuspectDraft,
    known: KnownObjects,
    fields: Sequence[FieldDifference],
    expected: str,
    what: str = "",
    because: str = "",
    risk: Risk = Risk.LOW,
) -> SuspectDraft:
    """Put the fields back that a known good form has otherwise (`Remedy.PUT_BACK`).

    Args:
        found: About the object that has them wrong.
        known: The known good form.
        fields: What it has otherwise, at least one.
        expected: What will be seen when it worked.
        what: What is put back, when that is less than the whole object.
        because: What speaks for the known good form; by default what it has in the first field.
        risk: What can go wrong.
    """
    name_difference(found, fields)
    found.add(known.trust, because or f"{known.source} has {found.field} = {found.wanted}")
    words = f"Put {what or found.about} back to {known.source}"
    found.repair = one_change(Action.PATCH, found.about, patch_for(fields), words, expected, risk)
    return found


def create_again(found: SuspectDraft, was: Manifest, expected: str, risk: Risk = Risk.LOW) -> SuspectDraft:
    """Create what is gone as the baseline has it (`Remedy.CREATE_AGAIN`).

    Args:
        found: About the object that is gone.
        was: The baseline's form of it.
        expected: What will be seen when it worked.
        risk: What can go wrong.
    """
    change = create_change(found.about, was, f"{found.about} was deleted", expected, risk)
    found.wanted = AS_IN_BASELINE
    found.repair = Repair(summary=f"Create {found.about} as the baseline has it", changes=(change,))
    return found


def draw_anew(
    found: SuspectDraft, target: ObjectRef, manifest: Manifest, why: str, expected: str, also: str = ""
) -> SuspectDraft:
    """Create what is needed and was never recorded, as the live objects need it (`Remedy.DRAW_ANEW`).

    Args:
        found: What is suspected; it names itself what is wanted.
        target: What is made.
        manifest: As the live objects need it.
        why: Why it is made.
        expected: What will be seen when it worked.
        also: What the summary says of it beside its name, from its first word on.
    """
    change = create_change(target, manifest, why, expected, Risk.MEDIUM)
    found.repair = Repair(summary=f"Create {target}{also and f' {also}'}", changes=(change,))
    return found


def replace_object(
    found: SuspectDraft, target: ObjectRef, manifest: Manifest, why: str, expected: str, also: str, risk: Risk
) -> SuspectDraft:
    """Delete an object whose wrong field cannot be written, and create it right (`Remedy.MAKE_ANEW`).

    Args:
        found: What is suspected.
        target: The object; it holds nothing that would be lost.
        manifest: As it shall be.
        why: Why it cannot stay.
        expected: What will be seen when it worked.
        also: What the summary says beside its name, from its first word on.
        risk: What the deletion can do.
    """
    gone = delete_change(target, why, "It is made anew at once.", risk)
    made = create_change(target, manifest, why, expected, Risk.MEDIUM)
    found.repair = Repair(summary=f"Make {target} anew {also}", changes=(gone, made))
    return found


def close_node(found: SuspectDraft, words: Words) -> SuspectDraft:
    """Let no new pod on the node that is suspected (`Remedy.CORDON`)."""
    patch = [{"op": "add", "path": CLOSED, "value": True}]
    found.repair = one_change(Action.CORDON, found.about, patch, words.does, words.brings, Risk.MEDIUM)
    return found


def open_node(found: SuspectDraft, expected: str) -> SuspectDraft:
    """Let pods on the node again that is suspected (`Remedy.UNCORDON`)."""
    name_difference(found, [FieldDifference(pointer=CLOSED, live=True)])
    words = f"Uncordon {found.about}"
    patch = [{"op": "remove", "path": CLOSED}]
    found.repair = one_change(Action.UNCORDON, found.about, patch, words, expected, Risk.MEDIUM)
    return found


def retarget(
    found: SuspectDraft,
    target: ObjectRef,
    fields: Sequence[FieldDifference],
    words: Words,
    live: str | None = None,
    wanted: str | None = None,
    risk: Risk = Risk.MEDIUM,
) -> SuspectDraft:
    """Set fields to what the live objects allow (`Remedy.RETARGET`, `Remedy.RAISE`).

    Args:
        found: What is suspected.
        target: The object that has the fields.
        fields: What stands there and what should, at least one; the first one is named.
        words: What the remedy says of itself.
        live: The same as `fields` have it, where that says too little or too much.
        wanted: Likewise.
        risk: What can go wrong.
    """
    name_difference(found, fields)
    found.live, found.wanted = live or found.live, wanted or found.wanted
    found.repair = one_change(Action.PATCH, target, patch_for(fields), words.does, words.brings, risk)
    return found


def drop_fields(
    found: SuspectDraft,
    target: ObjectRef,
    pointers: Sequence[str],
    words: Words,
    live: object,
    risk: Risk = Risk.MEDIUM,
) -> SuspectDraft:
    """Drop the fields that stand in the way (`Remedy.DROP`).

    Args:
        found: What is suspected.
        target: The object that has the fields.
        pointers: JSON pointers in the order of removal; the first one is named.
        words: What the remedy says of itself.
        live: What stands there.
        risk: What can go wrong.
    """
    name_difference(found, [FieldDifference(pointer=pointers[0], live=live)])
    patch = [{"op": "remove", "path": pointer} for pointer in pointers]
    found.repair = one_change(Action.PATCH, target, patch, words.does, words.brings, risk)
    return found


def prefer_terms(found: SuspectDraft, target: Manifest, affinity: Affinity, expected: str) -> SuspectDraft:
    """Prefer what is required: the wish stays, and the pods run (`Remedy.PREFER`).

    Args:
        found: What is suspected.
        target: The workload whose template requires it.
        affinity: What of its affinity is required.
        expected: What will be seen when it worked.
    """
    about, pointer = object_ref(target), f"/{affinity.path.replace('.', '/')}"
    weighted = [{"weight": PREFERENCE, affinity.term: one} for one in required_terms(target, affinity)]
    wanted = [*dig(target, f"{affinity.path}.{PREFERRED}", []), *weighted]
    patch: list[Manifest] = [
        {"op": "remove", "path": f"{pointer}/{REQUIRED}"},
        {"op": "add", "path": f"{pointer}/{PREFERRED}", "value": wanted},
    ]
    found.wanted = f"preferred, weight {PREFERENCE}"
    words = f"Make the {affinity.word} of {about} preferred instead of required"
    found.repair = one_change(Action.PATCH, about, patch, words, expected, Risk.MEDIUM)
    return found


def scale_to(
    found: SuspectDraft, target: ObjectRef, count: int, words: Words, live: object, risk: Risk = Risk.LOW
) -> SuspectDraft:
    """Scale a workload to this many pods (`Remedy.SCALE`, and `Remedy.HOLD` of what is scaled to nothing).

    Args:
        found: What is suspected.
        target: The workload.
        count: How many pods it gets.
        words: What the remedy says of itself.
        live: How many it wants now.
        risk: What can go wrong.
    """
    fields = [FieldDifference(pointer=REPLICAS, live=live, wanted=count)]
    name_difference(found, fields)
    found.repair = one_change(Action.SCALE, target, patch_for(fields), words.does, words.brings, risk)
    return found


def take_away(found: SuspectDraft, words: Words, risk: Risk = Risk.MEDIUM) -> SuspectDraft:
    """Delete what is suspected, which came with the trouble (`Remedy.TAKE_AWAY`)."""
    found.repair = one_change(Action.DELETE, found.about, (), words.does, words.brings, risk)
    return found


def hold_actor(found: SuspectDraft, expected: str, live: object) -> SuspectDraft:
    """Suspend the Job that is suspected, or scale the workload to nothing; it can be let go again (`Remedy.HOLD`).

    Args:
        found: About the actor.
        expected: What will be seen when it worked.
        live: How many pods a workload wants now; of a Job not asked for.
    """
    about = found.about
    if about.kind != "Job":
        return scale_to(found, about, 0, Words(f"Scale {about} to 0", expected), live, Risk.MEDIUM)
    found.field, found.wanted = "spec.suspend", "true"
    change = suspend_change(about, f"Suspend {about}", expected, Risk.MEDIUM)
    found.repair = Repair(summary=f"Suspend {about}", changes=(change,))
    return found
