"""What a Prometheus is asked for saturation, and what becomes of its answers; the Prometheus answers from memory."""

from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import orjson
import pytest

from blocks.monitoring.prometheus import PrometheusReader
from blocks.monitoring.saturation_series import SERIES_KEPT, measure, saturation_queries
from outage.errors import MonitoringError
from outage.platforms.platform import Monitoring, Platform
from outage.snapshots.snapshot import Measurement, Metric

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
SHOP = Platform(name="shop", namespace="shop", namespaces=("annexe",))
Numbers = dict[int, dict[str, list[str]]]
"""Hours before NOON → pod → numbers as text."""


def measured(
    known: Numbers, metric: Metric = Metric.MEMORY_OF_LIMIT
) -> tuple[tuple[Measurement, ...], list[int]]:
    """What is seen of these numbers, and of which hours was asked."""
    asked: list[int] = []

    def get(path: str, within_seconds: float) -> bytes:
        end = float(parse_qs(urlsplit(path).query)["end"][0])
        asked.append(round((NOON.timestamp() - end) / 3600))
        result = [
            {"metric": {"namespace": "shop", "pod": pod}, "values": [[end, one] for one in numbers]}
            for pod, numbers in known.get(asked[-1], {}).items()
        ]
        return orjson.dumps({"status": "success", "data": {"result": result}})

    rows = measure(PrometheusReader(get, "http://p"), SHOP, metric, "anything", NOON, 1.0)
    return rows, asked


def test_what_is_not_measured_costs_one_question() -> None:
    """Healthy first: who scrapes no such series is asked for no earlier ones."""
    assert measured({}) == ((), [0])


def test_the_same_minutes_are_asked_for_an_hour_and_a_day_earlier() -> None:
    """A pod that was there only earlier is kept: the new one is compared with it."""
    rows, asked = measured({0: {"new": ["0.5"]}, 1: {"old": ["0.1"]}, 24: {"old": ["0.2"]}})

    assert asked == [0, 1, 24]
    assert [(one.about.name, one.now, one.hour_ago, one.day_ago) for one in rows] == [
        ("new", (0.5,), (), ()),
        ("old", (), (0.1,), (0.2,)),
    ]


def test_what_is_no_number_is_left_out() -> None:
    """A share of nothing is NaN, one of no limit is infinite."""
    (row,) = measured({0: {"auth": ["NaN", "+Inf", "0.5"]}})[0]

    assert row.now == (0.5,)


def test_of_thousands_of_pods_the_highest_are_kept() -> None:
    """The rest would only make the picture large."""
    rows, _ = measured({0: {f"pod-{one}": [str(one)] for one in range(SERIES_KEPT + 50)}})

    assert (len(rows), rows[0].now) == (SERIES_KEPT, (SERIES_KEPT + 49.0,))


def test_only_the_platforms_own_namespaces_are_asked_for_and_latency_by_its_own_query() -> None:
    """Without a query of the file nothing is known of latency."""
    asked = saturation_queries(SHOP)
    own = SHOP.model_copy(update={"monitoring": Monitoring(prometheus="http://p", latency="p95")})

    assert all('namespace=~"shop|annexe"' in one for one in asked.values())
    assert Metric.LATENCY not in asked
    assert saturation_queries(own)[Metric.LATENCY] == "p95"


def test_a_prometheus_that_does_not_answer_is_an_error_for_the_look_to_tell() -> None:
    """The look makes it an unseen evidence."""

    def get(path: str, within_seconds: float) -> bytes:
        raise MonitoringError("ask Prometheus: no answer")

    with pytest.raises(MonitoringError):
        measure(PrometheusReader(get, "http://p"), SHOP, Metric.DISK_USED, "x", NOON, 1.0)
