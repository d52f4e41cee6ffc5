"""How it is known that a name is its person's: typed by whoever could open the door, or proven with a code.

An answer is signed over incident, plan, person, answer, proof and time, so that a row that somebody wrote into the
record by hand counts as typed only, and in the worker of a pool not at all. Whoever checks holds the public half of the
key alone: a worker that checks cannot sign.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from outage.plans.approval import Answer, Approval, NameProof

CLOCKS_DIFFER = timedelta(minutes=2)
"""Between whoever takes an answer and whoever writes."""


def checking_key_of(signing_key: str) -> str:
    """The public half of a key, in hexadecimal: who has it can check answers and sign none.

    Args:
        signing_key: The installation's; empty gives an empty one, by which nothing is rightly signed.
    """
    return _private(signing_key).public_key().public_bytes_raw().hex() if signing_key else ""


def signed_answer(
    key: str, incident_id: str, approval: Approval, proof: NameProof = NameProof.PROVEN
) -> Approval:
    """The answer as a signed one.

    Args:
        key: The installation's, with which answers are signed.
        incident_id: Of the incident.
        approval: The answer; plan, person, answer and time are signed with it.
        proof: What the door knows of the name.
    """
    said = approval.model_copy(update={"proof": proof})
    signature = _private(key).sign(_signed_words(incident_id, said)).hex()
    return said.model_copy(update={"signature": signature})


def is_rightly_signed(checking_key: str, incident_id: str, approval: Approval) -> bool:
    """Whether an answer is what a door of ours signed.

    Args:
        checking_key: The public half of the installation's key; with none, or one that is none, nothing is.
        incident_id: Of the incident.
        approval: As the record has it.
    """
    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(checking_key))
        key.verify(bytes.fromhex(approval.signature), _signed_words(incident_id, approval))
    except (InvalidSignature, ValueError):
        return False
    return True


def checked_answers(
    checking_key: str, incident_id: str, approvals: Iterable[Approval]
) -> tuple[Approval, ...]:
    """The answers with what their signatures prove: one that says proven and is not rightly signed is typed.

    Args:
        checking_key: The public half of the installation's key.
        incident_id: Of the incident.
        approvals: As the record has them.
    """
    return tuple(
        one
        if one.proof is NameProof.TYPED or is_rightly_signed(checking_key, incident_id, one)
        else one.model_copy(update={"proof": NameProof.TYPED})
        for one in approvals
    )


def only_signed_answers(
    checking_key: str, incident_id: str, approvals: Iterable[Approval], made_at: datetime, now: datetime
) -> tuple[Approval, ...]:
    """What counts where somebody else may write into the record: every no, and each yes that is signed and of its time.

    Args:
        checking_key: The public half of the installation's key.
        incident_id: Of the incident.
        approvals: As the record has them, to one plan.
        made_at: When the plan was made: nobody said yes to it before.
        now: The moment, aware UTC: nobody said yes after it.
    """
    earliest, latest = made_at - CLOCKS_DIFFER, now + CLOCKS_DIFFER
    return tuple(
        one
        for one in approvals
        if one.answer is Answer.DECLINE
        or (earliest <= one.at <= latest and is_rightly_signed(checking_key, incident_id, one))
    )


def _private(key: str) -> Ed25519PrivateKey:
    """Any text is a key: what is kept is random, and as long as it should be."""
    return Ed25519PrivateKey.from_private_bytes(sha256(key.encode()).digest())


def _signed_words(incident_id: str, approval: Approval) -> bytes:
    moment = approval.at.astimezone(UTC).isoformat(timespec="microseconds")
    words = (incident_id, approval.plan_hash, str(approval.answer), approval.by, str(approval.proof), moment)
    return "\x1f".join(words).encode()
