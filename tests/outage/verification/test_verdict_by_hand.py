"""The verdict on what a person chose: is what they named well? The healthy cases first."""

import pytest

from outage.diagnosis.hypothesis import ChosenProposal, Diagnosis
from outage.diagnosis.resolution_action import BY_HAND, ResolutionAction, ResolutionKind
from outage.plans.plan import Plan
from outage.verification.plan_effect import PlanEffect
from outage.verification.recovery import RecoveryCheck, VerifiedRecovery
from tests.outage.verification.test_plan_verdict import (
    AUTH,
    BAD_IMAGE,
    ILL,
    NO_POD,
    NOON,
    NOTHING,
    PLAN,
    PULLS,
    PULLS_STILL,
    USER_IMAGE,
    WELL,
    diagnosis,
    judged,
)

EFFECTIVE, NOT_EFFECTIVE, INCONCLUSIVE = PlanEffect
ACTION = ResolutionAction(kind=ResolutionKind.RESTART, target="auth", by="ada", at=NOON)
CHOSEN = ChosenProposal(
    action=ACTION,
    cause=BY_HAND,
    about=AUTH,
    says="ada chose to restart auth",
    explains=("deployment/auth in shop", "service/auth in shop"),
    score=1.0,
    repair=BAD_IMAGE.repair,
)
BY_ADA = PLAN.model_copy(update={"hypothesis": CHOSEN.key})


def with_choice(found: Diagnosis) -> Diagnosis:
    """The same look, with what ada chose."""
    return found.model_copy(update={"chosen": CHOSEN})


def proof(own_well: bool | None, other_ill: bool) -> VerifiedRecovery:
    """What users of auth got, and whether another service fails."""
    own = RecoveryCheck(name="health", ok=own_well, says="auth answers", about=("auth",))
    other = RecoveryCheck(name="probes", ok=False, says="user fails", about=("user",), own=False)
    return VerifiedRecovery(
        recovered=False, says="not recovered", checks=(own, *([other] if other_ill else []))
    )


@pytest.mark.parametrize(
    ("before", "after", "seen", "effect"),
    [
        pytest.param(NOTHING, NOTHING, WELL, EFFECTIVE, id="what was healthy is healthy after it"),
        pytest.param(
            diagnosis(signs=(PULLS, NO_POD)), NOTHING, WELL, EFFECTIVE, id="what was named became well"
        ),
        pytest.param(
            diagnosis(signs=(PULLS,)),
            diagnosis(USER_IMAGE, down=("user",)),
            proof(True, other_ill=True),
            EFFECTIVE,
            id="what still fails is not what was named",
        ),
        pytest.param(
            diagnosis(signs=(PULLS,)),
            diagnosis(BAD_IMAGE, signs=(PULLS_STILL,)),
            proof(True, other_ill=True),
            NOT_EFFECTIVE,
            id="a known cause is no excuse: what was named is not well",
        ),
        pytest.param(NOTHING, diagnosis(BAD_IMAGE), ILL, NOT_EFFECTIVE, id="what was named fails since"),
        pytest.param(
            NOTHING,
            NOTHING,
            proof(None, other_ill=False),
            INCONCLUSIVE,
            id="nobody could look at what was named",
        ),
    ],
)
def test_what_a_person_named_decides(
    before: Diagnosis, after: Diagnosis, seen: VerifiedRecovery, effect: PlanEffect
) -> None:
    """Whatever its cause is."""
    plan: Plan = BY_ADA

    assert judged(with_choice(before), after, seen, plan).effect is effect
