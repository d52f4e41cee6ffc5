"""Traffic now against an hour ago, or as long ago as there is; the Prometheus answers from memory."""

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import orjson
import pytest

from blocks.monitoring.prometheus import PrometheusReader
from blocks.monitoring.traffic import OLDER_SECONDS, traffic_rates
from outage.errors import MonitoringError
from outage.platforms.platform import Monitoring as Asked
from outage.platforms.platform import Platform
from outage.snapshots.snapshot import HOUR, Rates

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
SHOP = Platform(name="shop", namespace="shop", monitoring=Asked(prometheus="http://p", latency="latency"))
Series = dict[str, dict[int, float]]
"""Service → minutes before NOON → number."""


class Prometheus:
    """Knows these numbers; remembers what it was asked and how long it had."""

    def __init__(self, known: Series, broken: str = "") -> None:
        self.known, self.broken = known, broken
        self.asked: list[tuple[str, float]] = []

    def get(self, path: str, within_seconds: float) -> bytes:
        """Answer as Prometheus does, with numbers as text."""
        parts = urlsplit(path)
        verb = parts.path.rpartition("/")[2]
        self.asked.append((verb, within_seconds))
        if verb == self.broken:
            raise MonitoringError("ask Prometheus: 422")
        query = {key: float(one[0]) for key, one in parse_qs(parts.query).items() if key != "query"}
        result = self.range(query) if verb == "query_range" else self.instant(query["time"])
        return orjson.dumps({"status": "success", "data": {"result": result}})

    def instant(self, at: float) -> list[dict[str, object]]:
        """The numbers of one moment."""
        minutes = round((NOON.timestamp() - at) / 60)
        return [
            {"metric": {"service": name}, "value": [at, str(numbers[minutes])]}
            for name, numbers in self.known.items()
            if minutes in numbers
        ]

    def range(self, query: dict[str, float]) -> list[dict[str, object]]:
        """The numbers of a span, oldest first; services without any are absent."""
        early, late = (round((NOON.timestamp() - query[key]) / 60) for key in ("start", "end"))
        assert query["step"] == 60
        found: list[dict[str, object]] = []
        for name, numbers in self.known.items():
            minutes = sorted((one for one in numbers if late <= one <= early), reverse=True)
            values = [[NOON.timestamp() - 60 * one, str(numbers[one])] for one in minutes]
            found += [{"metric": {"service": name}, "values": values}] if values else []
        return found

    @property
    def verbs(self) -> list[str]:
        """What it was asked."""
        return [verb for verb, _ in self.asked]


def seen(known: Series, broken: str = "") -> tuple[tuple[Rates, ...], Prometheus]:
    """What is seen of these numbers, and who was asked."""
    prometheus = Prometheus(known, broken)
    return traffic_rates(PrometheusReader(prometheus.get, "http://p"), SHOP, NOON), prometheus


def latency(service: str, now: float, before: float | None = None, age: timedelta = HOUR) -> Rates:
    """The latency of a service, now and before."""
    return Rates(service=service, latency_seconds=now, latency_seconds_before=before, latency_age=age)


def test_a_service_that_is_older_than_an_hour_is_compared_with_then_and_nothing_more_is_asked() -> None:
    """Healthy first: the usual platform costs what it did."""
    found, prometheus = seen({"auth": {60: 0.2, 25: 0.3, 0: 0.4}})

    assert found == (latency("auth", 0.4, 0.2),)
    assert prometheus.verbs == ["query", "query"]


def test_a_younger_service_is_compared_with_its_oldest_number() -> None:
    """The ground was raised 25 minutes ago; its neighbour is older, and one has just come."""
    found, prometheus = seen(
        {"auth": {25: 0.1, 24: 0.2, 0: 0.4}, "user": {60: 0.2, 25: 9.0, 0: 0.3}, "web": {0: 0.1}}
    )

    assert found == (
        latency("auth", 0.4, 0.1, timedelta(minutes=25)),
        latency("user", 0.3, 0.2),
        latency("web", 0.1),
    )
    assert prometheus.verbs == ["query", "query", "query_range"]
    assert prometheus.asked[-1][1] == OLDER_SECONDS


def test_what_is_no_number_is_not_the_oldest() -> None:
    """Without requests, the first minutes are 0/0."""
    found, _ = seen({"auth": {25: float("nan"), 20: 0.2, 0: 0.4}})

    assert found == (latency("auth", 0.4, 0.2, timedelta(minutes=20)),)


def test_a_service_that_is_gone_now_is_no_reason_to_ask_more() -> None:
    """It was seen an hour ago, which is told."""
    found, prometheus = seen({"auth": {60: 0.2}})

    assert found == (Rates(service="auth", latency_seconds_before=0.2),)
    assert "query_range" not in prometheus.verbs


def test_without_an_answer_about_earlier_the_numbers_of_now_stand() -> None:
    """A proxy that lets no ranges through."""
    found, _ = seen({"auth": {25: 0.1, 0: 0.4}}, broken="query_range")

    assert found == (latency("auth", 0.4),)


def test_without_an_answer_about_now_nothing_is_seen() -> None:
    """The reason goes on to whoever asked."""
    with pytest.raises(MonitoringError, match="422"):
        seen({"auth": {60: 0.2, 0: 0.4}}, broken="query")
