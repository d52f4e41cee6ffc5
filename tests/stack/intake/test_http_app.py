"""The intake over HTTP: who is let in, who is sent away, and who is asked to come again."""

import json
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi.testclient import TestClient

from blocks.prefect_api import PrefectApi
from blocks.record import Record
from blocks.record.record_pool import connect_record
from stack.intake.deliveries import Intake
from stack.intake.endpoint import AT_ONCE, LARGEST_BODY_BYTES, WAITING
from stack.intake.http_app import intake_app
from tests.stack.intake.prefect_double import PrefectDouble
from tests.stack.intake.sent_deliveries import MINUTE, delivery


def test_a_delivery_over_http_is_answered_with_its_incident(client: httpx.Client, namespace: str) -> None:
    """2xx only when the record has it and the run is asked for."""
    answer = client.post("/webhook/alertmanager", json=delivery(namespace))

    assert answer.status_code == 200
    assert answer.json()["alerts"][0]["new"]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/webhook/grafana", lambda namespace: delivery(namespace) | {"version": "1"}),
        ("/webhook/generic", lambda namespace: {"name": "slow", "namespace": namespace}),
        ("/incidents", lambda namespace: {"title": "slow", "namespace": namespace}),
    ],
)
def test_the_other_doors_lead_to_the_same_room(
    client: httpx.Client, namespace: str, path: str, body: Any
) -> None:
    """Grafana, anything that speaks JSON, and a person."""
    first = client.post("/webhook/alertmanager", json=delivery(namespace)).json()["alerts"][0]
    other = client.post(path, json=body(namespace)).json()["alerts"][0]

    assert (other["incident"], other["new"]) == (first["incident"], False)


@pytest.mark.parametrize("said", ["", "Bearer", "Bearer wrong", "Basic d29yZA==", "word", "Bearer wörd"])
def test_a_stranger_is_refused(client: httpx.Client, prefect: PrefectDouble, said: str) -> None:
    """Nobody starts our responses but who knows the word."""
    answer = client.post(
        "/webhook/alertmanager", json=delivery("x"), headers={"Authorization": said.encode("latin-1")}
    )

    assert answer.status_code == 401
    assert "Bearer" in answer.json()["error"]
    assert prefect.asked == 0


@pytest.mark.parametrize("announced", [True, False], ids=["told beforehand", "found while reading"])
def test_a_huge_body_is_refused(client: httpx.Client, announced: bool) -> None:
    """Memory is not the sender's to fill."""
    body = b" " * (LARGEST_BODY_BYTES + 1)
    parts = (body[start : start + 65536] for start in range(0, len(body), 65536))
    answer = client.post("/webhook/alertmanager", content=body if announced else parts)

    assert answer.status_code == 413
    assert str(LARGEST_BODY_BYTES) in answer.json()["error"]


@pytest.mark.parametrize(
    ("body", "says"),
    [
        pytest.param(b"{", "JSON", id="torn"),
        pytest.param(b"\xff\xfe", "JSON", id="binary"),
        pytest.param(b"", "JSON", id="empty"),
        pytest.param(b"[]", "delivery", id="another document"),
        pytest.param(json.dumps({"alerts": [{}]}).encode(), "alerts.0.labels", id="an alert of nothing"),
        pytest.param(b"[" * 100_000, "JSON", id="nested without end"),
    ],
)
def test_what_is_not_an_alert_is_refused_by_name(client: httpx.Client, body: bytes, says: str) -> None:
    """4xx, so that the sender stops repeating it."""
    answer = client.post("/webhook/alertmanager", content=body)

    assert answer.status_code == 422
    assert says in answer.json()["error"]


def test_a_dead_server_is_answered_503_and_come_again(
    client: httpx.Client, prefect: PrefectDouble, namespace: str
) -> None:
    """Alertmanager repeats only 5xx."""
    prefect.dead = True
    answer = client.post("/webhook/alertmanager", json=delivery(namespace))

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert client.get("/health").status_code == 503
    assert client.get("/alive").status_code == 200  # starting it anew would not help

    prefect.dead = False
    assert client.post("/webhook/alertmanager", json=delivery(namespace)).status_code == 200
    assert client.get("/health").status_code == 200


def test_too_many_at_once_are_asked_to_come_again(
    client: httpx.Client, record: Record, namespace: str
) -> None:
    """The record hangs: who cannot wait in line is told so at once, and nobody who waits is lost."""
    crowd = AT_ONCE + WAITING + 5
    with ThreadPoolExecutor(crowd) as senders:
        with connect_record(record.dsn) as hanging, hanging.transaction():
            hanging.execute("lock table outage.alert")
            sent = [
                senders.submit(client.post, "/webhook/alertmanager", json=delivery(namespace))
                for _ in range(crowd)
            ]
            first = next(as_completed(sent)).result()
        answers = [one.result() for one in sent]

    assert (first.status_code, first.headers["Retry-After"]) == (503, "5")
    assert sorted(one.status_code for one in answers) == [200] * (AT_ONCE + WAITING) + [503] * 5


def test_an_unknown_response_is_answered_503(
    client: httpx.Client, prefect: PrefectDouble, namespace: str
) -> None:
    """The flow cannot be imported just now: the sender tries again, a person reads why."""
    prefect.known = False
    answer = client.post("/webhook/alertmanager", json=delivery(namespace))

    assert answer.status_code == 503
    assert "outage status" in answer.json()["error"]


def test_a_dead_record_is_answered_503(prefect: PrefectDouble, tmp_path: Path) -> None:
    """Nothing is accepted that could not be kept."""
    (tmp_path / "token").write_text("word")
    nowhere = Record("postgresql://postgres@/outage?host=/nowhere&connect_timeout=1")
    made = intake_app(Intake(nowhere, PrefectApi(prefect.url), MINUTE), tmp_path / "token")
    with TestClient(made) as sender:
        answer = sender.post(
            "/webhook/alertmanager", json=delivery("x"), headers={"Authorization": "Bearer word"}
        )

    assert (answer.status_code, prefect.asked) == (503, 0)


def test_the_counters_can_be_scraped(client: httpx.Client, namespace: str) -> None:
    """Who watches the intake."""
    client.post("/webhook/alertmanager", json=delivery(namespace, "a", "b"))
    client.post("/webhook/alertmanager", content=b"{")
    told = client.get("/metrics").text

    assert 'outage_intake_alerts_total{what="accepted"} 2' in told
    assert 'outage_intake_alerts_total{what="started"} 1' in told
    assert 'outage_intake_refused_total{status="422"} 1' in told
    assert 'outage_intake_alerts_total{what="lost"} 0' in told
