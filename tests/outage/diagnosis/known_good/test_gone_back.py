"""A release that was taken back is no suspect, however long the alerts about it stay."""

import pytest

from outage.snapshots.baseline import Baseline
from outage.snapshots.snapshot import Rates
from tests.outage.diagnosis.worlds.breaking import release_runs
from tests.outage.diagnosis.worlds.diagnosed import diagnose
from tests.outage.diagnosis.worlds.shop_objects import ago, replica_set
from tests.outage.diagnosis.worlds.shop_snapshot import Ground, platform

SLOW = (Rates(service="user", error_ratio=0.0, latency_seconds=3.0, latency_seconds_before=0.1),)


def taken_back(born_minutes_ago: float = 20) -> Ground:
    """A slow release came and went; the live template is the old one again."""
    ground = Ground()
    deployment = ground.get("Deployment", "user")
    ground.get("ReplicaSet", "user-aaa")["metadata"]["creationTimestamp"] = ago(minutes=born_minutes_ago)
    deployment["metadata"]["creationTimestamp"] = ago(minutes=born_minutes_ago)
    slow = replica_set(deployment, "bbb", 2, deployment["spec"]["template"], minutes=5)
    slow["spec"]["template"]["spec"]["containers"][0]["image"] = "shop/user:2.0"
    slow["spec"]["replicas"], slow["status"] = 0, {"replicas": 0}
    ground.put("ReplicaSet", slow)
    ground.get("ReplicaSet", "user-aaa")["metadata"]["annotations"]["deployment.kubernetes.io/revision"] = "3"
    ground.touch("Deployment", "user", 2)
    return ground


@pytest.mark.parametrize("with_baseline", [True, False], ids=["with a baseline", "without one"])
def test_latency_that_has_not_settled_yet_does_not_bring_the_bad_release_back(with_baseline: bool) -> None:
    """Else a healed outage would be answered by breaking it again."""
    ground = taken_back()
    baseline: Baseline | None = Ground().baseline() if with_baseline else None

    said = diagnose(ground.snapshot(rates=SLOW), platform(), baseline)

    assert [one.cause for one in said.hypotheses if one.about.name == "user"] == []


def test_a_release_that_the_baseline_knows_is_no_change() -> None:
    """It was healthy with this very image when the baseline was taken."""
    ground = Ground()
    release_runs(ground, minutes=20)

    said = diagnose(ground.snapshot(rates=SLOW), platform(), ground.baseline())

    assert [one.cause for one in said.hypotheses if one.about.name == "user"] == []


def test_a_crash_after_going_back_offers_no_way_to_the_release_that_was_left() -> None:
    """Nobody knows that it was better; a person decides."""
    ground = taken_back()
    ground.fail(
        "user", waiting=("CrashLoopBackOff", "back-off"), last={"exitCode": 1, "reason": "Error"}, restarts=4
    )

    said = diagnose(ground.snapshot(), platform())

    assert not any("2.0" in str(one.wanted) for one in said.hypotheses)
