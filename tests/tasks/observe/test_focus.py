"""Where to look when nobody named a namespace."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from outage.errors import ClusterThrottled
from outage.platforms.platform import Platform
from tasks.observe import Budget, collect_snapshot
from tasks.observe.focus import Focus, focus_namespaces
from tests.blocks.fake_api import Answer, fake_api, status, table
from tests.tasks.shop_api import pod, shop

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)


def cluster_of(
    names: list[str], *pods: dict[str, Any], pad: int = 0
) -> Callable[[str, dict[str, str]], Answer]:
    """An API server with these namespaces and pods, and more healthy pods somewhere."""
    crowd = [pod(f"fine-{n}", namespace=names[0]) for n in range(pad)]
    answering = shop(*pods, *crowd)

    def answer(path: str, query: dict[str, str]) -> Answer:
        if path == "/api/v1/namespaces":
            return table(["Name", "Status", "Age"], *([name, "Active", "1d"] for name in names))
        return answering(path, query)

    return answer


def where(answering: Callable[[str, dict[str, str]], Answer], seconds: float = 20) -> Focus:
    """Where one would look."""
    with fake_api(answering) as (cluster, _):
        return focus_namespaces(cluster, Budget(time=timedelta(seconds=seconds)), lambda: NOON)


def left_out(chosen: Focus) -> list[str | None]:
    """What was not looked at."""
    return [one.unseen for one in chosen.evidence if one.id.startswith("left-out/")]


def test_a_small_cluster_is_looked_at_whole_and_nothing_is_left_out() -> None:
    """Healthy first."""
    chosen = where(cluster_of(["bakery", "shop", "kube-system"], pod("web-1")))

    assert chosen.namespaces == ("bakery", "shop")
    assert left_out(chosen) == []


def test_the_worst_namespaces_come_first_and_the_others_are_named() -> None:
    """A large cluster is not read whole, and that is said once."""
    names = [f"team-{n}" for n in range(9)]
    ill = [pod(f"ill-{n}", ready=False, namespace="team-7") for n in range(2)]
    ill.append(pod("alone", ready=False, namespace="team-3"))
    chosen = where(cluster_of(names, *ill))

    assert chosen.namespaces == ("team-7", "team-3")
    assert left_out(chosen) == [
        "not looked at: 7 namespaces beyond the first 2: team-0, team-1, team-2, team-4, team-5 and 2 more"
    ]


def test_ill_pods_beyond_the_limit_are_named() -> None:
    """Forty are asked for where they live; the others may well live somewhere else."""
    ill = [pod(f"ill-{n:02d}", ready=False, namespace="team-1") for n in range(43)]

    assert left_out(where(cluster_of(["team-1"], *ill))) == [
        "not looked at: 3 ill pods beyond the first 40: ill-40, ill-41, ill-42"
    ]


def test_rights_for_one_namespace_lead_to_the_contexts_own() -> None:
    """And the report says that the others were not to be seen."""
    chosen = where(lambda path, query: status(403, "pods is forbidden"))

    assert chosen.namespaces == ("shop",)
    assert {one.unseen for one in chosen.evidence} == {
        "list pods in all namespaces as a table: 403, pods is forbidden",
        "list namespaces in all namespaces as a table: 403, pods is forbidden",
    }


def test_a_server_that_asks_for_patience_does_not_lead_to_the_wrong_place() -> None:
    """One 429 once sent the whole investigation to a namespace that nobody chose."""
    refusals = [status(429, "slow down"), status(503, "starting")]
    answering = cluster_of(["bakery"], pod("oven", namespace="bakery"))

    def throttled(path: str, query: dict[str, str]) -> Answer:
        if path == "/api/v1/pods" and query.get("includeObject") == "None" and refusals:
            return refusals.pop()
        return answering(path, query)

    assert where(throttled).namespaces == ("bakery",)


def test_a_server_that_never_answers_is_an_error_and_not_a_guess() -> None:
    """With the way out in the sentence."""
    with pytest.raises(ClusterThrottled, match=r"choose where to look: .*429.*; name a namespace with -n"):
        where(lambda path, query: status(429, "slow down"))


def test_choosing_the_place_counts_against_the_time_for_looking() -> None:
    """It once took twenty seconds of its own before three were counted."""
    with fake_api(cluster_of(["bakery"])) as (cluster, _):
        budget = Budget(time=timedelta(seconds=30))
        focus_namespaces(cluster, budget, lambda: NOON)

        assert 0 < budget.left_seconds < 30


def test_who_was_read_to_choose_the_place_is_not_asked_for_again() -> None:
    """Forty ill pods are forty questions, once."""
    ill = [pod(f"ill-{n}", ready=False, namespace=f"team-{n}") for n in range(9)]
    with fake_api(cluster_of([f"team-{n}" for n in range(9)], *ill)) as (cluster, api):
        chosen = focus_namespaces(cluster, Budget(), lambda: NOON)
        place = chosen.namespaces[0]
        snapshot = collect_snapshot(
            cluster, Platform(name=place, namespace=place), now=lambda: NOON, crowd=chosen.crowd
        )

    assert {one["metadata"]["name"] for one in snapshot.kind("Pod")} == {f"ill-{n}" for n in range(9)}
    by_name = [
        query["fieldSelector"] for _, query in api.asked if "metadata.name" in query.get("fieldSelector", "")
    ]
    assert sorted(by_name) == [f"metadata.name=ill-{n},spec.nodeName=node-1" for n in range(9)]
