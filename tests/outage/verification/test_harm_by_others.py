"""What somebody else broke while a plan was verified is not laid at its door; whatever it may have done still is."""

from datetime import datetime, timedelta

import pytest

from outage.diagnosis.history.recorded_change import ChangeKind, RecordedChange
from outage.diagnosis.hypothesis import Diagnosis
from outage.kubernetes.objects import ObjectRef
from tests.outage.verification.test_plan_verdict import (
    AUTH,
    BAD_IMAGE,
    COMMAND,
    FRONT,
    ILL,
    NOON,
    PULLS,
    SELECTOR,
    USER_DEPLOYMENT,
    USER_IMAGE,
    cause,
    diagnosis,
    judged,
)

LATER = NOON + timedelta(minutes=2)


def told(after: Diagnosis, about: ObjectRef, at: datetime | None) -> Diagnosis:
    """A diagnosis that knows when an object was written."""
    return after.model_copy(
        update={"changes": (RecordedChange(about=about, kind=ChangeKind.CHANGED, at=at),)}
    )


WELL_BEFORE = diagnosis(BAD_IMAGE, down=(), signs=(PULLS,))
CHOOSES_NOBODY = diagnosis(SELECTOR, down=("auth",))
FAILS = "auth fails, which did not before"


@pytest.mark.parametrize(
    ("after", "harm"),
    [
        pytest.param(told(CHOOSES_NOBODY, FRONT, LATER), "", id="somebody wrote its Service since"),
        pytest.param(CHOOSES_NOBODY, FAILS, id="nobody is seen to have written it"),
        pytest.param(told(CHOOSES_NOBODY, FRONT, None), FAILS, id="nobody knows when it was written"),
        pytest.param(
            told(CHOOSES_NOBODY, FRONT, NOON - timedelta(hours=1)),
            FAILS,
            id="it was so before: the plan's labels fit it no more",
        ),
        pytest.param(
            told(diagnosis(cause("bad-command", AUTH, COMMAND)), AUTH, LATER),
            FAILS,
            id="what was written since is what the plan wrote",
        ),
        pytest.param(
            told(diagnosis(USER_IMAGE, down=("auth",)), USER_DEPLOYMENT, LATER),
            FAILS,
            id="what was written since explains another service",
        ),
    ],
)
def test_what_somebody_else_broke_meanwhile_is_no_harm_of_the_plan(after: Diagnosis, harm: str) -> None:
    """A second fault strikes the very service that was mended: taking the repair back would break it twice."""
    verdict = judged(WELL_BEFORE, after, ILL)

    assert verdict.harm == harm
