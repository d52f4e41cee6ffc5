"""Ask the monitoring what fires, and how the traffic is against an hour ago (or as long ago as there is)."""

from collections.abc import Callable
from datetime import timedelta
from urllib.parse import quote

from blocks import traffic
from blocks.prometheus import ANSWER_SECONDS, Monitoring
from outage.alert import Alert
from outage.errors import OutageError
from outage.platform import Platform
from outage.readable import back, lines
from outage.snapshot import Rates
from tasks.observe.looking import Looks

PORT = 9090
"""Prometheus's own, when the platform file names none."""
ASKED_UP_TO = 3
"""Times that each is asked for: now, an hour ago, and when there was nothing then, since."""


class NoQueries(OutageError):
    """There is a Prometheus, and nobody wrote down what to ask it. Permanent."""


def look_at_monitoring(
    looks: Looks, monitoring: Monitoring, platform: Platform, alerts: list[Alert], rates: list[Rates]
) -> list[Callable[[], None]]:
    """Firing alerts, and the rates of the queries in the platform file."""
    return [
        lambda: _alerts(looks, monitoring, alerts),
        lambda: _rates(looks, monitoring, platform, rates),
    ]


def _alerts(looks: Looks, monitoring: Monitoring, kept: list[Alert]) -> None:
    def ask() -> tuple[Alert, ...]:
        seen = monitoring.alerts(looks.budget.seconds(8))
        kept.extend(seen)
        return seen

    def show(seen: tuple[Alert, ...]) -> str:
        return (
            lines(
                f"{one.name}  {one.labels.get('severity', '')}  {one.namespace}/{one.service}  "
                f"since {one.starts_at:%H:%M:%S}"
                for one in seen
            )
            or "nothing fires"
        )

    looks.see("alerts", typed(monitoring.where, "/api/v1/alerts"), ask, show)


def _rates(looks: Looks, monitoring: Monitoring, platform: Platform, kept: list[Rates]) -> None:
    asked = platform.monitoring
    queries = [one for one in (asked.error_ratio, asked.latency, asked.requests) if one]

    def ask() -> tuple[Rates, ...]:
        if not queries:
            raise NoQueries(f"ask Prometheus at {monitoring.where} for traffic: no queries are known")
        each = looks.budget.seconds() / (len(queries) * ASKED_UP_TO)
        seen = traffic.rates(monitoring, platform, looks.now(), min(each, ANSWER_SECONDS))
        kept.extend(seen)
        return seen

    words = [typed(monitoring.where, f"/api/v1/query?query={quote(one, safe='')}") for one in queries]
    looks.see(
        "rates",
        "; ".join(words) or typed(monitoring.where, "/api/v1/query?query=up"),
        ask,
        lambda seen: lines(told(one) for one in seen) or "the queries gave no numbers",
    )


def typed(where: str, path: str) -> str:
    """What a person would type to ask that Prometheus: by its address, or through the API server's proxy."""
    if "://" in where:
        return f"curl '{where.rstrip('/')}{path}'"
    namespace, _, service = where.partition("/")
    named = service if ":" in service else f"{service}:{PORT}"
    return f"kubectl get --raw '/api/v1/namespaces/{namespace}/services/{named}/proxy{path}'"


def told(one: Rates) -> str:
    """One service's traffic as a line, and what it is compared with."""

    def both(now: float | None, before: float | None, age: timedelta, spell: str) -> str:
        seen = "not seen" if now is None else spell.format(now)
        against = "nothing earlier" if before is None else f"{spell.format(before)} {back(age)}"
        return f"{seen} against {against}"

    errors = both(one.error_ratio, one.error_ratio_before, one.error_ratio_age, "{:.1%}")
    latency = both(one.latency_seconds, one.latency_seconds_before, one.latency_age, "{:.3f} s")
    return f"{one.service}  errors {errors}  latency {latency}"
