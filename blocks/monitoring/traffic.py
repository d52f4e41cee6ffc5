"""Traffic of each service as Prometheus counted it: now, and an hour ago or as long ago as there is."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from blocks.monitoring.prometheus import ANSWER_SECONDS, Earlier, PrometheusReader
from outage.errors import MonitoringError
from outage.platforms.platform import Platform
from outage.snapshots.snapshot import HOUR, Rates

OLDER_SECONDS = 3.0
"""For the oldest number since: what is younger than an hour has few, and a comparison is no reason to wait longer."""
AGES = {"error_ratio": "error_ratio_age", "latency_seconds": "latency_age"}
"""What is compared with earlier, and the field that says how old that is."""


def traffic_rates(
    monitoring: PrometheusReader, platform: Platform, now: datetime, within_seconds: float = ANSWER_SECONDS
) -> tuple[Rates, ...]:
    """Error ratio, latency and requests of each service, by the queries of the platform file.

    Args:
        monitoring: Which Prometheus.
        platform: Whose file holds the queries.
        now: The clock of what is asked for.
        within_seconds: For each question; there are up to seven.

    Raises:
        MonitoringError: No useful answer. Transient.
    """
    asked = platform.monitoring
    columns = {
        "error_ratio": asked.error_ratio,
        "latency_seconds": asked.latency,
        "requests_per_second": asked.requests,
    }
    seen = {name: monitoring.query(promql, now, within_seconds) for name, promql in columns.items() if promql}
    before = {
        name: _earlier(monitoring, promql, now, seen[name], within_seconds)
        for name, promql in columns.items()
        if promql and name in AGES
    }
    services = {one for some in seen.values() for one in some} | {
        one for some in before.values() for one in some
    }
    return tuple(_of(service, seen, before) for service in sorted(services - {""}))


def _earlier(
    monitoring: PrometheusReader, promql: str, now: datetime, services: Iterable[str], within_seconds: float
) -> Earlier:
    """The numbers of an hour ago; for services that had none then, the oldest since, when that can be had."""
    then = monitoring.query(promql, now - HOUR, within_seconds)
    found = {service: (number, HOUR) for service, number in then.items()}
    if set(services) <= set(found):
        return found
    try:
        return {**monitoring.oldest(promql, now, min(within_seconds, OLDER_SECONDS)), **found}
    except MonitoringError:  # the numbers of now stand without anything to compare them with
        return found


def _of(service: str, seen: dict[str, dict[str, float]], before: dict[str, Earlier]) -> Rates:
    """The numbers of one service, those that there are."""
    fields: dict[str, Any] = {name: numbers.get(service) for name, numbers in seen.items()}
    for name, numbers in before.items():
        if service in numbers:
            fields[f"{name}_before"], fields[AGES[name]] = numbers[service]
    return Rates(service=service, **fields)
