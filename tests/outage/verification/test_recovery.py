"""What counts as recovered: healthy cases first, then each thing that "ready once" hides."""

import pytest

from outage.platforms.platform import Endpoint, Monitoring, Platform, Service
from outage.verification.plan_effect import PlanEffect
from outage.verification.recovery import RecoveryCheck, VerifiedRecovery, concluded_check, own_of_plan

AUTH = Service(name="auth", workload="deployment/auth", service="auth", selector={"app": "auth"})
WELL = RecoveryCheck(name="probes", ok=True, says="users are content")
BAD = RecoveryCheck(name="probes", ok=False, says="users are not content")
UNSEEN = RecoveryCheck(name="errors", ok=None, says="no monitoring")
ROLLED = RecoveryCheck(name="rollout", ok=True, says="2 of 2 available")
BEHIND = RecoveryCheck(name="endpoints", ok=True, says="2 ready endpoints")
HIDDEN = RecoveryCheck(name="endpoints", ok=None, says="the endpoints of auth could not be seen")
QUIET = RecoveryCheck(name="errors", ok=True, says="nothing fails")
ANSWERS = RecoveryCheck(name="health", ok=True, says="auth answers 200", about=("auth",))
UNASKED = RecoveryCheck(name="probes", ok=None, says="no endpoint was asked")
NO_NUMBERS = RecoveryCheck(name="errors", ok=None, says="the monitoring gave no numbers")
BARE = Platform(name="Shop", namespace="shop")
WHOLE = Platform(
    name="Shop",
    namespace="shop",
    services=(AUTH,),
    endpoints=(Endpoint(url="https://shop.example/health"),),
    monitoring=Monitoring(prometheus="http://prometheus", error_ratio="errors"),
)


@pytest.mark.parametrize(
    ("checks", "platform", "says"),
    [
        pytest.param([BEHIND, WELL], WHOLE, "recovered: 2 checks are well", id="all is well"),
        pytest.param([BEHIND, QUIET], WHOLE, "recovered: 2 checks are well", id="traffic speaks for users"),
        pytest.param(
            [BEHIND, WELL, UNSEEN],
            WHOLE,
            "recovered: 2 checks are well (not seen: errors)",
            id="what else could not be seen is told, and stands against nobody",
        ),
        pytest.param(
            [ROLLED, ANSWERS],
            BARE,
            "recovered: 2 checks are well",
            id="a platform file that names no users, and a service that answers from inside",
        ),
        pytest.param(
            [ROLLED],
            BARE,
            "not seen to have recovered: no answer, no run that completed and no caller that is content could be seen",
            id="a platform file that gives nothing of users to see",
        ),
        pytest.param(
            [ROLLED, UNASKED, NO_NUMBERS],
            BARE,
            "not seen to have recovered: no answer, no run that completed and no caller that is content could be seen "
            "(no endpoint was asked)",
            id="users refused throughout and nobody looked",
        ),
        pytest.param(
            [ROLLED, BEHIND, WELL, BAD],
            WHOLE,
            "not recovered: users are not content",
            id="one failure is enough",
        ),
        pytest.param(
            [ROLLED, HIDDEN, WELL],
            WHOLE,
            "not seen to have recovered: the endpoints could not be seen to be well "
            "(the endpoints of auth could not be seen)",
            id="endpoints that could not be seen",
        ),
        pytest.param(
            [ROLLED, BEHIND, UNSEEN],
            WHOLE,
            "not seen to have recovered: users' requests and the traffic could not be seen to be well (no monitoring)",
            id="neither users nor traffic could be seen",
        ),
        pytest.param(
            [ROLLED],
            WHOLE,
            "not seen to have recovered: the endpoints could not be seen to be well",
            id="a rollout alone is no recovery",
        ),
        pytest.param(
            [UNSEEN],
            BARE,
            "not recovered: nothing could be looked at, and an empty view is not a healthy one",
            id="an empty view is not a healthy one",
        ),
        pytest.param(
            [],
            BARE,
            "not recovered: nothing could be looked at, and an empty view is not a healthy one",
            id="nothing was looked at",
        ),
    ],
)
def test_recovered_needs_proof(checks: list[RecoveryCheck], platform: Platform, says: str) -> None:
    """And the sentence names what speaks against it, or what could not be seen."""
    verified = concluded_check(checks, platform)

    assert verified.says == says
    assert verified.recovered is says.startswith("recovered")


@pytest.mark.parametrize(
    ("speakers", "recovered"),
    [
        pytest.param((), True, id="anybody speaks for a cause that broke everything"),
        pytest.param(("auth",), True, id="what was mended answers"),
        pytest.param(("web", "auth"), True, id="who calls what was mended is content"),
        pytest.param(
            ("worker",), False, id="what was mended was not asked, and another service's answer is no answer"
        ),
    ],
)
def test_an_answer_speaks_for_what_was_mended_and_for_nothing_else(
    speakers: tuple[str, ...], recovered: bool
) -> None:
    """Ready pods owe an answer; a healthy neighbour does not give it."""
    assert concluded_check([ROLLED, ANSWERS], BARE, speakers=speakers).recovered is recovered


@pytest.mark.parametrize(
    ("name", "about", "own", "mine"),
    [
        pytest.param("probes", ("user",), (), True, id="everything is the plan's own"),
        pytest.param("probes", ("auth",), ("auth",), True, id="users of what was mended"),
        pytest.param("rollout", (), ("auth",), True, id="what the plan wrote"),
        pytest.param("probes", ("user",), ("auth",), False, id="users of another service"),
        pytest.param("smoke", (), ("auth",), False, id="a test of the whole platform"),
    ],
)
def test_a_check_is_the_plans_own_when_it_speaks_of_what_was_to_be_mended(
    name: str, about: tuple[str, ...], own: tuple[str, ...], mine: bool
) -> None:
    """What fails beside it says nothing of the plan."""
    check = RecoveryCheck(name=name, ok=False, says="it fails", about=about)

    assert own_of_plan(check, own).own is mine


def test_records_of_before_the_verdict_are_read_as_they_were_meant() -> None:
    """An incident that was half answered by the version before goes on."""
    old = {"recovered": False, "says": "not recovered: x", "helped": "plan 1 healed its own cause and stays"}

    assert VerifiedRecovery.model_validate(old).judged.effect is PlanEffect.EFFECTIVE
    assert VerifiedRecovery.model_validate(old | {"helped": ""}).judged.takes_back
    assert VerifiedRecovery(recovered=True, says="recovered: 3 checks are well").judged.mended
