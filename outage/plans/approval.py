"""Who said yes or no, to which plan, when and why."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from pydantic import Field

from outage.value import Value

SILENCE = "silence"
"""Who declines when nobody answered in time."""


class Answer(StrEnum):
    """What a person (or policy) says to a plan."""

    APPROVE = "approve"
    DECLINE = "decline"


class NameProof(StrEnum):
    """How it is known whose answer it is."""

    TYPED = "typed"
    """Somebody typed the name."""
    PROVEN = "proven"
    """With a code that only the person's device makes."""


class Approval(Value):
    """One answer to one plan; the first that stands wins."""

    plan_hash: str
    answer: Answer
    by: str = Field(min_length=1)
    """The person's handle, or `policy` / `silence` when nobody was asked or nobody answered."""
    why: str = ""
    at: datetime
    door: str = "cli"
    """Where it was given: `ui`, `cli`, `policy`, `clock`."""
    proof: NameProof = NameProof.TYPED
    signature: str = ""
    """Of a proven answer; checked by the writer."""

    @property
    def is_silence(self) -> bool:
        """Whether nobody answered, and the clock did."""
        return self.by == SILENCE


def standing_answer_of(approvals: Sequence[Approval], needed: int) -> Approval | None:
    """The answer that stands, or None while more people must be heard.

    One no is enough. A yes stands when `needed` different people gave it; the last of them is returned.
    """
    for approval in approvals:
        if approval.answer is Answer.DECLINE:
            return approval
    yes = {approval.by: approval for approval in approvals}
    return list(yes.values())[-1] if len(yes) >= max(needed, 1) else None
