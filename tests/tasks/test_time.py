"""The budget of time: it holds for everything, and what it cost is said look by look."""

import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from outage.errors import ClusterUnreachable
from outage.platforms.platform import Database, Platform, Service
from outage.platforms.platform import Monitoring as Place
from tasks.observe import Budget, collect_snapshot
from tasks.observe.collector import Collector
from tasks.thread_pool import done_in_time
from tests.blocks.fake_api import Answer, fake_api, listing, status
from tests.tasks.shop_api import evidence, pod, shop

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)


def test_a_look_that_still_runs_when_the_time_is_over_leaves_its_evidence() -> None:
    """Whoever reads the report must know what was not seen, and why."""
    never = threading.Event()
    with fake_api(shop()) as (cluster, _):
        budget = Budget(time=timedelta(seconds=0.2))
        budget.start(cluster)
        looks = Collector(budget, lambda: NOON)
        slow = [lambda n=n: looks.see(f"slow/{n}", "wait", never.wait) for n in range(12)]
        began = time.monotonic()
        looks.all(slow)

    assert time.monotonic() - began < 2
    assert {one.id for one in looks.evidence} == {f"slow/{n}" for n in range(12)}
    reasons = {one.unseen for one in looks.evidence}
    assert reasons == {
        "no answer came before the time for looking (0 s) was used up",
        "the time for looking (0 s) was used up",
    }


def test_an_answer_that_comes_too_late_does_not_contradict_the_report() -> None:
    """A look has one evidence, and the first word stands."""
    late = threading.Event()
    with fake_api(shop()) as (cluster, _):
        budget = Budget(time=timedelta(seconds=0.1))
        budget.start(cluster)
        looks = Collector(budget, lambda: NOON)
        looks.all([lambda: looks.see("slow", "wait", late.wait)])
        late.set()
        time.sleep(0.1)

    assert [one.unseen is not None for one in looks.evidence] == [True]


def test_a_process_ends_although_a_look_never_does() -> None:
    """Threads of the standard pool are joined at the end and would hold it."""
    code = (
        "import threading; from tasks.thread_pool import done_in_time; "
        "print(done_in_time([threading.Event().wait, lambda: 7], 2, 0.2))"
    )
    said = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=20, check=True
    )

    assert said.stdout == "[None, 7]\n"


def test_works_are_done_in_their_order_of_asking() -> None:
    """Healthy first; and a mistake comes out where the result is asked for."""
    assert done_in_time([partial(int, n) for n in range(20)], 4, 5.0) == list(range(20))
    with pytest.raises(KeyError):
        done_in_time([partial(dict[str, str]().__getitem__, "no")], 1, 5.0)


def test_all_pages_of_a_list_share_one_limit() -> None:
    """A list of many slow pages would otherwise take as often the time as it has pages."""

    def slow(path: str, query: dict[str, str]) -> Answer:
        time.sleep(0.2)
        return listing({"metadata": {"name": "a"}}, more="more")

    began = time.monotonic()
    with (
        fake_api(slow) as (cluster, _),
        pytest.raises(ClusterUnreachable, match="list pods in all namespaces"),
    ):
        cluster.list("Pod", None, within_seconds=0.5)

    assert time.monotonic() - began < 2


def test_the_usage_of_a_silent_metrics_api_ends_with_the_budget() -> None:
    """An aggregated API whose backend is gone is the usual slow one."""

    def silent(path: str, query: dict[str, str]) -> Answer:
        if "metrics.k8s.io" in path:
            time.sleep(4)
        return shop(pod("web-1"))(path, query)

    began = time.monotonic()
    with fake_api(silent) as (cluster, _):
        snapshot = collect_snapshot(
            cluster,
            Platform(name="shop", namespace="shop"),
            Budget(time=timedelta(seconds=1)),
            now=lambda: NOON,
        )
        took = time.monotonic() - began

    assert took < 3
    assert evidence(snapshot, "usage/nodes").unseen
    assert evidence(snapshot, "pods/shop").unseen is None


def test_what_follows_from_what_was_seen_is_told_also_when_the_time_is_over() -> None:
    """It costs nothing, and it is what a person would want to read first."""

    def slow(path: str, query: dict[str, str]) -> Answer:
        if path.endswith("/log"):
            time.sleep(3)
        return shop(pod("web-1", ready=False))(path, query)

    platform = Platform(name="shop", namespace="shop")
    with fake_api(slow) as (cluster, _):
        snapshot = collect_snapshot(cluster, platform, Budget(time=timedelta(seconds=1)), now=lambda: NOON)

    assert "web-1" in evidence(snapshot, "pods/ill").came_back
    assert evidence(snapshot, "blockers").came_back == "nothing stops new pods"


def test_what_is_switched_off_is_unseen_with_the_switch_and_asks_nobody() -> None:
    """`--no-exec`: no program in a pod, no port-forward, no login."""
    platform = Platform(
        name="shop",
        namespace="shop",
        services=(
            Service(name="web", workload="deployment/web", depends_on=("db",)),
            Service(name="db", workload="statefulset/db", service="db", port=5432),
        ),
        database=Database(service="db", name="shop", credentials_secret="db"),
    )
    with fake_api(shop(pod("web-1"), secrets=status(403, "no"))) as (cluster, api):
        snapshot = collect_snapshot(cluster, platform, now=lambda: NOON, entering=False)

    assert evidence(snapshot, "database").unseen == "switched off by --no-exec"
    assert evidence(snapshot, "reach/web").unseen == "switched off by --no-exec"
    assert not [path for path, _ in api.asked if path.endswith(("/exec", "/portforward", "/secrets/db"))]


def test_a_prometheus_without_queries_is_not_an_answer() -> None:
    """One that was only found tells what fires; what to ask it for traffic nobody wrote down."""
    platform = Platform(
        name="shop", namespace="shop", monitoring=Place(prometheus="monitoring/prometheus:9090")
    )
    with fake_api(shop(pod("web-1"))) as (cluster, _):
        snapshot = collect_snapshot(cluster, platform, now=lambda: NOON)

    assert str(evidence(snapshot, "rates").unseen).endswith("no queries are known")
