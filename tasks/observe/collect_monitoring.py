"""Ask the monitoring what fires, how the traffic is against an hour ago, and the metrics API what is in use."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial
from statistics import median
from urllib.parse import quote

from blocks.kubernetes import Cluster
from blocks.monitoring import traffic
from blocks.monitoring.prometheus import ANSWER_SECONDS, PrometheusReader
from blocks.monitoring.saturation_series import measure, saturation_queries
from outage.errors import MonitoringError, OutageError
from outage.incidents.alert import Alert
from outage.platforms.platform import Platform
from outage.snapshots.snapshot import Measurement, Metric, Rates, Usage
from outage.text.listing import came_back, listing_lines
from tasks.observe.collector import Collector

PORT = 9090
"""Prometheus's own, when the platform file names none."""
ASKED_UP_TO = 3
"""Times that each is asked for: now, an hour ago, and when there was nothing then, since."""
GIVEN_UP_AFTER = 2
"""Metrics that could not be asked for; the next would not be either."""
MEASURED_SECONDS = 2.0
"""For one span of one metric: it is beside the other evidence, and nobody waits longer for it."""


class NoQueries(OutageError):
    """There is a Prometheus, and nobody wrote down what to ask it. Permanent."""


def collect_monitoring(
    looks: Collector,
    monitoring: PrometheusReader,
    platform: Platform,
    alerts: list[Alert],
    rates: list[Rates],
) -> list[Callable[[], None]]:
    """Firing alerts, and the rates of the queries in the platform file.

    Args:
        looks: Keeps what could not be looked at.
        monitoring: The platform's Prometheus, by its reading door.
        platform: Its file names the queries.
        alerts: Gets the firing alerts.
        rates: Gets a row per service.

    Returns:
        Looks to be made, side by side; what they see is in the lists once all are done.
    """
    return [
        lambda: _alerts(looks, monitoring, alerts),
        lambda: _rates(looks, monitoring, platform, rates),
    ]


def _alerts(looks: Collector, monitoring: PrometheusReader, kept: list[Alert]) -> None:
    def ask() -> tuple[Alert, ...]:
        seen = monitoring.alerts(looks.budget.seconds(8))
        kept.extend(seen)
        return seen

    def show(seen: tuple[Alert, ...]) -> str:
        return (
            listing_lines(
                f"{one.name}  {one.labels.get('severity', '')}  {one.namespace}/{one.service}  "
                f"since {one.starts_at:%H:%M:%S}"
                for one in seen
            )
            or "nothing fires"
        )

    looks.see("alerts", typed_query(monitoring.where, "/api/v1/alerts"), ask, show)


def _rates(looks: Collector, monitoring: PrometheusReader, platform: Platform, kept: list[Rates]) -> None:
    asked = platform.monitoring
    queries = [one for one in (asked.error_ratio, asked.latency, asked.requests) if one]

    def ask() -> tuple[Rates, ...]:
        if not queries:
            raise NoQueries(f"ask Prometheus at {monitoring.where} for traffic: no queries are known")
        each = looks.budget.seconds() / (len(queries) * ASKED_UP_TO)
        seen = traffic.traffic_rates(monitoring, platform, looks.now(), min(each, ANSWER_SECONDS))
        kept.extend(seen)
        return seen

    words = [typed_query(monitoring.where, f"/api/v1/query?query={quote(one, safe='')}") for one in queries]
    looks.see(
        "rates",
        "; ".join(words) or typed_query(monitoring.where, "/api/v1/query?query=up"),
        ask,
        lambda seen: listing_lines(describe_rates(one) for one in seen) or "the queries gave no numbers",
    )


def collect_measurements(
    looks: Collector, monitoring: PrometheusReader, platform: Platform, kept: list[Measurement]
) -> None:
    """Saturation now against the same minutes an hour and a day earlier, in one look.

    Args:
        looks: Keeps what could not be asked.
        monitoring: The platform's Prometheus, by its reading door.
        platform: Whose pods are measured.
        kept: Gets a row per object and metric.
    """
    asked = saturation_queries(platform)

    def ask() -> tuple[Measurement, ...]:
        failed: dict[Metric, MonitoringError] = {}
        for metric, promql in asked.items():
            if len(failed) == GIVEN_UP_AFTER:
                break
            try:
                each = min(looks.budget.seconds() / ASKED_UP_TO, MEASURED_SECONDS)
                kept.extend(measure(monitoring, platform, metric, promql, looks.now(), each))
            except MonitoringError as error:
                failed[metric] = error
        if failed:
            measured = {one.metric for one in kept}
            missing = ", ".join(one for one in asked if one in failed or one not in measured)
            raise MonitoringError(f"{next(iter(failed.values()))}; not measured: {missing}")
        return tuple(kept)

    words = [
        typed_query(monitoring.where, f"/api/v1/query_range?query={quote(one, safe='')}&step=30")
        for one in asked.values()
    ]
    looks.see("measurements", "; ".join(words), ask, show_measurements)


def show_measurements(seen: Sequence[Measurement]) -> str:
    """The rows of every metric, each with the middle of its three spans."""
    return listing_lines(describe_measurement(one) for one in seen) or "nothing measures saturation"


def describe_measurement(one: Measurement) -> str:
    """One object's metric as a line."""
    now, hour, day = (
        f"{median(some):.3g}" if some else "nothing" for some in (one.now, one.hour_ago, one.day_ago)
    )
    return f"{one.metric}  {one.about}  {now}, an hour earlier {hour}, a day earlier {day}"


def typed_query(where: str, path: str) -> str:
    """What a person would type to ask that Prometheus: by its address, or through the API server's proxy."""
    if "://" in where:
        return f"curl '{where.rstrip('/')}{path}'"
    namespace, _, service = where.partition("/")
    named = service if ":" in service else f"{service}:{PORT}"
    return f"kubectl get --raw '/api/v1/namespaces/{namespace}/services/{named}/proxy{path}'"


def describe_rates(one: Rates) -> str:
    """One service's traffic as a line, and what it is compared with."""

    def both(now: float | None, before: float | None, age: timedelta, spell: str) -> str:
        seen = "not seen" if now is None else spell.format(now)
        against = "nothing earlier" if before is None else f"{spell.format(before)} {came_back(age)}"
        return f"{seen} against {against}"

    errors = both(one.error_ratio, one.error_ratio_before, one.error_ratio_age, "{:.1%}")
    latency = both(one.latency_seconds, one.latency_seconds_before, one.latency_age, "{:.3f} s")
    return f"{one.service}  errors {errors}  latency {latency}"


def collect_usage(
    looks: Collector, cluster: Cluster, namespaces: tuple[str, ...], kept: list[Usage]
) -> list[Callable[[], None]]:
    """Nodes, and the pods of each namespace.

    Args:
        looks: Keeps what could not be looked at.
        cluster: The reading door.
        namespaces: Whose pods are measured.
        kept: Gets a row per node and per pod.

    Returns:
        Looks to be made, side by side.
    """
    return [
        lambda: _usage(looks, cluster, "Node", None, kept),
        *(partial(_usage, looks, cluster, "Pod", one, kept) for one in namespaces),
    ]


def _usage(looks: Collector, cluster: Cluster, kind: str, namespace: str | None, kept: list[Usage]) -> None:
    def ask() -> list[Usage]:
        seen = cluster.usage(kind, namespace, within_seconds=looks.budget.seconds())
        kept.extend(seen)
        return seen

    def show(seen: list[Usage]) -> str:
        greedy = sorted(seen, key=lambda one: -one.cpu_cores)
        return listing_lines(
            f"{one.name}  cpu {one.cpu_cores:.3f}  memory {one.memory_bytes >> 20} Mi" for one in greedy
        )

    looks.see(
        f"usage/{namespace or 'nodes'}",
        f"kubectl top pods -n {namespace}" if namespace else "kubectl top nodes",
        ask,
        show,
    )
