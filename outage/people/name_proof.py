"""How it is known that a name is its person's: typed by whoever could open the door, or proven with a code.

A proven yes is signed over incident, plan, person, answer and time, so that a row that somebody wrote into the
record by hand counts as typed only.
"""

import hmac
from collections.abc import Iterable
from datetime import UTC
from hashlib import sha256

from outage.plans.approval import Approval, NameProof


def signature_of_answer(key: str, incident_id: str, approval: Approval) -> str:
    """The signature of an answer.

    Args:
        key: Ours; whoever has it can sign for everybody.
        incident_id: Id of the incident.
        approval: The answer; its own signature does not count.
    """
    moment = approval.at.astimezone(UTC).isoformat(timespec="microseconds")
    words = (incident_id, approval.plan_hash, str(approval.answer), approval.by, str(approval.proof), moment)
    return hmac.new(key.encode(), "\x1f".join(words).encode(), sha256).hexdigest()


def signed_answer(key: str, incident_id: str, approval: Approval) -> Approval:
    """The answer as a proven and signed one.

    Args:
        key: The installation's, with which answers are signed.
        incident_id: Of the incident.
        approval: The answer; plan, person, door and time are signed with it.
    """
    proven = approval.model_copy(update={"proof": NameProof.PROVEN})
    return proven.model_copy(update={"signature": signature_of_answer(key, incident_id, proven)})


def checked_answers(key: str, incident_id: str, approvals: Iterable[Approval]) -> tuple[Approval, ...]:
    """The answers with what their signatures prove: one that says proven and is not rightly signed is typed.

    Args:
        key: The installation's, with which answers are signed.
        incident_id: Of the incident.
        approvals: As the record has them.
    """
    return tuple(
        one
        if one.proof is NameProof.TYPED
        or (key and hmac.compare_digest(one.signature, signature_of_answer(key, incident_id, one)))
        else one.model_copy(update={"proof": NameProof.TYPED})
        for one in approvals
    )
