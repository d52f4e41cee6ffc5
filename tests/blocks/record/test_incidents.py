"""Incidents, their alerts and drills in a real PostgreSQL: what is written twice is written once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest

from blocks.record import Record
from blocks.record.incident_rows import PlacedAlert
from outage.errors import RecordError, UnknownIncident
from outage.incidents.incident import Ending, Incident, Phase
from outage.incidents.joining import Arrival
from outage.incidents.payloads import from_person
from outage.incidents.routing import Route, RouteRule
from tests.blocks.record.written import MINUTE, NOON, alert


def test_an_incident_comes_back_as_it_was_opened(record: Record, incident: Incident) -> None:
    """Nothing is lost between the value and the row."""
    assert record.incident(incident.id) == incident


def test_an_open_incident_is_joined_and_not_doubled(record: Record, key: str) -> None:
    """Two deliveries make one incident."""
    first, new = record.open_incident(key, "a", NOON)
    second, newer = record.open_incident(key, "b", NOON + MINUTE)

    assert (new, newer, second) == (True, False, first)


def test_twenty_deliveries_at_once_make_one_incident(record: Record, key: str) -> None:
    """The promise holds in the database, not in one process."""
    with ThreadPoolExecutor(20) as crowd:
        opened = list(
            crowd.map(lambda n: record.open_incident(key, "a", NOON + n * timedelta(seconds=1)), range(20))
        )

    assert sum(new for _, new in opened) == 1
    assert len({one.id for one, _ in opened}) == 1


def test_an_alert_long_after_the_end_opens_a_new_incident(
    record: Record, incident: Incident, key: str
) -> None:
    """The next episode is the next incident."""
    record.update(incident.id, phase=Phase.CLOSED, ending=Ending.RECOVERED, closed_at=NOON + MINUTE)

    late, new = record.open_incident(key, "again", NOON + 10 * MINUTE, alert=alert("x", NOON + 9 * MINUTE))

    assert new
    assert late.id != incident.id


def test_an_announced_drill_marks_its_incident(record: Record, key: str) -> None:
    """Nobody is woken for practice, and the report says that it was practice."""
    record.announce_drill(key, "bad-image", NOON + MINUTE, NOON)

    assert placed(record, key, NOON + timedelta(seconds=5)).incident.drill == "bad-image"


@pytest.mark.parametrize(
    ("until", "ended"),
    [
        pytest.param(NOON + timedelta(seconds=1), None, id="an announcement that lapsed"),
        pytest.param(NOON + 10 * MINUTE, NOON + timedelta(seconds=1), id="a drill that has ended"),
    ],
)
def test_a_past_drill_marks_nothing(
    record: Record, key: str, until: datetime, ended: datetime | None
) -> None:
    """A real outage after practice is a real outage."""
    drill = record.announce_drill(key, "bad-image", until, NOON, id=f"drill-{key}")
    record.keep_drill(drill.id, {"healed": True}, ended_at=ended)

    assert placed(record, key, NOON + MINUTE).incident.drill is None


@pytest.mark.parametrize(
    ("about", "subject", "marked"),
    [
        pytest.param("auth", "auth", True, id="what is broken on purpose"),
        pytest.param("auth", "web", True, id="what leans on it"),
        pytest.param("auth", "mail", False, id="a real outage beside the drill"),
        pytest.param("auth", "", True, id="no service is named"),
        pytest.param("", "mail", True, id="what the drill breaks cannot be said"),
    ],
)
def test_only_the_drills_own_outage_is_marked_as_practice(
    record: Record, key: str, about: str, subject: str, marked: bool
) -> None:
    """A real outage during a drill was titled [DRILL]."""
    record.announce_drill(key, "bad-image", NOON + 10 * MINUTE, NOON, id=f"drill-{key}", about=about)

    assert (placed(record, key, NOON + MINUTE, subject).incident.drill == "bad-image") is marked


def placed(record: Record, namespace: str, at: datetime, subject: str = "") -> PlacedAlert:
    """An alert of a platform's namespace, about a service; web leans on auth."""
    one = alert(namespace, at)
    record.receive(one, at)
    leans = {"web": frozenset({"auth"}), "auth": frozenset[str](), "mail": frozenset[str]()}
    arrival = Arrival(alert=one, subject=subject, leans_on=leans, at=at)
    route = Route(rule=RouteRule.NAMESPACE, because="", platform=namespace, namespace=namespace)
    return record.place_alert(arrival, route, "auth")


def test_a_drill_keeps_its_result(record: Record, key: str) -> None:
    """Scores add up; the first ending stands."""
    drill = record.announce_drill("ns-" + key, "bad-image", NOON + MINUTE, NOON, id=f"drill-{key}")
    record.keep_drill(drill.id, {"healed": True})
    record.keep_drill(drill.id, {"seconds": 9}, ended_at=NOON)
    record.keep_drill(drill.id, {}, ended_at=NOON + MINUTE)

    kept = next(one for one in record.drills() if one.id == drill.id)
    assert (kept.result, kept.ended_at) == ({"healed": True, "seconds": 9}, NOON)


def test_an_alert_is_received_once_per_episode(record: Record, key: str) -> None:
    """A repeat is known; the next episode and the resolved notice are not."""
    first = alert(key)
    again = [record.receive(first, NOON) for _ in range(2)]
    resolved = record.receive(first.model_copy(update={"firing": False}), NOON)
    next_episode = record.receive(alert(key, NOON + MINUTE), NOON)

    assert (again, resolved, next_episode) == ([True, False], True, True)


def test_attached_alerts_are_read_back(record: Record, incident: Incident, key: str) -> None:
    """The members of an incident, once each."""
    one = alert(key)
    record.receive(one, NOON)

    assert [record.attach_alert(incident.id, one) for _ in range(2)] == [True, False]
    assert record.alerts(incident.id) == [one]


def test_an_alert_without_an_incident_is_found(record: Record, key: str) -> None:
    """The intake died between keeping the alert and opening its incident."""
    one = alert(key)
    record.receive(one, NOON)

    assert one in record.homeless_alerts(NOON + MINUTE)
    assert one not in record.homeless_alerts(NOON)


def test_an_incident_without_a_run_is_found_until_it_has_one(record: Record, incident: Incident) -> None:
    """The intake died between recording the incident and starting its run."""
    assert incident.id in [one.id for one in record.runless_incidents()]

    record.update(incident.id, flow_run_id="run")
    assert incident.id not in [one.id for one in record.runless_incidents()]


def test_open_incidents_can_be_listed_alone(record: Record, incident: Incident) -> None:
    """What is being answered now."""
    assert incident.id in [one.id for one in record.open_incidents()]

    record.update(incident.id, closed_at=NOON)
    assert incident.id not in [one.id for one in record.open_incidents()]
    assert incident.id in [one.id for one in record.incidents(limit=1000)]


@pytest.mark.parametrize("field", ["id", "key", "opened_at", "colour"])
def test_what_an_incident_is_cannot_be_changed(record: Record, incident: Incident, field: str) -> None:
    """Only what happens to it can."""
    with pytest.raises(RecordError, match=field):
        record.update(incident.id, **{field: "x"})


def test_an_unknown_incident_is_said_to_be_unknown(record: Record) -> None:
    """A mistyped id is told as such, at once: asking again makes no incident."""
    with pytest.raises(UnknownIncident, match="knows no incident") as error:
        record.incident("inc-nowhere")
    assert not error.value.transient


def test_who_reported_an_outage_is_kept_with_the_incident(record: Record) -> None:
    """Policy may want somebody else's yes."""
    alert = from_person({"title": "login is slow", "by": "ada"}, NOON)
    reported, _ = record.open_incident("reported-by-ada", "login is slow", NOON, alert=alert)
    alarmed, _ = record.open_incident("nobody-reported", "ServiceDown", NOON)

    assert record.incident(reported.id).requester == "ada"
    assert record.incident(alarmed.id).requester == ""
