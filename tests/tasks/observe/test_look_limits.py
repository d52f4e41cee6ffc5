"""Looking has an end: a budget, limits that are named, and a small cost for a healthy crowd."""

import gc
import time
from datetime import timedelta

import pytest

from outage.snapshots.snapshot import Snapshot
from tasks.observe import Budget, collect_snapshot, collect_wide_snapshot
from tasks.observe.pod_table import sift_rows
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


def test_ill_pods_with_the_name_and_node_of_a_healthy_one_are_read() -> None:
    """StatefulSets call their first pod alike everywhere; the table tells no namespaces."""
    ill = [pod("web-0", ready=False, namespace=place) for place in ("other", "third")]
    snapshot = seen(shop(pod("web-0"), pod("db-0"), *ill, pod("db-0", ready=False, namespace="other")))

    found = {(one["metadata"]["namespace"], one["metadata"]["name"]) for one in snapshot.kind("Pod")}
    assert found == {(place, "web-0") for place in ("shop", "other", "third")} | {
        ("shop", "db-0"),
        ("other", "db-0"),
    }


def test_an_ill_pod_is_asked_for_on_its_node() -> None:
    """The API server keeps pods by node: a suspect costs as much among 20,000 pods as among 200."""
    with fake_api(shop(pod("web-1"), pod("ill", ready=False, namespace="other"))) as (cluster, api):
        collect_wide_snapshot(cluster, SHOP, now=lambda: NOON)

    asked = [
        query["fieldSelector"]
        for path, query in api.asked
        if path == "/api/v1/pods" and "fieldSelector" in query
    ]
    assert asked == ["metadata.name=ill,spec.nodeName=node-1"]


def test_the_first_pass_is_given_while_logs_are_not_read_yet() -> None:
    """Who waits for the answer at night reads what the objects show, and the rest goes on."""
    firsts: list[Snapshot] = []
    with fake_api(shop(pod("web-1", ready=False))) as (cluster, _):
        whole = collect_snapshot(cluster, SHOP, now=lambda: NOON, first=firsts.append)

    assert [len(one.kind("Pod")) for one in firsts] == [1]
    assert not firsts[0].logs
    assert whole.logs


def test_who_chose_the_place_by_the_table_does_not_ask_for_it_again() -> None:
    """On 20,000 pods it is two megabytes."""
    with fake_api(shop(pod("web-1"))) as (cluster, api):
        crowd = sift_rows(cluster.table("Pod"))
        snapshot = collect_snapshot(cluster, SHOP, now=lambda: NOON, crowd=crowd)

    assert evidence(snapshot, "pods").came_back == "1 pods: 1 Running"
    assert (
        sum(query.get("includeObject") == "None" and path == "/api/v1/pods" for path, query in api.asked) == 1
    )


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


def test_a_look_searches_for_no_garbage_and_leaves_that_as_it_was() -> None:
    """A responder lives for weeks: what is paused for seconds goes on afterwards."""
    paused: list[bool] = []
    with fake_api(shop(pod("web-1"))) as (cluster, _):
        collect_snapshot(cluster, SHOP, now=lambda: NOON, first=lambda _: paused.append(gc.isenabled()))

    assert paused == [False]
    assert gc.isenabled()
