"""What changed around the first bad sign, as lines for people and as JSON."""

from collections.abc import Iterator
from typing import Any

from outage.diagnosis.history.recorded_change import ChangeKind, RecordedChange
from outage.diagnosis.hypothesis import Diagnosis
from outage.text.listing import ago_in_words


def changes_in_words(diagnosis: Diagnosis) -> Iterator[str]:
    """One line for each change, newest first: when, how long ago, what. What stands as it was before comes last."""
    for one in sorted(diagnosis.changes, key=_is_back):
        if one.at is None:
            yield f"at an unknown time: {one.says}"
        else:
            yield f"{one.at:%H:%M:%S} ({ago_in_words(one.at, diagnosis.at)}): {one.says}"


def _is_back(one: RecordedChange) -> bool:
    return one.kind is ChangeKind.CHANGED and not one.fields


def change_in_json(one: RecordedChange) -> dict[str, Any]:
    """One change as docs/json.md has it."""
    return {
        "about": one.about.model_dump(),
        "kind": one.kind,
        "at": one.at.isoformat() if one.at else None,
        "by": one.by or None,
        "fields": [each.model_dump() for each in one.fields],
        "against": one.against or None,
        "runs": one.runs,
        "says": one.says,
    }
