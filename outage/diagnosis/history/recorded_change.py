"""One change of one object, as people and programs are told it."""

from datetime import datetime
from enum import StrEnum

from outage.kubernetes.objects import ObjectRef
from outage.value import Value

FIELDS_TOLD = 3
"""Fields of one change that stand in its sentence; all of them stand in the JSON."""
WORD = 80
"""Characters of one value in a sentence."""


class ChangeKind(StrEnum):
    """What was done to the object."""

    MADE = "made"
    CHANGED = "changed"
    SCALED = "scaled"
    REMOVED = "removed"
    RAN = "ran"


class ChangedField(Value):
    """One field: what stood there, and what stands there now. Secrets are hidden on both sides."""

    field: str
    """Dotted path."""
    was: str | None = None
    """None where nothing recorded it."""
    now: str | None = None


class RecordedChange(Value):
    """One change on a failing path."""

    about: ObjectRef
    kind: ChangeKind
    at: datetime | None = None
    """None when nothing tells: it came about since `against` was recorded."""
    by: str = ""
    """The field manager that wrote it, empty when nothing tells."""
    fields: tuple[ChangedField, ...] = ()
    """Empty when no earlier form is known."""
    against: str = ""
    """What the earlier form is known from: `the baseline`, `revision 3`."""
    runs: int = 0
    """Of a Job: how many runs of its kind began in this time."""

    @property
    def says(self) -> str:
        """The change as one sentence, without its time."""
        by = f" by {self.by}" if self.by else ""
        verb = "was there and is gone" if self.kind is ChangeKind.REMOVED else f"was {self.kind}{by}"
        if self.kind is ChangeKind.RAN:
            verb = "ran" if self.runs < 2 else f"ran {self.runs} times"
        told = "; ".join(_field_in_words(one) for one in self.fields[:FIELDS_TOLD])
        more = len(self.fields) - FIELDS_TOLD
        told += f"; and {more} more" if more > 0 else ""
        source = f" (before: {self.against})" if self.against and self.fields else ""
        if self.kind is ChangeKind.CHANGED and self.against and not self.fields:
            return f"{self.about} {verb} and is as in {self.against}"
        return f"{self.about} {verb}" + (f": {told}{source}" if told else "")


def _field_in_words(one: ChangedField) -> str:
    if one.was is None and one.now is None:
        return one.field
    return f"{one.field} {_short_value(one.was)} → {_short_value(one.now)}"


def _short_value(text: str | None) -> str:
    words = " ".join((text or "?").split())
    return words if len(words) <= WORD else words[: WORD - 1] + "…"
