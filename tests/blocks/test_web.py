import socket
import threading
import time

import pytest

from blocks.monitoring.prometheus import PrometheusReader
from blocks.web import host_names, probe_url
from outage.errors import MonitoringError
from outage.platforms.platform import Monitoring as Place
from outage.platforms.platform import Platform
from tests.blocks.fake_api import FakeApi, fake_api

FIRING = {
    "status": "success",
    "data": {
        "alerts": [
            {
                "labels": {"alertname": "Down", "namespace": "shop"},
                "state": "firing",
                "activeAt": "2030-01-01T12:00:00.1Z",
            },
            {"labels": {"alertname": "Watchdog"}, "state": "firing", "activeAt": "2030-01-01T12:00:00Z"},
            {"labels": {"alertname": "Soon"}, "state": "pending", "activeAt": "2030-01-01T12:00:00Z"},
        ]
    },
}


def port(api: FakeApi) -> str:
    """The port it listens on."""
    return api.address.rpartition(":")[2]


def test_an_answer_has_status_and_time() -> None:
    """Healthy first."""
    with fake_api(lambda path, query: (200, b"ok")) as (_, api):
        seen = probe_url(f"{api.address}/health", service="web")

    assert (seen.status, seen.ok, seen.problem) == (200, True, None)
    assert seen.seconds is not None


def test_a_public_name_is_asked_at_the_given_address() -> None:
    """As `curl --resolve`: practice grounds have no public DNS."""
    with fake_api(lambda path, query: (200, b"ok")) as (_, api):
        seen = probe_url(f"http://shop.example:{port(api)}/", resolve={"shop.example": "127.0.0.1"})

    assert seen.status == 200


def test_a_redirect_is_an_answer_and_is_not_followed() -> None:
    """Where it leads may be another platform."""
    with fake_api(lambda path, query: (302, b"")) as (_, api):
        assert probe_url(api.address).status == 302


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        pytest.param("https://no-such-host.invalid/", "does not resolve", id="a name that does not resolve"),
        pytest.param("http://127.0.0.1:1/", "connection refused", id="nobody listening"),
    ],
)
def test_no_answer_is_a_value_with_the_reason(url: str, problem: str) -> None:
    """A probe never raises: the failure is what was looked for."""
    seen = probe_url(url)

    assert seen.status is None
    assert problem in str(seen.problem)


def test_silence_is_no_answer_in_time() -> None:
    """A hung backend accepts and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        seen = probe_url(f"http://127.0.0.1:{silent.getsockname()[1]}/", within_seconds=0.2)

    assert seen.problem == "no answer in time"


def test_only_what_fires_is_an_alert_and_the_watchdog_is_none() -> None:
    """An alert that always fires says that alerting works."""
    with fake_api(lambda path, query: (200, FIRING)) as (_, api):
        monitoring = PrometheusReader.of(_platform(api.address), None)
        assert monitoring
        found = monitoring.alerts()

    assert [(one.name, one.namespace) for one in found] == [("Down", "shop")]


def test_prometheus_is_reached_through_the_api_server_when_named_by_service() -> None:
    """Most Prometheuses have no address outside their cluster."""
    with fake_api(lambda path, query: (200, FIRING)) as (cluster, api):
        monitoring = PrometheusReader.of(_platform("monitoring/prometheus:9090"), cluster)
        assert monitoring
        monitoring.alerts()

    assert api.asked[0][0] == "/api/v1/namespaces/monitoring/services/prometheus:9090/proxy/api/v1/alerts"


def test_a_number_that_is_none_is_left_out() -> None:
    """0/0 requests is no error ratio."""
    result = [
        {"metric": {"service": "web"}, "value": [0, "0.5"]},
        {"metric": {"service": "idle"}, "value": [0, "NaN"]},
    ]
    with fake_api(lambda path, query: (200, {"status": "success", "data": {"result": result}})) as (_, api):
        monitoring = PrometheusReader.of(_platform(api.address), None)
        assert monitoring
        assert monitoring.query("ratio") == {"web": 0.5}


@pytest.mark.parametrize(
    ("code", "body"),
    [
        pytest.param(200, b"<html>", id="not Prometheus"),
        pytest.param(502, b"", id="a proxy without a backend"),
        pytest.param(400, {"status": "error", "error": "parse error"}, id="a query that is none"),
    ],
)
def test_an_answer_of_no_use_is_one_error_of_ours(code: int, body: object) -> None:
    """Whatever stands between us and the monitoring."""
    with fake_api(lambda path, query: (code, body)) as (_, api):
        monitoring = PrometheusReader.of(_platform(api.address), None)
        assert monitoring
        with pytest.raises(MonitoringError, match="ask Prometheus at"):
            monitoring.alerts()


def _platform(place: str) -> Platform:
    return Platform(name="shop", namespace="shop", monitoring=Place(prometheus=place))


def test_a_silent_name_server_does_not_hold_a_request(monkeypatch: pytest.MonkeyPatch) -> None:
    """The system's resolver knows no limit of time and may take half a minute."""
    never = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [never.wait(20)][:0])
    began = time.monotonic()
    seen = probe_url("http://slow.example/", within_seconds=0.2)

    assert time.monotonic() - began < 2
    assert str(seen.problem).startswith("slow.example does not resolve (no answer within")
    assert host_names("http://slow.example/", 0.1) == ("slow.example", [])
    never.set()
