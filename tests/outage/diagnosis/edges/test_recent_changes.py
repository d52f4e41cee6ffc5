"""The change right before a failure that nothing else explains: a person's is suspected, our own is an answer."""

import pytest

from tests.outage.diagnosis.worlds.diagnosed import diagnose
from tests.outage.diagnosis.worlds.shop_snapshot import Ground, platform


@pytest.mark.parametrize(
    ("manager", "suspected"),
    [
        pytest.param("kubectl-edit", True, id="a person's"),
        pytest.param("outage-drill", True, id="a drill's, which stands for a person's"),
        pytest.param("outage", False, id="our own, which was watched and judged when it was written"),
    ],
)
def test_the_last_change_before_an_unexplained_failure_is_suspected_unless_it_is_ours(
    manager: str, suspected: bool
) -> None:
    """The quota of sessions of a Service that auth calls, say: no rule knows what it does."""
    ground = Ground()
    ground.touch("Service", "redis", manager=manager)["metadata"]["annotations"] = {"shop/limit": "1"}
    ground.touch("Service", "redis", manager=manager)["spec"]["publishNotReadyAddresses"] = True
    ground.fail("auth", minutes=1)

    found = diagnose(ground.snapshot(), platform())

    accused = [one for one in found.hypotheses if one.cause == "recent-change"]
    assert bool(accused) is suspected
    assert all("was changed by" in one.says for one in accused)
