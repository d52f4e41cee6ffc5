"""The look at what a Prometheus measured: it costs nothing without one, and says what it could not ask."""

from collections.abc import Callable
from urllib.parse import unquote

import orjson

from blocks.monitoring.prometheus import PrometheusReader
from outage.errors import MonitoringError
from outage.snapshots.snapshot import Metric, Snapshot
from tasks.observe import Budget, collect_snapshot
from tests.blocks.fake_api import fake_api
from tests.tasks.shop_api import NOON, SHOP, evidence, pod, seen, shop

MEMORY = "container_memory_working_set_bytes"
DISK = "kubelet_volume_stats_used_bytes"


def looked(refuses: Callable[[str], bool]) -> tuple[Snapshot, list[str]]:
    """What is seen beside a Prometheus that measures memory, and what it was asked of saturation."""
    asked: list[str] = []

    def get(path: str, within_seconds: float) -> bytes:
        promql = unquote(path)
        if "query_range" in path:
            asked.append(promql)
        if refuses(promql):
            raise MonitoringError("ask Prometheus at http://p: no answer")
        series = [{"metric": {"namespace": "shop", "pod": "web-1"}, "values": [[0, "0.5"]]}]
        result = series if MEMORY in promql else []
        return orjson.dumps({"status": "success", "data": {"result": result, "alerts": []}})

    monitoring = PrometheusReader(get, "http://p")
    with fake_api(shop(pod("web-1"))) as (cluster, _):
        snapshot = collect_snapshot(cluster, SHOP, Budget(), now=lambda: NOON, monitoring=monitoring)
    return snapshot, asked


def test_without_a_prometheus_nothing_is_asked_and_nothing_is_missed() -> None:
    """Healthy first: it is never needed."""
    snapshot = seen(shop(pod("web-1")))

    assert snapshot.measurements == ()
    assert "measurements" not in {one.id for one in snapshot.evidence}


def test_what_it_measures_is_kept_and_what_it_does_not_measure_is_no_trouble() -> None:
    """Most scrape no disks of claims and no PostgreSQL."""
    snapshot, _ = looked(lambda promql: False)

    assert [(one.metric, one.about.name, one.now) for one in snapshot.measurements] == [
        (Metric.MEMORY_OF_LIMIT, "web-1", (0.5,))
    ]
    assert evidence(snapshot, "measurements").unseen is None


def test_one_metric_that_cannot_be_asked_is_said_and_costs_no_other() -> None:
    """A rule of theirs may make one query too dear."""
    snapshot, _ = looked(lambda promql: DISK in promql)
    unseen = evidence(snapshot, "measurements").unseen or ""

    assert "disk-used" in unseen
    assert "memory-of-limit" not in unseen
    assert [one.metric for one in snapshot.measurements] == [Metric.MEMORY_OF_LIMIT]


def test_a_prometheus_that_does_not_answer_is_given_up_after_two_metrics() -> None:
    """Each would cost two seconds."""
    snapshot, asked = looked(lambda promql: True)
    unseen = evidence(snapshot, "measurements").unseen or ""

    assert len(asked) == 2
    assert all(metric in unseen for metric in Metric if metric is not Metric.LATENCY)
    assert snapshot.measurements == ()
