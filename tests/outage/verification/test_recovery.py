"""What counts as recovered: healthy cases first, then each thing that "ready once" hides."""

import pytest

from outage.platforms.platform import Endpoint, Monitoring, Platform, Service
from outage.verification.recovery import RecoveryCheck, concluded_check

AUTH = Service(name="auth", workload="deployment/auth", service="auth", selector={"app": "auth"})
WELL = RecoveryCheck(name="probes", ok=True, says="users are content")
BAD = RecoveryCheck(name="probes", ok=False, says="users are not content")
UNSEEN = RecoveryCheck(name="errors", ok=None, says="no monitoring")
ROLLED = RecoveryCheck(name="rollout", ok=True, says="2 of 2 available")
BEHIND = RecoveryCheck(name="endpoints", ok=True, says="2 ready endpoints")
HIDDEN = RecoveryCheck(name="endpoints", ok=None, says="the endpoints of auth could not be seen")
QUIET = RecoveryCheck(name="errors", ok=True, says="nothing fails")
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
            [ROLLED],
            BARE,
            "recovered: 1 checks are well",
            id="a platform file that gives nothing else to see",
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
            "not recovered: the endpoints could not be seen to be well (the endpoints of auth could not be seen)",
            id="endpoints that could not be seen",
        ),
        pytest.param(
            [ROLLED, BEHIND, UNSEEN],
            WHOLE,
            "not recovered: users' requests and the traffic could not be seen to be well (no monitoring)",
            id="neither users nor traffic could be seen",
        ),
        pytest.param(
            [ROLLED],
            WHOLE,
            "not recovered: the endpoints could not be seen to be well",
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
