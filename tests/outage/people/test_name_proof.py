"""A proven yes is one that we signed; everything else is a typed name."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from outage.people.name_proof import (
    checked_answers,
    checking_key_of,
    only_signed_answers,
    signed_answer,
)
from outage.plans.approval import Answer, Approval, NameProof

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
KEY = checking_key_of("key")
YES = Approval(plan_hash="abc", answer=Answer.APPROVE, by="ana", at=NOON)


def test_a_signed_yes_is_proven() -> None:
    """And survives the record's JSON."""
    kept = Approval.model_validate(signed_answer("key", "inc-1", YES).model_dump(mode="json"))

    assert [one.proof for one in checked_answers(KEY, "inc-1", [kept])] == [NameProof.PROVEN]


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

    assert [one.proof for one in checked_answers(KEY, "inc-1", [forged])] == [NameProof.TYPED]


def test_a_signature_is_for_one_incident_and_one_key() -> None:
    """Taken elsewhere, it is worth nothing; nor where there is no key."""
    signed = signed_answer("key", "inc-1", YES)

    for key, incident in (
        (KEY, "inc-2"),
        (checking_key_of("other"), "inc-1"),
        ("", "inc-1"),
        ("key", "inc-1"),
    ):
        assert checked_answers(key, incident, [signed])[0].proof is NameProof.TYPED


def test_a_typed_yes_stays_one() -> None:
    """Nobody loses anything."""
    assert checked_answers(KEY, "inc-1", [YES]) == (YES,)


MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("given", "counts"),
    [
        pytest.param(
            signed_answer("key", "inc-1", YES, NameProof.TYPED), True, id="typed, signed by its door"
        ),
        pytest.param(signed_answer("key", "inc-1", YES), True, id="proven"),
        pytest.param(YES.model_copy(update={"answer": Answer.DECLINE}), True, id="a no needs no signature"),
        pytest.param(YES, False, id="a yes that nobody signed"),
        pytest.param(
            signed_answer("key", "inc-1", YES, NameProof.TYPED).model_copy(
                update={"proof": NameProof.PROVEN}
            ),
            False,
            id="typed, made proven by hand",
        ),
        pytest.param(signed_answer(KEY, "inc-1", YES), False, id="signed with what only checks"),
        pytest.param(
            signed_answer("key", "inc-1", YES.model_copy(update={"at": NOON - 5 * MINUTE})),
            False,
            id="older than the plan",
        ),
        pytest.param(
            signed_answer("key", "inc-1", YES.model_copy(update={"at": NOON + 9 * MINUTE})),
            False,
            id="from the future",
        ),
    ],
)
def test_where_others_may_write_rows_only_a_signed_yes_of_its_time_counts(
    given: Approval, counts: bool
) -> None:
    """And every no."""
    assert bool(only_signed_answers(KEY, "inc-1", [given], NOON, NOON + MINUTE)) is counts
