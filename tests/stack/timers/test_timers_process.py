"""The timers: people are called and told on time, whoever else is dead."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from blocks.clients import clients
from blocks.record import Record
from outage.diagnosis.hypothesis import Diagnosis
from outage.incidents.incident import Ending, Incident, Phase
from outage.incidents.severity import Impact, Severity, assess_severity
from outage.people.outbox_message import MessageKind
from outage.people.person_act import ActKind, PersonAct
from stack.timers.timers_process import look_after
from tasks.tell.keep_updates import NEXT_UPDATE, promise_update
from tests.blocks.channels.sent_messages import NOON

Policy = Callable[..., None]


def minutes(count: float) -> datetime:
    """So many minutes after noon."""
    return NOON + timedelta(minutes=count)


def run(record: Record, incident: Incident, until: int, since: int = 0) -> None:
    """Let the process look once a minute."""
    for minute in range(since, until + 1):
        look_after(record.incident(incident.id), minutes(minute))


def called(record: Record, incident: Incident, what: MessageKind = MessageKind.PAGE) -> list[str]:
    """Who was called, when."""
    return [
        f"{int((one.asked_at - NOON).total_seconds() // 60)} {one.turn}"
        for one in record.messages(incident.id)
        if one.what is what
    ]


def did(record: Record, incident: Incident, kind: ActKind, at: float, what: str = "") -> None:
    """Somebody does something."""
    record.add_act(incident.id, PersonAct(key=f"{kind}/{at}", kind=kind, what=what, by="ana", at=minutes(at)))


def seen(record: Record, incident: Incident) -> None:
    """Triage has looked."""
    impact = Impact(services=3, services_down=("auth",))
    found = Diagnosis(at=NOON, assessment=assess_severity(impact, Severity.P1))
    record.keep_phase(incident.id, "triage", found, NOON)


def test_a_night_on_which_nobody_answers(policy: Policy, record: Record, incident: Incident) -> None:
    """Everybody of every rung is called on time, and the last again and again."""
    run(record, incident, 145)

    assert called(record, incident) == [
        *("0 L1/max", "15 L2/ana", "60 L3/bob", "120 L4/eve", "120 L4/max"),
        *("130 L4.2/eve", "130 L4.2/max", "140 L4.3/eve", "140 L4.3/max"),
    ]
    lines = [one.says for one in record.entries(incident.id) if one.kind == "escalation"]
    assert lines[1] == "calls L2 (ana): root cause not identified within 15 minutes"


def test_a_process_that_comes_late_calls_everybody_once(
    policy: Policy, record: Record, incident: Incident
) -> None:
    """It was dead for two hours, and looked twice at once when it came back."""
    look_after(incident, minutes(121))
    look_after(incident, minutes(121))

    assert called(record, incident) == ["121 L1/max", "121 L2/ana", "121 L3/bob", "121 L4/eve", "121 L4/max"]


def test_an_acknowledgement_quiets_the_pager_and_the_end_closes_it(
    policy: Policy, record: Record, incident: Incident
) -> None:
    """Each page once, at the pager too."""
    run(record, incident, 16)
    did(record, incident, ActKind.ACKNOWLEDGED, 16)
    run(record, incident, 40, since=17)
    assert called(record, incident) == ["0 L1/max", "15 L2/ana"]
    assert called(record, incident, MessageKind.ACKNOWLEDGED) == ["17 L1/max", "17 L2/ana"]
    record.update(incident.id, phase=Phase.CLOSED, ending=Ending.RECOVERED, closed_at=minutes(41))
    run(record, incident, 300, since=41)

    assert called(record, incident) == ["0 L1/max", "15 L2/ana"]
    assert called(record, incident, MessageKind.CALLED_OFF) == ["41 L1/max", "41 L2/ana"]


def test_a_plan_that_nobody_answered_at_night_still_calls_somebody(
    policy: Policy, record: Record, incident: Incident
) -> None:
    """The response closed as Declined, and nothing is mended: people are called until somebody has it."""
    record.update(incident.id, phase=Phase.CLOSED, ending=Ending.DECLINED, closed_at=minutes(61))
    run(record, incident, 131)
    assert called(record, incident)[-1] == "130 L4.2/max"
    did(record, incident, ActKind.ACKNOWLEDGED, 132)
    run(record, incident, 400, since=132)

    assert called(record, incident)[-1] == "130 L4.2/max"


def test_a_condition_that_a_person_names_calls_its_rung(
    policy: Policy, record: Record, incident: Incident
) -> None:
    """At the next second."""
    did(record, incident, ActKind.CONDITION, 3, "media-or-regulatory")
    look_after(incident, minutes(3))

    assert called(record, incident)[-2:] == ["3 L4/eve", "3 L4/max"]


def test_a_drill_calls_nobody_whose_channel_is_not_for_drills(
    policy: Policy, record: Record, incident: Incident
) -> None:
    """And says so."""
    record.update(incident.id, drill="bad-image")
    look_after(record.incident(incident.id), NOON)

    assert called(record, incident) == []
    assert any("NOBODY CAN BE CALLED" in one.says for one in record.entries(incident.id))


def test_nothing_is_called_or_kept_when_nothing_is_configured(
    policy: Policy, record: Record, incident: Incident
) -> None:
    """The default policy sends nothing."""
    policy(escalation={}, channels={})
    run(record, incident, 130)

    assert record.messages(incident.id) == []


def test_a_rotation_nobody_is_on_is_said_and_does_not_stop_the_ladder(
    policy: Policy, record: Record, incident: Incident, home: Path
) -> None:
    """L2 has a calendar that is away; L3 is called all the same."""
    calendar = {"calendar": {"file": str(home / "away.ics")}}
    policy(rotations={"night": calendar}, escalation={"rungs": {"L2": ["night"], "L3": ["bob"]}})
    run(record, incident, 61)

    assert called(record, incident)[0] == "60 L3/bob"
    assert any("NOBODY CAN BE CALLED for L2" in one.says for one in record.entries(incident.id))


@pytest.mark.parametrize(("severity", "every"), [(Severity.P0, 15), (Severity.P1, 30), (Severity.P2, 60)])
def test_the_promised_update_goes_out_on_time_also_when_nothing_is_new(
    policy: Policy, record: Record, incident: Incident, severity: Severity, every: int
) -> None:
    """And names the next; each once, whoever looks twice."""
    incident = record.update(incident.id, severity=severity)
    seen(record, incident)
    promise_update(incident, 1, NOON)
    for minute in range(2 * every + 1):
        for _ in range(2):
            look_after(record.incident(incident.id), minutes(minute))
    updates = [one for one in record.messages(incident.id) if one.what is MessageKind.UPDATE]

    assert [one.asked_at is not None and one.turn for one in updates] == ["1", "2"]
    assert f"Next Update: {minutes(2 * every):%Y-%m-%d %H:%M:%S} UTC" in updates[0].body.text
    assert updates[0].body.cluster == "prod-eu"


def test_no_update_follows_the_end(policy: Policy, record: Record, incident: Incident) -> None:
    """The promise is void."""
    seen(record, incident)
    promise_update(incident, 1, NOON)
    record.update(incident.id, phase=Phase.CLOSED, ending=Ending.RECOVERED, closed_at=minutes(10))
    run(record, incident, 100, since=11)
    timers: list[Any] = [one for one in record.timers(incident.id) if one.kind == NEXT_UPDATE]

    assert not [one for one in record.messages(incident.id) if one.what is MessageKind.UPDATE]
    assert [one.turn for one in timers] == [1]


@pytest.mark.parametrize(
    ("named", "link"),
    [
        ("https://outage.example.com/", "https://outage.example.com/incidents/ID"),
        ("", "http://127.0.0.1:4200/runs/flow-run/run-7"),
    ],
)
def test_a_call_links_to_the_page_where_one_is_named(
    policy: Policy, record: Record, incident: Incident, monkeypatch: pytest.MonkeyPatch, named: str, link: str
) -> None:
    """Else to Prefect's UI, as before there was a page."""
    monkeypatch.setenv("OUTAGE_PAGE_URL", named)
    monkeypatch.setenv("OUTAGE_PREFECT_API_URL", "http://127.0.0.1:4200/api")
    clients.cache_clear()
    record.update(incident.id, flow_run_id="run-7")
    run(record, incident, 0)

    assert [one.body.link for one in record.messages(incident.id)] == [link.replace("ID", incident.id)]
