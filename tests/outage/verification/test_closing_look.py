"""One look at the close: whether what an incident was about is mended; the healthy cases first."""

import pytest

from outage.diagnosis.hypothesis import Diagnosis
from outage.verification.closing_look import closing_look
from tests.outage.verification.test_plan_verdict import (
    BAD_IMAGE,
    BEFORE,
    NOTHING,
    PLATFORM,
    USER_IMAGE,
    diagnosis,
)

BLIND = diagnosis(BAD_IMAGE.model_copy(update={"cause": "unknown", "score": 1.0}), down=())
GUESS = BAD_IMAGE.model_copy(update={"score": 0.2})


@pytest.mark.parametrize(
    ("found", "subjects", "first", "says"),
    [
        pytest.param(NOTHING, ("auth",), BEFORE, "nothing fails about auth", id="all is well"),
        pytest.param(NOTHING, (), None, "nothing fails about the whole platform", id="of no single service"),
        pytest.param(
            diagnosis(USER_IMAGE, down=("user",)),
            ("auth",),
            BEFORE,
            "nothing fails about auth",
            id="another one fails",
        ),
        pytest.param(
            diagnosis(GUESS, down=()), ("auth",), BEFORE, "nothing fails about auth", id="a guess is no cause"
        ),
    ],
)
def test_what_is_mended_is_seen_to_be(
    found: Diagnosis, subjects: tuple[str, ...], first: Diagnosis | None, says: str
) -> None:
    """What fails elsewhere has an incident of its own."""
    seen = closing_look(found, subjects, first, PLATFORM, 0.5)

    assert (seen.well, seen.says) == (True, says)


@pytest.mark.parametrize(
    ("found", "subjects", "first"),
    [
        pytest.param(BEFORE, ("auth",), BEFORE, id="its cause stands"),
        pytest.param(diagnosis(), ("auth",), None, id="it is down, and nobody knows why"),
        pytest.param(diagnosis(), (), BEFORE, id="no alert names a service: its first cause does"),
        pytest.param(diagnosis(USER_IMAGE, down=()), (), None, id="of no single service: any cause counts"),
        pytest.param(BLIND, ("auth",), BEFORE, id="nothing could be looked at"),
    ],
)
def test_what_is_not_seen_to_be_well_is_not_called_so(
    found: Diagnosis, subjects: tuple[str, ...], first: Diagnosis | None
) -> None:
    """Also where nobody could look."""
    assert not closing_look(found, subjects, first, PLATFORM, 0.5).well
