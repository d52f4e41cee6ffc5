"""Which autoscaler speaks for a workload: its own, and not one of a namesake elsewhere."""

import pytest

from outage.diagnosis.cause import Cause
from outage.snapshots.snapshot import Snapshot
from tests.outage.diagnosis.worlds.diagnosed import diagnose
from tests.outage.diagnosis.worlds.shop_objects import CALLS, SHOP, deployment_of, meta, pod_template
from tests.outage.diagnosis.worlds.shop_snapshot import Ground, platform
from tests.outage.mitigation.overloaded_platform import autoscaled, hot

ANNEXE = "annexe"
AT_ITS_MOST = "+0.05 its autoscaler is at its most"


def namesakes(scaled_in: str, now: int) -> Snapshot:
    """Two workloads called auth, the shop's out of CPU, and an autoscaler of two pods at most for one of them."""
    ground = Ground()
    hot(ground)
    ground.put("Namespace", {"metadata": meta(ANNEXE, None)})
    ground.put("Deployment", deployment_of("auth", pod_template("auth", CALLS["auth"]), 2, ANNEXE))
    autoscaled(ground, most=2, now=now)
    ground.get("HorizontalPodAutoscaler", "auth-hpa")["metadata"]["namespace"] = scaled_in
    return ground.snapshot().model_copy(update={"namespaces": (SHOP, ANNEXE)})


@pytest.mark.parametrize(
    ("scaled_in", "now", "counts"),
    [
        pytest.param(SHOP, 1, False, id="its own, which may make more"),
        pytest.param(SHOP, 2, True, id="its own, at its most"),
        pytest.param(ANNEXE, 2, False, id="that of the same name in another namespace"),
    ],
)
def test_only_its_own_autoscaler_tells_that_a_workload_cannot_grow(
    scaled_in: str, now: int, counts: bool
) -> None:
    """Workloads of one name live in staging and in production; one that is full tells nothing of the other."""
    found = diagnose(namesakes(scaled_in, now), platform())
    (saturated,) = [one for one in found.hypotheses if one.cause == Cause.CPU_SATURATED]

    assert saturated.about.namespace == SHOP
    assert (AT_ITS_MOST in saturated.reasons) is counts
