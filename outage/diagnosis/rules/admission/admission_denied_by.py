"""An object that refuses pods by its own name: how it is suspected, and put back or taken away."""

from outage.diagnosis.cause import Cause
from outage.diagnosis.hypothesis import Risk
from outage.diagnosis.known_good.known_objects import known_objects
from outage.diagnosis.known_good.troubled_workloads import Troubled
from outage.diagnosis.remedies.finished_repairs import ABSENT, Words, put_fields_back, take_away
from outage.diagnosis.suspect import SuspectDraft, names_of
from outage.diagnosis.thresholds import SET_UP_TOGETHER
from outage.diagnosis.weighing.strength import Strength, Trust
from outage.errors import cut
from outage.kubernetes.field_differences import field_differences, shown_value
from outage.kubernetes.object_times import changed_at, created_at
from outage.kubernetes.objects import ObjectRef, dig

EXPECTED = "The missing pods are made and become ready."


def refusing_blocker(one: Troubled, cause: Cause, about: ObjectRef, says: str, text: str) -> SuspectDraft:
    """A suspect that the API server itself names."""
    found = SuspectDraft(cause=cause, about=about, says=says, explains=names_of(one.about, about))
    found.evidence_for = [cut(text)]
    found.add(Strength.STATED, "the API server refuses the pods with its name")
    live = one.index.get(about)
    return found.time(changed_at(live), one.onset, certain=_differs(one, about)) if live else found


def _differs(one: Troubled, about: ObjectRef) -> bool:
    """Whether a known good form of the blocker contradicts the live one."""
    live = one.index.get(about) or {}
    return any(
        field_differences(live.get("spec"), known.manifest.get("spec"))
        for known in known_objects(one.index, about, one.onset)
    )


def came_with_the_trouble(one: Troubled, about: ObjectRef) -> bool:
    """Whether the blocker came with the trouble: not in the baseline, or younger than the platform."""
    if one.index.baseline is not None:
        return one.index.baseline.get(about) is None
    live = one.index.get(about)
    born, base = created_at(live or {}), created_at(one.workload)
    return bool(born and base and born - base > SET_UP_TOGETHER)


def settle_blocker(one: Troubled, found: SuspectDraft, known_path: str) -> bool:
    """Put a changed blocker back, or delete one that came with the trouble."""
    live = one.index.get(found.about)
    for known in known_objects(one.index, found.about, one.onset):
        fields = tuple(d for d in field_differences(live, known.manifest) if d.pointer.startswith(known_path))
        if fields and live is not None:
            put_fields_back(found, known, fields, EXPECTED, risk=Risk.MEDIUM)
            return True
    if live is not None and came_with_the_trouble(one, found.about):
        found.field = found.field or known_path.strip("/").replace("/", ".")
        found.live, found.wanted = found.live or shown_value(dig(live, found.field)), ABSENT
        take_away(found, Words(f"Delete {found.about}, which came with the trouble", EXPECTED))
        found.add(Trust.BASELINE, "it was not there before")
        return True
    return False
