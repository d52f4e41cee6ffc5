"""Which answer to a plan stands."""

from datetime import UTC, datetime

import pytest

from outage.plans.approval import Answer, Approval, standing_answer_of

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)


def says(by: str, answer: Answer) -> Approval:
    """One answer to one plan."""
    return Approval(plan_hash="p", answer=answer, by=by, at=NOON)


YES, NO = Answer.APPROVE, Answer.DECLINE


@pytest.mark.parametrize(
    ("answers", "needed", "by"),
    [
        pytest.param([], 1, None, id="silence is not consent"),
        pytest.param([], 0, None, id="nobody needed is still not an answer of anybody"),
        pytest.param([says("ana", YES)], 1, "ana", id="one yes is enough for one"),
        pytest.param([says("ana", YES)], 2, None, id="one yes is not two"),
        pytest.param([says("ana", YES), says("ana", YES)], 2, None, id="one person counts once"),
        pytest.param([says("ana", YES), says("ben", YES)], 2, "ben", id="two people are a quorum"),
        pytest.param([says("ana", YES), says("ben", NO)], 2, "ben", id="one no is enough"),
    ],
)
def test_an_answer_stands_when_enough_people_gave_it(
    answers: list[Approval], needed: int, by: str | None
) -> None:
    """Quorum for a yes, a single voice for a no."""
    found = standing_answer_of(answers, needed)

    assert (found.by if found else None) == by
