"""Users are content: their requests are answered, errors and latency are as before."""

from datetime import timedelta

import pytest

from outage.platforms.platform import Endpoint, Monitoring, Platform
from outage.snapshots.snapshot import Probe, Rates
from outage.verification.service_level import monitoring_lag, probes_content, traffic_content

URL = "https://shop.example/health"
PLATFORM = Platform(name="Shop", namespace="shop", endpoints=(Endpoint(url=URL, slow_after_seconds=1),))


@pytest.mark.parametrize(
    ("seen", "ok"),
    [
        pytest.param((Probe(url=URL, status=200, seconds=0.1),), True, id="a quick 200"),
        pytest.param((), None, id="nobody asked"),
        pytest.param((Probe(url=URL, status=503, seconds=0.1),), False, id="a 503"),
        pytest.param((Probe(url=URL, status=200, seconds=1.5),), False, id="an answer that takes too long"),
        pytest.param((Probe(url=URL, problem="connection refused"),), False, id="no answer"),
    ],
)
def test_users_must_be_content(seen: tuple[Probe, ...], ok: bool | None) -> None:
    """Status and latency, of every endpoint."""
    assert probes_content(seen, PLATFORM).ok is ok


@pytest.mark.parametrize(
    ("rates", "expected"),
    [
        pytest.param(Rates(service="auth", error_ratio=0.01), [True, None], id="noise"),
        pytest.param(
            Rates(service="auth", error_ratio=0.04, error_ratio_before=0.03), [True, None], id="as before"
        ),
        pytest.param(
            Rates(service="auth", error_ratio=0.05, error_ratio_before=0.4),
            [True, None],
            id="better than an hour ago, and few enough",
        ),
        pytest.param(
            Rates(service="auth", error_ratio=0.06, error_ratio_before=0.05),
            [False, None],
            id="as before, and too many",
        ),
        pytest.param(
            Rates(service="auth", error_ratio=0.2, error_ratio_before=0.2),
            [False, None],
            id="an hour ago it was broken as it is now",
        ),
        pytest.param(
            Rates(service="auth", error_ratio=0.05, error_ratio_before=0.0), [False, None], id="more errors"
        ),
        pytest.param(
            Rates(service="auth", error_ratio=0.5, error_ratio_before=0.9),
            [False, None],
            id="an hour ago was an outage, too",
        ),
        pytest.param(
            Rates(service="auth", error_ratio=0, latency_seconds=0.4, latency_seconds_before=0.1),
            [True, True],
            id="slower, but quick",
        ),
        pytest.param(
            Rates(service="auth", error_ratio=0, latency_seconds=2, latency_seconds_before=0.6),
            [True, False],
            id="more than twice as slow",
        ),
        pytest.param(
            Rates(service="auth", error_ratio=0, latency_seconds=4, latency_seconds_before=3),
            [True, True],
            id="slow by nature",
        ),
        pytest.param(
            Rates(service="auth", error_ratio=0, latency_seconds=9, latency_seconds_before=8),
            [True, False],
            id="an hour ago it hung as it does now",
        ),
    ],
)
def test_errors_and_latency_must_be_as_before(rates: Rates, expected: list[bool | None]) -> None:
    """As the monitoring counts them, against an hour ago, and never worse than anybody bears."""
    assert [check.ok for check in traffic_content((rates,))] == expected


def test_a_younger_number_is_said_to_be_so_and_allows_no_more_errors() -> None:
    """It may be one of the outage; the latency is bounded by what anybody bears."""
    young = timedelta(minutes=25)
    rates = Rates(
        service="auth",
        error_ratio=0.04,
        error_ratio_before=0.9,
        error_ratio_age=young,
        latency_seconds=0.4,
        latency_seconds_before=0.3,
        latency_age=young,
    )

    assert [(one.ok, one.says) for one in traffic_content((rates,))] == [
        (False, "auth: 4.0% of requests fail, allowed are 2.0% against 90.0% 25 min ago"),
        (True, "auth: 95 % within 0.40 s, allowed are 0.60 s against 0.30 s 25 min ago"),
    ]


@pytest.mark.parametrize(
    ("queries", "seconds"),
    [
        pytest.param({}, 60, id="no query"),
        pytest.param({"error_ratio": "job:errors:ratio"}, 60, id="a recording rule hides its window"),
        pytest.param({"error_ratio": "rate(e[20s]) / rate(a[20s])"}, 60, id="a short window"),
        pytest.param({"error_ratio": "rate(e[1m])", "latency": "rate(b[5m])"}, 330, id="the longest of two"),
        pytest.param({"latency": "max_over_time(rate(b[1m])[1m30s:10s])"}, 120, id="a subquery"),
        pytest.param({"error_ratio": "rate(e[1d])"}, 900, id="one that nobody waits for"),
    ],
)
def test_the_window_of_the_monitoring_is_waited_for(queries: dict[str, str], seconds: float) -> None:
    """Its numbers speak of the outage until the window has moved past it."""
    assert monitoring_lag(Monitoring(**queries)) == timedelta(seconds=seconds)
