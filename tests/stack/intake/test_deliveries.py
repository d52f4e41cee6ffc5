"""The intake: on the real record, before a Prefect server that remembers what it was asked."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from outage.errors import OutageError
from outage.incidents.incident import Ending
from outage.incidents.payloads import from_alertmanager
from stack.intake.deliveries import Intake
from tests.stack.intake.prefect_double import PrefectDouble
from tests.stack.intake.sent_deliveries import MINUTE, NOON, deliver, delivery


def test_an_alert_becomes_one_incident_with_one_run(
    intake: Intake, prefect: PrefectDouble, namespace: str
) -> None:
    """The run gets the incident's id and is asked for under it."""
    incident = deliver(intake, delivery(namespace))

    run = prefect.runs[incident.id]
    assert incident.flow_run_id == run["id"]
    assert run["parameters"] == {"incident_id": incident.id}
    assert run["name"] == f"P2 ServiceDown in {namespace} · {incident.id}"


def test_two_deliveries_of_one_alert_make_one_incident(
    intake: Intake, prefect: PrefectDouble, namespace: str
) -> None:
    """Alertmanager repeats itself, and retries."""
    first = deliver(intake, delivery(namespace))
    second = deliver(intake, delivery(namespace), NOON + MINUTE)

    assert first == second
    assert prefect.asked == 1
    assert len(intake.record.alerts(first.id)) == 1


def test_alerts_of_one_namespace_join_one_incident(
    intake: Intake, prefect: PrefectDouble, namespace: str
) -> None:
    """One outage fires several rules."""
    incident = deliver(intake, delivery(namespace, "ServiceDown", "HighErrorRatio"))
    deliver(intake, delivery(namespace, "PodCrashLooping"), NOON + MINUTE)

    assert len(intake.record.alerts(incident.id)) == 3
    assert len(intake.record.entries(incident.id)) == 3
    assert prefect.asked == 1


def test_deliveries_at_the_same_moment_start_one_run(
    intake: Intake, prefect: PrefectDouble, namespace: str
) -> None:
    """Two Alertmanagers of one cluster both deliver."""
    with ThreadPoolExecutor(8) as crowd:
        found = list(crowd.map(lambda _: deliver(intake, delivery(namespace)).id, range(8)))

    assert len(set(found)) == 1
    assert len(prefect.runs) == 1


def test_a_resolved_alert_is_a_line_and_no_trigger(
    intake: Intake, prefect: PrefectDouble, namespace: str
) -> None:
    """That it went away by itself is worth knowing, not worth a run."""
    incident = deliver(intake, delivery(namespace))
    deliver(intake, delivery(namespace, status="resolved"), NOON + MINUTE)

    assert [entry.says.split()[-2:] for entry in intake.record.entries(incident.id)] == [
        ["12:00:00", "UTC"],
        ["is", "resolved"],
    ]
    assert prefect.asked == 1


def test_a_resolved_alert_of_nobody_is_kept_and_that_is_all(
    intake: Intake, prefect: PrefectDouble, namespace: str
) -> None:
    """We were started in the middle of something."""
    done = intake.deliver(from_alertmanager(delivery(namespace, status="resolved"), NOON), NOON)

    assert [one.incident for one in done] == [None]
    assert prefect.asked == 0


def test_the_tail_of_a_closed_incident_starts_nothing(
    intake: Intake, prefect: PrefectDouble, namespace: str
) -> None:
    """A slow rule fires when the outage is over."""
    incident = deliver(intake, delivery(namespace))
    intake.record.update(incident.id, closed_at=NOON + MINUTE, ending=Ending.RECOVERED)
    late = deliver(intake, delivery(namespace, "Slow", at=NOON + MINUTE), NOON + 2 * MINUTE)

    assert late.id == incident.id
    assert prefect.asked == 1


def test_an_announced_drill_marks_the_incident_and_its_run(
    intake: Intake, prefect: PrefectDouble, namespace: str
) -> None:
    """Practice is practice in the UI too."""
    intake.record.announce_drill(namespace, "bad-image", NOON + MINUTE, NOON)
    incident = deliver(intake, delivery(namespace))

    assert incident.drill == "bad-image"
    assert prefect.runs[incident.id]["tags"] == ["P2", "drill"]


def test_a_dead_server_leaves_the_incident_for_the_reconciler(
    intake: Intake, prefect: PrefectDouble, namespace: str
) -> None:
    """Record first: nothing is lost, and the run is started when the server is back, once."""
    prefect.dead = True
    with pytest.raises(OutageError):
        deliver(intake, delivery(namespace))
    prefect.dead = False

    assert intake.reconcile(NOON + MINUTE)
    incident = deliver(intake, delivery(namespace), NOON + MINUTE)
    assert incident.flow_run_id == prefect.runs[incident.id]["id"]
    assert (prefect.asked, intake.reconcile(NOON + MINUTE)) == (1, [])


def test_an_alert_kept_by_a_intake_that_died_gets_its_incident(
    intake: Intake, prefect: PrefectDouble, namespace: str
) -> None:
    """Killed between keeping the alert and opening the incident."""
    [alert] = from_alertmanager(delivery(namespace), NOON)
    intake.record.receive(alert, NOON)
    intake.reconcile(NOON + MINUTE)

    assert intake.record.incident_of(alert)
    assert prefect.asked == 1


def test_a_run_that_was_asked_for_but_not_written_down_is_not_doubled(
    intake: Intake, prefect: PrefectDouble, namespace: str
) -> None:
    """Killed between the server's yes and the record: the incident's id is the key."""
    incident = deliver(intake, delivery(namespace))
    intake.record.update(incident.id, flow_run_id=None)
    intake.reconcile(NOON + MINUTE)

    assert intake.record.incident(incident.id).flow_run_id == incident.flow_run_id
    assert len(prefect.runs) == 1
