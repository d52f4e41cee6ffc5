"""Looking has an end: a budget, limits that are named, and a small cost for a healthy crowd."""

import time
from datetime import timedelta

import pytest

from tasks.observe import Budget, collect_wide_snapshot
from tests.blocks.fake_api import Answer, fake_api
from tests.tasks.shop_api import NOON, SHOP, evidence, pod, seen, shop


@pytest.mark.parametrize(
    ("budget", "reason"),
    [
        pytest.param(Budget(calls=3), "the calls allowed for looking (3) were used up", id="calls"),
        pytest.param(Budget(bytes=10), "the bytes allowed for looking (10) were used up", id="bytes"),
        pytest.param(Budget(time=timedelta()), "the time for looking (0 s) was used up", id="time"),
    ],
)
def test_a_spent_budget_is_the_reason_why_a_look_was_not_made(budget: Budget, reason: str) -> None:
    """An investigation ends, whatever the cluster is like."""
    assert reason in {one.unseen for one in seen(shop(pod("web-1")), budget).evidence}


def test_suspects_beyond_the_limit_are_named_as_not_looked_at() -> None:
    """A cut that nobody hears of reads as health."""
    crowd = [pod(f"p-{n:02d}", ready=False, namespace="other") for n in range(33)]
    left_out = evidence(seen(shop(pod("web-1"), *crowd)), "left-out/suspects")

    assert left_out.unseen == "not looked at: 3 suspects beyond the first 30: p-30, p-31, p-32"


def test_logs_beyond_the_limit_are_named_as_not_looked_at() -> None:
    """Sixty logs are enough to explain an outage, and perhaps not this one."""
    crowd = [pod(f"p-{n:02d}", ready=False) for n in range(62)]
    snapshot = seen(shop(*crowd))

    assert len(snapshot.logs) == 60
    assert evidence(snapshot, "left-out/logs-in-shop").unseen == (
        "not looked at: 2 logs in shop beyond the first 60: p-60/app, p-61/app"
    )


def test_the_wide_look_reads_no_pod_of_a_healthy_crowd() -> None:
    """Its cost is one small table, whatever lives there."""
    crowd = [pod(f"p-{n}", namespace="other") for n in range(200)]
    with fake_api(shop(pod("web-1"), *crowd)) as (cluster, api):
        snapshot = collect_wide_snapshot(cluster, SHOP, now=lambda: NOON)

    assert [one["metadata"]["name"] for one in snapshot.kind("Pod")] == ["web-1"]
    assert evidence(snapshot, "pods").came_back == "201 pods: 201 Running"
    assert not [path for path, _ in api.asked if "other" in path]


def test_a_slow_server_does_not_hold_an_investigation() -> None:
    """The budget of time holds for all looks together, and says so for those that were not made."""
    fast = shop(pod("web-1"))

    def slow(path: str, query: dict[str, str]) -> Answer:
        if not path.endswith("/nodes"):
            time.sleep(3)
        return fast(path, query)

    began = time.monotonic()
    snapshot = seen(slow, Budget(time=timedelta(seconds=0.5)))

    assert time.monotonic() - began < 3
    assert evidence(snapshot, "nodes").unseen is None
    assert all(one.unseen for one in snapshot.evidence if one.id.startswith(("pods", "services")))


def test_a_crowded_namespace_keeps_its_healthy_pods_in_outline() -> None:
    """So that 5,000 pods fit in little memory; the ill ones are kept whole."""
    crowd = [pod(f"p-{n:04d}") for n in range(700)] + [pod("p-9999", ready=False)]
    snapshot = seen(shop(*crowd))

    kept = {one["metadata"]["name"]: one for one in snapshot.kind("Pod")}
    assert len(kept) == 701
    assert "containerStatuses" in kept["p-9999"]["status"]
    assert "containerStatuses" not in kept["p-0699"]["status"]
    assert kept["p-0699"]["status"]["phase"] == "Running"
