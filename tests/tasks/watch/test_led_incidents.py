"""Led incidents: looked at again now and then, at once when something was chosen, and led no more by who is silent."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path

import pytest

from blocks.clients import Clients
from blocks.prefect_api import PrefectUnreachable
from outage.diagnosis.resolution_action import ResolutionAction, ResolutionKind
from outage.incidents.incident import Incident, Phase
from outage.incidents.timeline import Entry
from outage.people.person_act import ActKind, PersonAct
from tasks.watch import led_incidents
from tests.flows.scripted_response import POLICY, opened
from tests.tasks.act.fake_cluster import NOON

_numbers = count()


@pytest.fixture
def woken(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Whose runs were told to go on, by the leader they were told."""
    told: list[str] = []
    monkeypatch.setattr(led_incidents, "wake_leader", lambda _url, _run, leader: told.append(leader))
    return told


@pytest.fixture
def there(record_dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Clients]:
    """A home whose policy gives an hour for an answer."""
    with opened(record_dsn, tmp_path, monkeypatch, POLICY) as made:
        yield made


@pytest.fixture
def led(there: Clients) -> Incident:
    """An incident that ada leads since noon, and that waits for her since noon."""
    record = there.record
    made, _ = record.open_incident(f"led-{next(_numbers)}", "auth is down", NOON)
    record.add_act(made.id, PersonAct(key="leads", kind=ActKind.LEADS, by="ada", at=NOON))
    record.add(made.id, Entry(key="led/1", at=NOON, kind="phase", says="…"))
    return record.update(made.id, leader="ada", phase=Phase.AWAITING_LEADER)


def after(minutes: float) -> datetime:
    """So long after noon."""
    return NOON + timedelta(minutes=minutes)


@pytest.mark.parametrize(("minutes", "looks"), [(1, False), (4.9, False), (5, True), (30, True)])
def test_the_response_looks_again_every_five_minutes(
    there: Clients, led: Incident, woken: list[str], minutes: float, looks: bool
) -> None:
    """As long as somebody leads."""
    assert led_incidents.wake_led(led, after(minutes)) is looks
    assert woken == (["ada"] if looks else [])
    assert there.record.incident(led.id).leader == "ada"


def test_what_was_chosen_wakes_it_at_once(there: Clients, led: Incident, woken: list[str]) -> None:
    """Also when the command that chose it could not reach the server."""
    action = ResolutionAction(kind=ResolutionKind.RESTART, target="auth", by="ada", at=NOON)
    there.record.choose_action(led.id, action)

    assert led_incidents.wake_led(led, after(1))


def test_who_is_silent_for_as_long_as_an_answer_may_take_leads_no_more(
    there: Clients, led: Incident, woken: list[str]
) -> None:
    """No incident stays open for ever; a note or an acknowledgement counts as a word."""
    there.record.add_act(led.id, PersonAct(key="note", kind=ActKind.NOTE, by="ada", at=after(30)))
    led_incidents.wake_led(led, after(80))
    assert there.record.incident(led.id).leader == "ada"

    assert led_incidents.wake_led(led, after(90))

    assert there.record.incident(led.id).leader == ""
    lines = [one.says for one in there.record.entries(led.id) if one.kind == "escalation"]
    assert lines == ["ada, who leads, said nothing for 1 h: nobody leads any more"]
    assert led_incidents.wake_led(there.record.incident(led.id), after(91))


def test_a_server_that_is_away_is_asked_again_the_next_minute(
    there: Clients, led: Incident, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And keeps nobody else from being looked after."""

    def away(*_: object) -> str:
        raise PrefectUnreachable("no answer")

    monkeypatch.setattr(led_incidents, "wake_leader", away)

    assert not led_incidents.wake_led(led, after(10))
