"""The letterbox: on the real record, before a Prefect server that remembers what it was asked."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from flows.receive import Letterbox
from outage.errors import OutageError
from outage.incident import Ending
from outage.intake import from_alertmanager
from tests.flows.deliveries import MINUTE, NOON, deliver, delivery
from tests.flows.prefect_double import PrefectDouble


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
