"""The letterbox: on the real record, before a Prefect server that remembers what it was asked."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi.testclient import TestClient

from blocks.prefect_api import PrefectApi
from blocks.record import Record
from blocks.record.connection import connect
from flows.receive import Letterbox
from flows.receive_http import AT_ONCE, LARGEST_BODY_BYTES, WAITING, app
from outage.errors import OutageError
from outage.incident import Ending, Incident
from outage.intake import from_alertmanager
from stack.postgres import make_databases, with_database
from tests.flows.prefect_double import PrefectDouble, served

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
_names = count()


@pytest.fixture
def prefect() -> Iterator[PrefectDouble]:
    """A server that remembers."""
    with served() as double:
        yield double


@pytest.fixture(scope="module")
def record(postgres: str) -> Iterator[Record]:
    """A real record of our own: the reconciler takes up what others leave lying."""
    make_databases(postgres, "receive")
    with Record.open(with_database(postgres, "receive")) as opened:
        yield opened


@pytest.fixture
def letterbox(record: Record, prefect: PrefectDouble) -> Letterbox:
    """The letterbox between them."""
    return Letterbox(record, PrefectApi(prefect.url), reopen_within=2 * MINUTE)


@pytest.fixture
def namespace() -> str:
    """A namespace that no other test has."""
    return f"receive-{next(_names)}"


@pytest.fixture
def client(letterbox: Letterbox, tmp_path: Path) -> Iterator[httpx.Client]:
    """A sender that knows the word."""
    (tmp_path / "token").write_text("word")
    made = app(letterbox, tmp_path / "token", lambda: NOON)
    with TestClient(made, raise_server_exceptions=False) as sender:
        sender.headers["Authorization"] = "Bearer word"
        yield sender


def delivery(namespace: str, *names: str, status: str = "firing", at: datetime = NOON) -> dict[str, Any]:
    """A delivery of these alerts of one namespace."""
    return {
        "version": "4",
        "groupKey": "g",
        "alerts": [
            {
                "status": status,
                "labels": {"alertname": name, "namespace": namespace},
                "startsAt": at.isoformat(),
            }
            for name in names or ("ServiceDown",)
        ],
    }


def deliver(letterbox: Letterbox, body: dict[str, Any], now: datetime = NOON) -> Incident:
    """Deliver it past HTTP; returns the incident of its first alert."""
    done = letterbox.deliver(from_alertmanager(body, now), now)
    assert done[0].incident
    return letterbox.record.incident(done[0].incident)


def test_an_alert_becomes_one_incident_with_one_run(
    letterbox: Letterbox, prefect: PrefectDouble, namespace: str
) -> None:
    """The run gets the incident's id and is asked for under it."""
    incident = deliver(letterbox, delivery(namespace))

    run = prefect.runs[incident.id]
    assert incident.flow_run_id == run["id"]
    assert run["parameters"] == {"incident_id": incident.id}
    assert run["name"] == f"{incident.id} ServiceDown in {namespace}"


def test_two_deliveries_of_one_alert_make_one_incident(
    letterbox: Letterbox, prefect: PrefectDouble, namespace: str
) -> None:
    """Alertmanager repeats itself, and retries."""
    first = deliver(letterbox, delivery(namespace))
    second = deliver(letterbox, delivery(namespace), NOON + MINUTE)

    assert first == second
    assert prefect.asked == 1
    assert len(letterbox.record.alerts(first.id)) == 1


def test_alerts_of_one_namespace_join_one_incident(
    letterbox: Letterbox, prefect: PrefectDouble, namespace: str
) -> None:
    """One outage fires several rules."""
    incident = deliver(letterbox, delivery(namespace, "ServiceDown", "HighErrorRatio"))
    deliver(letterbox, delivery(namespace, "PodCrashLooping"), NOON + MINUTE)

    assert len(letterbox.record.alerts(incident.id)) == 3
    assert len(letterbox.record.entries(incident.id)) == 3
    assert prefect.asked == 1


def test_deliveries_at_the_same_moment_start_one_run(
    letterbox: Letterbox, prefect: PrefectDouble, namespace: str
) -> None:
    """Two Alertmanagers of one cluster both deliver."""
    with ThreadPoolExecutor(8) as crowd:
        found = list(crowd.map(lambda _: deliver(letterbox, delivery(namespace)).id, range(8)))

    assert len(set(found)) == 1
    assert len(prefect.runs) == 1


def test_a_resolved_alert_is_a_line_and_no_trigger(
    letterbox: Letterbox, prefect: PrefectDouble, namespace: str
) -> None:
    """That it went away by itself is worth knowing, not worth a run."""
    incident = deliver(letterbox, delivery(namespace))
    deliver(letterbox, delivery(namespace, status="resolved"), NOON + MINUTE)

    assert [entry.says.split()[-2:] for entry in letterbox.record.entries(incident.id)] == [
        ["12:00:00", "UTC"],
        ["is", "resolved"],
    ]
    assert prefect.asked == 1


def test_a_resolved_alert_of_nobody_is_kept_and_that_is_all(
    letterbox: Letterbox, prefect: PrefectDouble, namespace: str
) -> None:
    """We were started in the middle of something."""
    done = letterbox.deliver(from_alertmanager(delivery(namespace, status="resolved"), NOON), NOON)

    assert [one.incident for one in done] == [None]
    assert prefect.asked == 0


def test_the_tail_of_a_closed_incident_starts_nothing(
    letterbox: Letterbox, prefect: PrefectDouble, namespace: str
) -> None:
    """A slow rule fires when the outage is over."""
    incident = deliver(letterbox, delivery(namespace))
    letterbox.record.update(incident.id, closed_at=NOON + MINUTE, ending=Ending.RECOVERED)
    late = deliver(letterbox, delivery(namespace, "Slow", at=NOON + MINUTE), NOON + 2 * MINUTE)

    assert late.id == incident.id
    assert prefect.asked == 1


def test_an_announced_drill_marks_the_incident_and_its_run(
    letterbox: Letterbox, prefect: PrefectDouble, namespace: str
) -> None:
    """Practice is practice in the UI too."""
    letterbox.record.announce_drill(namespace, "bad-image", NOON + MINUTE, NOON)
    incident = deliver(letterbox, delivery(namespace))

    assert incident.drill == "bad-image"
    assert prefect.runs[incident.id]["tags"] == ["drill"]


def test_a_dead_server_leaves_the_incident_for_the_reconciler(
    letterbox: Letterbox, prefect: PrefectDouble, namespace: str
) -> None:
    """Record first: nothing is lost, and the run is started when the server is back, once."""
    prefect.dead = True
    with pytest.raises(OutageError):
        deliver(letterbox, delivery(namespace))
    prefect.dead = False

    assert letterbox.reconcile(NOON + MINUTE)
    incident = deliver(letterbox, delivery(namespace), NOON + MINUTE)
    assert incident.flow_run_id == prefect.runs[incident.id]["id"]
    assert (prefect.asked, letterbox.reconcile(NOON + MINUTE)) == (1, [])


def test_an_alert_kept_by_a_letterbox_that_died_gets_its_incident(
    letterbox: Letterbox, prefect: PrefectDouble, namespace: str
) -> None:
    """Killed between keeping the alert and opening the incident."""
    [alert] = from_alertmanager(delivery(namespace), NOON)
    letterbox.record.receive(alert, NOON)
    letterbox.reconcile(NOON + MINUTE)

    assert letterbox.record.incident_of(alert)
    assert prefect.asked == 1


def test_a_run_that_was_asked_for_but_not_written_down_is_not_doubled(
    letterbox: Letterbox, prefect: PrefectDouble, namespace: str
) -> None:
    """Killed between the server's yes and the record: the incident's id is the key."""
    incident = deliver(letterbox, delivery(namespace))
    letterbox.record.update(incident.id, flow_run_id=None)
    letterbox.reconcile(NOON + MINUTE)

    assert letterbox.record.incident(incident.id).flow_run_id == incident.flow_run_id
    assert len(prefect.runs) == 1


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
        with connect(record.dsn) as hanging, hanging.transaction():
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
    made = app(Letterbox(nowhere, PrefectApi(prefect.url), MINUTE), tmp_path / "token")
    with TestClient(made) as sender:
        answer = sender.post(
            "/webhook/alertmanager", json=delivery("x"), headers={"Authorization": "Bearer word"}
        )

    assert (answer.status_code, prefect.asked) == (503, 0)


def test_the_counters_can_be_scraped(client: httpx.Client, namespace: str) -> None:
    """Who watches the letterbox."""
    client.post("/webhook/alertmanager", json=delivery(namespace, "a", "b"))
    client.post("/webhook/alertmanager", content=b"{")
    told = client.get("/metrics").text

    assert 'outage_intake_alerts_total{what="accepted"} 2' in told
    assert 'outage_intake_alerts_total{what="started"} 1' in told
    assert 'outage_intake_refused_total{status="422"} 1' in told
    assert 'outage_intake_alerts_total{what="lost"} 0' in told
