"""A proven yes is one that we signed; everything else is a typed name."""

from datetime import UTC, datetime
from typing import Any

import pytest

from outage.people.name_proof import checked_answers, signed_answer
from outage.plans.approval import Answer, Approval, NameProof

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
YES = Approval(plan_hash="abc", answer=Answer.APPROVE, by="ana", at=NOON)


def test_a_signed_yes_is_proven() -> None:
    """And survives the record's JSON."""
    kept = Approval.model_validate(signed_answer("key", "inc-1", YES).model_dump(mode="json"))

    assert [one.proof for one in checked_answers("key", "inc-1", [kept])] == [NameProof.PROVEN]


@pytest.mark.parametrize(
    "change",
    [
        {"by": "bob"},
        {"plan_hash": "def"},
        {"answer": Answer.DECLINE},
        {"at": datetime(2030, 1, 2, tzinfo=UTC)},
        {"signature": ""},
    ],
)
def test_a_yes_that_was_changed_by_hand_is_typed(change: dict[str, Any]) -> None:
    """Whoever can write into the record cannot sign."""
    forged = signed_answer("key", "inc-1", YES).model_copy(update=change)

    assert [one.proof for one in checked_answers("key", "inc-1", [forged])] == [NameProof.TYPED]


def test_a_signature_is_for_one_incident_and_one_key() -> None:
    """Taken elsewhere, it is worth nothing; nor where there is no key."""
    signed = signed_answer("key", "inc-1", YES)

    for key, incident in (("key", "inc-2"), ("other", "inc-1"), ("", "inc-1")):
        assert checked_answers(key, incident, [signed])[0].proof is NameProof.TYPED


def test_a_typed_yes_stays_one() -> None:
    """Nobody loses anything."""
    assert checked_answers("key", "inc-1", [YES]) == (YES,)
