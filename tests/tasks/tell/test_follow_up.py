"""What is left to do after a P1: rows, tickets, the line of the last message, one chase for each day that passed."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from blocks.channels.channel import Channel
from blocks.record import Record
from blocks.record.incident_account import ending_head
from blocks.record.record_pool import connect_record
from outage.diagnosis.hypothesis import Diagnosis
from outage.incidents.incident import Ending, Incident
from outage.incidents.severity import Impact, Severity, assess_severity
from outage.incidents.timeline import chain_break
from outage.people.outbox_message import MessageKind, MessageState, OutboxMessage
from outage.policies.policy import Policy
from stack.outbox.close_items import close_items, close_tickets
from stack.outbox.deliver_message import deliver_message
from tasks.record import close_incident
from tasks.tell import keep_follow_ups, send_last_message, write_report
from tasks.tell.closing_report import post_mortem_of
from tasks.tell.follow_up import chase_overdue
from tests.blocks.channels.configured import DOUBLES, opened, settings_for
from tests.blocks.channels.fake_service import FakeService, serving
from tests.blocks.record.written import newest_fence
from tests.stack.timers.conftest import CHAT, PAGER

TICKETS = {
    "jira": {
        "kind": "jira",
        "url": "https://jira.example",
        "user": "b",
        "token": {"env": "NO"},
        "project": "OPS",
    },
    "servicenow": {
        "kind": "servicenow",
        "url": "https://now.example",
        "user": "b",
        "password": {"env": "NO"},
    },
}
OWNER = {"owner": "ana"}


@pytest.fixture(autouse=True)
def _only_own_items(policy: Callable[..., None], record: Record) -> None:
    """The session's record holds what other tests left to do."""
    with connect_record(record.dsn) as connection:
        connection.execute("delete from outage.action_item")


def closed(record: Record, incident: Incident, ending: Ending = Ending.RECOVERED) -> Incident:
    """The incident after its close, as the flow does it."""
    impact = Impact(services=3, services_down=("auth",))
    found = Diagnosis(at=incident.opened_at, assessment=assess_severity(impact, Severity.P1))
    record.keep_phase(incident.id, "triage", found, incident.opened_at)
    shut = close_incident(incident.id, ending, "undid deployment/auth")
    keep_follow_ups(shut)
    send_last_message(shut)
    write_report(shut)
    return shut


def sent(record: Record, incident: Incident, what: MessageKind) -> list[OutboxMessage]:
    """The messages of a kind."""
    return [one for one in record.messages(incident.id) if one.what is what]


def test_a_p1_closes_with_items_a_post_mortem_and_a_message_that_names_them(
    policy: Callable[..., None], record: Record, incident: Incident
) -> None:
    """Follow-up, post-mortem's date and the head of the chain."""
    policy(follow_up=OWNER)
    shut = closed(record, incident)
    text = sent(record, shut, MessageKind.RESOLVED)[0].body.text
    items = record.items(shut.id)

    assert {one.owner for one in items} == {"ana"}
    assert [one.key for one in items if one.done_by] == ["evidence", "stakeholders"]
    assert f"Follow-up: {sum(not one.done_by for one in items)} items: by " in text
    assert "(ana) schedule the post-mortem, update the incident ticket with the full timeline" in text
    assert "Post-mortem: " in text
    assert f"Timeline: head {ending_head(record, shut.id)}" in text
    assert "# Post-mortem: P1" in post_mortem_of(shut.id).read_text(encoding="utf-8")


def test_the_head_in_the_message_proves_the_timeline_up_to_its_end(
    policy: Callable[..., None], record: Record, incident: Incident
) -> None:
    """And lines that are cut off are seen by it."""
    shut = closed(record, incident)
    head = sent(record, shut, MessageKind.RESOLVED)[0].body.text.split("head ")[1].split()[0]
    written = record.entries_as_written(shut.id)
    ends = next(at for at, one in enumerate(written) if one.key == "ending")

    assert chain_break(shut.id, written, head) is None
    assert chain_break(shut.id, written, head[:12]) is None
    assert chain_break(shut.id, written[:ends], head) is not None
    assert chain_break(shut.id, written, "abc") is not None


def test_closing_again_changes_nothing(
    policy: Callable[..., None], record: Record, incident: Incident
) -> None:
    """Whoever dies within the close does it again; what people wrote into the post-mortem stays."""
    policy(channels={"chat": CHAT, "tickets": TICKETS["jira"]})
    shut = closed(record, incident)
    before = record.messages(shut.id), record.items(shut.id), record.entries(shut.id)
    post_mortem_of(shut.id).write_text("ours", encoding="utf-8")
    closed(record, incident)

    assert (record.messages(shut.id), record.items(shut.id), record.entries(shut.id)) == before
    assert post_mortem_of(shut.id).read_text(encoding="utf-8") == "ours"


@pytest.mark.parametrize("changed", [{"severity": Severity.P2}, {"drill": "bad-image"}], ids=["P2", "drill"])
def test_nobody_is_chased_for_a_mild_one_or_for_practice(
    policy: Callable[..., None], record: Record, incident: Incident, changed: dict[str, Any]
) -> None:
    """Practice at P1 has its document."""
    shut = closed(record, record.update(incident.id, **changed))

    assert record.items(shut.id) == []
    assert post_mortem_of(shut.id).exists() == (shut.severity is Severity.P1)


def test_what_cannot_be_kept_does_not_hold_the_end_up(
    policy: Callable[..., None], record: Record, incident: Incident, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last message goes out, and the timeline says what is missing."""

    def fails(*_: object, **__: object) -> None:
        raise ValueError("no such luck")

    monkeypatch.setattr("tasks.tell.follow_up.follow_up_items", fails)
    shut = closed(record, incident)

    assert sent(record, shut, MessageKind.RESOLVED)
    assert any("could not be kept: no such luck" in one.says for one in record.entries(shut.id))


def test_each_day_that_passed_is_chased_once_and_what_is_done_is_not(
    policy: Callable[..., None], record: Record, incident: Incident
) -> None:
    """The clock is an argument; the process looks every second."""
    shut = closed(record, incident)
    after = (shut.closed_at or shut.opened_at) + timedelta(minutes=1)
    for days in (0, 1, 1, 2, 7, 7):
        chase_overdue(after + timedelta(days=days))
    told = sent(record, shut, MessageKind.FOLLOW_UP)

    assert [one.channel for one in told] == ["chat", "chat"]
    assert "schedule the post-mortem (OVERDUE)" in told[0].body.text
    assert "document the root cause" in told[1].body.text
    for item in record.items(shut.id, open_only=True):
        record.finish_item(item, "ana", after)
    assert chase_overdue(after + timedelta(days=40)) == 0


@pytest.fixture(params=["jira", "servicenow"])
def kind(request: pytest.FixtureRequest) -> str:
    """Each service that holds tickets."""
    return str(request.param)


@pytest.fixture
def service(kind: str) -> Iterator[FakeService]:
    """Its double."""
    with serving(DOUBLES[kind]()) as up:
        yield up


class TicketDesk:
    """A ticket channel with a double behind it, and its messages sent."""

    def __init__(self, record: Record, channel: Channel, name: str) -> None:
        self.record, self.channel, self.name = record, channel, name

    def send_all(self, now: datetime) -> None:
        """Send what waits."""
        while (message := self.record.next_message(self.name, now)) is not None:
            deliver_message(self.record, self.channel, message, newest_fence(self.record), lambda: now)


def tickets(service: Any, kind: str) -> list[dict[str, Any]]:
    """All tickets of the double, oldest first."""
    return list((service.issues if kind == "jira" else service.incidents).values())


def test_each_open_item_is_a_ticket_of_its_own_and_is_closed_by_it(
    policy: Callable[..., None], record: Record, incident: Incident, kind: str, service: Any, tmp_path: Path
) -> None:
    """The incident's own ticket is closed by the end; an item's by whoever did it."""
    name, section = f"{kind}-{incident.id}", settings_for(kind, service, tmp_path)
    policy(channels={name: section})
    desk = TicketDesk(record, opened(kind, service, tmp_path), name)
    shut = closed(record, incident)
    now = (shut.closed_at or shut.opened_at) + timedelta(hours=1)
    desk.send_all(now)
    open_items = record.items(shut.id, open_only=True)
    made = tickets(service, kind)

    assert len(made) == 1 + len(open_items)
    assert {one.state for one in record.messages(shut.id)} == {MessageState.RECEIPT}
    known = Policy.model_validate({"channels": {name: section}}).channels
    assert close_items(record, known, now) == []
    finish(service, kind, next(one for one in made if "root-cause" in str(one)))
    assert close_items(record, known, now) == [
        f"{shut.id}/root-cause is done: its ticket in {name} is closed"
    ]
    item = next(one for one in record.items(shut.id) if one.key == "root-cause")
    assert item.done_by == f"ticket in {name}"


def test_what_is_done_here_is_closed_there(
    policy: Callable[..., None], record: Record, incident: Incident, kind: str, service: Any, tmp_path: Path
) -> None:
    """The item's ticket and no other, once; one that was closed there is left alone, and so is one deleted by hand."""
    name = f"{kind}-{incident.id}"
    policy(channels={name: settings_for(kind, service, tmp_path)})
    desk = TicketDesk(record, opened(kind, service, tmp_path), name)
    shut = closed(record, incident)
    now = (shut.closed_at or shut.opened_at) + timedelta(hours=1)
    desk.send_all(now)
    items = {one.key: one for one in record.items(shut.id, open_only=True)}
    cause, there, gone = list(items)[:3]
    for key, by in ((cause, "ana"), (there, f"ticket in {name}"), (gone, "ana")):
        record.finish_item(items[key], by, now)
    deleted = next(one for one in tickets(service, kind) if is_of(one, shut, gone))
    drop(service, kind, deleted)
    before = {
        str(one["key" if kind == "jira" else "sys_id"]): is_closed(one, kind)
        for one in tickets(service, kind)
    }

    assert [close_tickets(record, now) for _ in range(2)] == [2, 0]
    desk.send_all(now)
    after = {
        str(one["key" if kind == "jira" else "sys_id"]): is_closed(one, kind)
        for one in tickets(service, kind)
    }
    changed = [one for one in tickets(service, kind) if is_of(one, shut, cause)]
    assert {name for name in after if after[name] != before[name]} == {
        str(one["key" if kind == "jira" else "sys_id"]) for one in changed
    }
    assert len(changed) == 1
    assert "Done by ana" in str(changed + list(getattr(service, "notes", [])))
    assert {one.state for one in record.messages(shut.id)} == {MessageState.RECEIPT}


def is_of(ticket: dict[str, Any], incident: Incident, key: str) -> bool:
    """Whether a ticket is that of one item."""
    named = {*ticket.get("labels", []), ticket.get("correlation_id", "")}
    return bool(named & {f"outage-{incident.id}-{key}", f"{incident.id}/{key}"})


def is_closed(ticket: dict[str, Any], kind: str) -> bool:
    """Whether a ticket is closed there."""
    return ticket.get("status") == "Done" if kind == "jira" else str(ticket["state"]) in ("6", "7")


def drop(service: Any, kind: str, ticket: dict[str, Any]) -> None:
    """Somebody deletes a ticket there."""
    if kind == "jira":
        del service.issues[ticket["key"]]
    else:
        del service.incidents[ticket["sys_id"]]


def test_a_chase_goes_to_the_incidents_ticket_and_not_to_an_items(
    policy: Callable[..., None], record: Record, incident: Incident, kind: str, service: Any, tmp_path: Path
) -> None:
    """The receipts of items are no part of the incident's thread."""
    name = f"{kind}-{incident.id}"
    policy(channels={name: settings_for(kind, service, tmp_path)})
    desk = TicketDesk(record, opened(kind, service, tmp_path), name)
    shut = closed(record, incident)
    now = (shut.closed_at or shut.opened_at) + timedelta(days=8)
    desk.send_all(now)
    before = len(tickets(service, kind))
    assert chase_overdue(now) == 2
    desk.send_all(now)

    assert len(tickets(service, kind)) == before
    ticket = next(one for one in tickets(service, kind) if "INCIDENT RESOLVED" in str(one))
    notes = (
        ticket["comments"]
        if kind == "jira"
        else [one for one in service.notes if one["element_id"] == ticket["sys_id"]]
    )
    assert sum("OVERDUE" in str(one) for one in notes) == 2


def finish(service: Any, kind: str, ticket: dict[str, Any]) -> None:
    """Somebody closes a ticket there."""
    if kind == "jira":
        service.issues[ticket["key"]]["status"] = "Done"
    else:
        service.incidents[ticket["sys_id"]]["state"] = "7"


def test_pagers_and_the_public_hear_nothing_of_it(
    policy: Callable[..., None], record: Record, incident: Incident
) -> None:
    """Nobody is woken for an overdue item, and the public's page refuses the kind."""
    policy(channels={"pager": PAGER})
    shut = closed(record, incident)
    chase_overdue((shut.closed_at or shut.opened_at) + timedelta(days=40))

    assert sent(record, shut, MessageKind.FOLLOW_UP) == []
    with pytest.raises(ValueError, match="a public page is not told of `follow-up`"):
        Policy.model_validate(
            {
                "channels": {
                    "p": {
                        "kind": "statuspage", "page": "p", "token": {"env": "T"},
                        "severities": ["P0"], "messages": ["follow-up"],
                    }
                }
            }
        )  # fmt: skip
