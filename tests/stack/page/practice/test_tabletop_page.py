"""A tabletop on the page: heard, taken part in, over; and it writes nothing but itself."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from fastapi.testclient import TestClient

from blocks.record import Record
from outage.errors import AnswerRefused
from outage.incidents.incident import Ending, Incident
from outage.people.outbox_message import MessageKind
from outage.policies.policy import Policy
from outage.reports.drills.tabletop import Tabletop, TabletopDid
from tasks.tabletop.play_incident import begin_tabletop, end_tabletop, take_tabletop_act, tell_beat
from tests.stack.page.page_forms import form_of

CHAT = {"kind": "slack", "token": "env:NO", "channel": "C0123456789"}
POLICY = Policy.model_validate({"channels": {"table": {**CHAT, "drills": True}, "team": CHAT}})


@pytest.fixture
def healed(record: Record, waiting: Incident) -> Incident:
    """One that was healed."""
    return next(one for one in record.incidents(60) if one.ending is Ending.RECOVERED)


@pytest.fixture
def table(record: Record, healed: Incident) -> Iterator[Tabletop]:
    """A table at which the question waits: its play began some minutes ago."""
    began = datetime.now(UTC) - timedelta(minutes=3)
    made = begin_tabletop(record, POLICY, healed.id, began, speed=1.0, page="https://page")
    yield made
    record.end_tabletop(made.id, datetime.now(UTC))


def take_part(browser: TestClient, table: Tabletop, **fields: str) -> int:
    """Send the form of the page."""
    kept = form_of(browser.get(f"/tabletops/{table.id}"))
    return browser.post(f"/tabletops/{table.id}", data={**kept, **fields}).status_code


def test_the_table_shows_what_is_heard_and_the_question(browser: TestClient, table: Tabletop) -> None:
    """With the diff, and without what came of it."""
    shown = browser.get(f"/tabletops/{table.id}").text

    assert "Yes or no?" in shown
    assert "adaptive/auth-service:1.4.2" in shown
    assert "undid deployment/auth-service" not in shown


def test_people_take_it_answer_it_and_write_things_down(
    browser: TestClient, table: Tabletop, record: Record
) -> None:
    """Who and when stands in the record; the incident itself is not touched."""
    lines = len(record.entries(table.incident))
    did = [
        take_part(browser, table, did="ack", by="ana"),
        take_part(
            browser, table, did="note", by="bob", what="is the old revision safe? token=Vb3another55Kj4"
        ),
        take_part(browser, table, did="approve", by="ana"),
    ]

    acts = record.tabletop_acts(table.id)
    assert did == [303, 303, 303]
    assert [(one.kind, one.by) for one in acts] == [
        (TabletopDid.ACKNOWLEDGED, "ana"),
        (TabletopDid.NOTED, "bob"),
        (TabletopDid.APPROVED, "ana"),
    ]
    assert "Vb3another55Kj4" not in acts[1].what
    assert len(record.entries(table.incident)) == lines


def test_an_answer_without_a_question_and_a_stranger_are_refused(
    browser: TestClient, table: Tabletop
) -> None:
    """One sentence each."""
    assert take_part(browser, table, did="approve", by="ana") == 303
    assert take_part(browser, table, did="approve", by="bob") == 403
    assert take_part(browser, table, did="ack", by="") == 403
    assert take_part(browser, table, did="burn", by="ana") == 400
    assert browser.get("/tabletops/no-such").status_code == 404


def test_the_end_is_scored_and_told_where_policy_allows_it(
    browser: TestClient, table: Tabletop, record: Record
) -> None:
    """Never in a channel that is not told of drills; every message says what it is."""
    take_tabletop_act(record, table.id, TabletopDid.APPROVED, "ana", "", datetime.now(UTC))
    for beat in table.beats:
        tell_beat(record, POLICY, table, beat, datetime.now(UTC))
    score = end_tabletop(record, POLICY, table, datetime.now(UTC))

    told = record.messages(table.id)
    assert {one.channel for one in told} == {"table"}
    assert {told[0].what, told[-1].what} == {MessageKind.ALERT, MessageKind.RESOLVED}
    assert all(one.body.title.startswith("[DRILL tabletop]") and one.body.drill for one in told)
    assert score.people == ("ana",)
    assert "How it went" in browser.get(f"/tabletops/{table.id}").text


def test_what_is_open_cannot_be_replayed(record: Record, waiting: Incident) -> None:
    """Nobody knows yet what is right."""
    with pytest.raises(AnswerRefused, match="it is open"):
        begin_tabletop(record, POLICY, waiting.id, datetime.now(UTC), speed=1.0, page="p")
