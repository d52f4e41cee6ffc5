"""What a person reports as failing is asked like the file's own endpoints, where the file names its host; no other."""

from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from outage.incidents.alert import Alert
from outage.platforms.platform import Endpoint, Platform
from tasks.record import reported_address as module
from tasks.record.reported_address import platform_as_reported, reported_endpoint

NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)
SHOP = Platform(
    name="Shop",
    namespace="shop",
    endpoints=(
        Endpoint(url="https://shop.example.com/health", service="web"),
        Endpoint(url="http://api.example.com:8080/ready", service="api"),
    ),
)


def report(address: str, source: str = "person") -> Alert:
    """An alert as a person's report makes it."""
    return Alert(
        name="Reported",
        labels={},
        annotations={"summary": "it fails", "address": address},
        starts_at=NOON,
        source=source,
    )


@pytest.mark.parametrize(
    ("address", "service"),
    [
        ("https://shop.example.com/checkout?id=1", "web"),
        ("https://SHOP.example.com:443/", "web"),
        (" http://api.example.com:8080/v1/users ", "api"),
    ],
)
def test_a_path_of_a_described_host_is_asked(address: str, service: str) -> None:
    """As the service that the file says stands there."""
    found, why = reported_endpoint(SHOP, report(address))

    assert found == Endpoint(url=address.strip(), service=service)
    assert why == ""


@pytest.mark.parametrize(
    "address",
    [
        "http://shop.example.com/checkout",
        "https://shop.example.com:8443/",
        "https://elsewhere.example.com/",
        "http://169.254.169.254/latest/meta-data",
        "http://[fe80::1]/",
        "http://localhost:4200/api/admin",
        "https://shop.example.com.evil.example/",
        "https://shop.example.com@evil.example/",
        "https://ada:secret@shop.example.com/",
        "https://shop.example.com:99999/",
        "file:///etc/passwd",
        "gopher://shop.example.com/",
        "//shop.example.com/",
        "https:///checkout",
        "https://[shop/",
        "https://shop.example.com/a b",
        "checkout is slow",
    ],
)
def test_nothing_else_is_ever_asked(address: str) -> None:
    """Whoever may report must not be able to make us call where they like."""
    found, why = reported_endpoint(SHOP, report(address))

    assert found is None
    assert why


def test_an_incidents_looks_ask_what_people_reported_and_say_what_is_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Once each; what is described already is not asked twice, and a monitoring's annotation is no report."""
    alerts = [
        report("https://shop.example.com/checkout"),
        report("https://shop.example.com/checkout"),
        report("https://shop.example.com/health"),
        report("http://169.254.169.254/"),
        report("https://shop.example.com/other", source="alertmanager"),
    ]
    record = SimpleNamespace(alerts=lambda _: alerts)
    said: list[str] = []
    monkeypatch.setattr(module, "clients", lambda: SimpleNamespace(record=record, platform=SHOP))
    monkeypatch.setattr(module, "note_entry", lambda *words: said.append(words[2]))

    seen = platform_as_reported("inc-1")

    assert [one.url for one in seen.endpoints[2:]] == ["https://shop.example.com/checkout"]
    assert said == [
        "not asked: http://169.254.169.254/: no endpoint of the platform file has its scheme, host and port"
    ]
