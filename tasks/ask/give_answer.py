"""One person's answer to one plan, whichever door it comes through: checked, recorded, told to whoever gave it.

Prefect is not needed for it, so that `outage approve` does not pay for its import.
"""

from collections.abc import Callable
from datetime import datetime

from blocks.record import Record
from outage.incidents.incident import Incident
from outage.incidents.timeline import Entry, EntryKind
from outage.plans.approval import Answer, Approval, answer_sentence, standing_answer_of
from outage.plans.plan import Plan
from outage.policies.permission import PermissionRequest, answer_belongs_to, approvals_needed, may_answer
from outage.policies.policy import Policy
from outage.text.handle import read_handle
from outage.text.redaction import redact
from outage.value import Value


class GivenAnswer(Value):
    """What became of one answer."""

    counted: bool
    """Whether it is what stands for this person."""
    stands: Approval | None = None
    """This answer, or the one that stands instead of it; None when it was refused and nobody answered before."""
    decided: bool = False
    """Whether the plan has its answer now; then its run is to be woken."""
    says: str
    """One sentence for whoever gave it."""


def give_answer(
    record: Record,
    incident: Incident,
    plan: Plan,
    policy: Policy,
    *,
    answer: Answer,
    by: str,
    why: str,
    door: str,
    at: datetime,
    prove: Callable[[Approval], Approval] | None = None,
) -> GivenAnswer:
    """Take one answer; whether it counts or not, it is a line of the timeline.

    Args:
        record: Where it is kept.
        incident: Whose plan it is.
        plan: The plan that was read.
        policy: Says who may answer, and how many must.
        answer: Yes or no.
        by: As the person wrote their handle.
        why: For the timeline.
        door: `ui`, `cli`, `page` or `terminal`.
        at: Now.
        prove: Makes the answer a proven and signed one; None leaves the name as it was typed.

    Raises:
        RecordError: It could not be recorded. Transient.
    """
    mine = Approval(plan_hash=plan.hash, answer=answer, by=_handle(by), why=why, at=at, door=door)
    mine = prove(mine) if prove else mine
    asked = PermissionRequest.of(plan, incident, policy)
    refusal = may_answer(asked, by, answer, mine.proof)
    if refusal:
        note_refused(record, incident.id, mine, refusal)
        return GivenAnswer(counted=False, says=f"{answer} by {by} does not count: {refusal}")
    needed, theirs = approvals_needed(asked), answer_belongs_to(asked)
    stands = record.answer(incident.id, mine, quorum=needed, leader=theirs)
    given = record.approvals(incident.id, plan.hash)
    decided = standing_answer_of(given, needed, theirs) is not None
    wanted = (
        f"{needed - len(given)} more needed"
        if needed > len(given)
        else f"{theirs}, who leads, must be among them"
    )
    return _told(mine, stands, decided, wanted)


def _handle(by: str) -> str:
    """The handle, or what was written in its place: then the answer is refused, under that name."""
    try:
        return read_handle(by)
    except ValueError:
        return by[:64] or "?"


def _told(mine: Approval, stands: Approval, decided: bool, wanted: str) -> GivenAnswer:
    counted = (stands.by, stands.answer) == (mine.by, mine.answer)
    if not counted:
        says = f"{stands.by} answered {stands.answer} before you; that stands"
    elif decided:
        says = f"{mine.answer} to plan {mine.plan_hash} by {mine.by} is recorded"
    else:
        says = f"{mine.answer} to plan {mine.plan_hash} by {mine.by} is recorded; {wanted}"
    return GivenAnswer(counted=counted, stands=stands, decided=decided, says=says)


def note_refused(record: Record, incident_id: str, given: Approval, because: str) -> None:
    """Put an answer that does not count on the timeline, with the reason.

    Args:
        record: Where the timeline is.
        incident_id: Whose plan it was about.
        given: The answer.
        because: Why it does not count, as one sentence.
    """
    key = f"refused/{given.plan_hash}/{given.by}/{given.answer}/{given.door}/{because[:80]}"
    says = redact(answer_sentence(given, because))
    record.add(incident_id, Entry(key=key, at=given.at, kind=EntryKind.APPROVAL, says=says, by=given.by))
