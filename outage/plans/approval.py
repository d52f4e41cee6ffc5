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
    """Where it was given: a key of `DOORS`."""
    proof: NameProof = NameProof.TYPED
    signature: str = ""
    """Of a proven answer; checked by the writer."""

    @property
    def is_silence(self) -> bool:
        """Whether nobody answered, and the clock did."""
        return self.by == SILENCE


DOORS = {
    "ui": "in the UI",
    "cli": "on the command line",
    "policy": "by the policy file",
    "clock": "by the clock",
    "page": "on the page",
    "chat": "in the chat",
    "terminal": "at the drill's terminal",
}
"""How a door is called in a sentence."""


def standing_answer_of(approvals: Sequence[Approval], needed: int, leader: str = "") -> Approval | None:
    """The answer that stands, or None while more people must be heard.

    One no is enough. A yes stands when `needed` different people gave it; the last of them is returned.

    Args:
        approvals: The answers to one plan, the first first.
        needed: How many people's yes it needs.
        leader: Who must be among them; empty when nobody must.
    """
    for approval in approvals:
        if approval.answer is Answer.DECLINE:
            return approval
    yes = {approval.by: approval for approval in approvals}
    if leader and leader not in yes:
        return None
    return list(yes.values())[-1] if len(yes) >= max(needed, 1) else None


def answer_sentence(given: Approval, because: str = "") -> str:
    """One answer as a line of the timeline.

    Args:
        given: What was said, by whom, at which door.
        because: Why it does not count; empty when it does.
    """
    why = f" ({given.why})" if given.why else ""
    said = (
        f"{given.by} said {given.answer} to plan {given.plan_hash} {DOORS.get(given.door, given.door)}{why}"
    )
    return f"{said}, which does not count: {because}" if because else said


def overruled(given: Approval, stands: Approval, written: bool) -> str:
    """Why an answer does not count although its giver may answer: what stands instead, or empty when it stands.

    Args:
        given: The answer that came now.
        stands: The one that decides.
        written: Whether writing has begun: a no that comes later stops nothing.
    """
    if (stands.by, stands.answer) == (given.by, given.answer):
        return ""
    if written and given.answer is Answer.DECLINE:
        return f"{stands.by} said {stands.answer} before, and writing has begun"
    return f"{stands.by} said {stands.answer} before, and that stands"


def with_answer(
    given: Sequence[Approval], new: Approval, needed: int, written: bool, leader: str = ""
) -> Approval:
    """Which answer stands for a person who answers now.

    The first no decides; a yes never overrules it. A yes can be called back by anybody until the first write.

    Args:
        given: The answers so far, the first first.
        new: What is said now.
        needed: How many people's yes the plan needs.
        written: Whether anything of the plan was written, or is about to be.
        leader: Who must be among those who say yes; empty when nobody must.

    Returns:
        `new` when it counts and is to be kept, else the answer that stands instead of it.
    """
    decided = standing_answer_of(given, needed, leader)
    if decided and decided.answer is Answer.DECLINE:
        return decided
    if new.answer is Answer.DECLINE:
        return decided if decided and written else new
    mine = next((one for one in given if one.by == new.by), None)
    return mine or decided or new
