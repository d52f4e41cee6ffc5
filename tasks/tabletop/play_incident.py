"""Begin a tabletop, tell the channels that policy allows for drills what was told then, and end it with its score."""

from datetime import datetime

from blocks.record import Record
from blocks.record.incident_account import account_of
from outage.errors import AnswerRefused
from outage.incidents.alert import alert_digest
from outage.incidents.timeline import EntryKind
from outage.people.message_routing import drill_routes
from outage.people.outbox_message import DRILL_NEWS, MessageBody, MessageKind
from outage.policies.policy import Policy
from outage.reports.drills.tabletop import (
    Tabletop,
    TabletopAct,
    TabletopBeat,
    TabletopDid,
    TabletopScore,
    open_question,
    score_in_words,
    score_tabletop,
    tabletop_beats,
)
from outage.text.handle import read_handle
from outage.text.redaction import redact

MARK = "tabletop"
"""What is practised, in every message."""
LONGEST_NOTE = 1000


def begin_tabletop(
    record: Record, policy: Policy, incident_id: str, at: datetime, *, speed: float, page: str
) -> Tabletop:
    """Begin the play of a recorded incident and say where the table is.

    Args:
        record: Where the incident is, and the play will be.
        policy: Which channels are told of drills.
        incident_id: Of a closed incident.
        at: Now.
        speed: How many recorded seconds pass in one.
        page: Where our page is.

    Raises:
        UnknownIncident: There is no such incident. Permanent.
        AnswerRefused: It is open still, or nothing of it is recorded. Permanent.
    """
    incident = record.incident(incident_id)
    if incident.closed_at is None:
        raise AnswerRefused(f"replay {incident_id}: it is open, and nobody knows yet how it ends")
    beats = tabletop_beats(account_of(record, incident))
    if not beats:
        raise AnswerRefused(f"replay {incident_id}: its timeline is empty")
    table = Tabletop(
        id=f"{DRILL_NEWS}{MARK}-{at:%Y%m%d-%H%M%S}-{alert_digest(incident_id, at.isoformat())[:4]}",
        incident=incident_id,
        title=redact(incident.title),
        severity=incident.severity,
        platform=incident.platform,
        started_at=at,
        speed=speed,
        beats=beats,
    )
    record.keep_tabletop(table)
    says = f"A recorded incident is replayed, nothing is broken. The table: {page}/tabletops/{table.id}"
    _tell(record, policy, table, MessageKind.ALERT, f"{table.title}\n{says}", "1", at)
    return table


def tell_beat(record: Record, policy: Policy, table: Tabletop, beat: TabletopBeat, at: datetime) -> None:
    """Send again what people were told then, and each question; told twice it changes nothing."""
    if beat.kind == EntryKind.MESSAGE or beat.plan:
        _tell(record, policy, table, MessageKind.UPDATE, redact(beat.says), beat.key, at)


def end_tabletop(record: Record, policy: Policy, table: Tabletop, at: datetime) -> TabletopScore:
    """End it, score it, and tell the score."""
    record.end_tabletop(table.id, at)
    score = score_tabletop(table, record.tabletop_acts(table.id))
    says = f"{table.title}: the tabletop is over\n{score_in_words(score)}"
    _tell(record, policy, table, MessageKind.RESOLVED, says, "1", at)
    return score


def take_tabletop_act(
    record: Record, table_id: str, kind: TabletopDid, by: str, what: str, at: datetime
) -> TabletopAct:
    """Write down what somebody does at the table.

    Args:
        record: Where the play is.
        table_id: Which.
        kind: What is done.
        by: Who; a handle.
        what: The words of a note; an answer is to the question that waits.
        at: Now.

    Raises:
        AnswerRefused: The name is none, the play is over, or nothing is asked. Permanent.
    """
    table, acts = record.tabletop(table_id), record.tabletop_acts(table_id)
    if table.ended_at is not None:
        raise AnswerRefused(f"take part in {table_id}: it is over")
    try:
        person = read_handle(by)
    except ValueError as error:
        raise AnswerRefused(f"take part in {table_id}: {error}") from error
    if kind in (TabletopDid.APPROVED, TabletopDid.DECLINED):
        question = open_question(table, acts, at)
        if question is None:
            raise AnswerRefused(f"answer in {table_id}: nothing is asked just now")
        what = question.plan
    act = TabletopAct(at=at, kind=kind, by=person, what=redact(what[:LONGEST_NOTE]))
    record.add_tabletop_act(table_id, act)
    return act


def _tell(
    record: Record, policy: Policy, table: Tabletop, what: MessageKind, text: str, turn: str, at: datetime
) -> None:
    if policy.broken:
        return
    marked = f"[DRILL {MARK}] {text}"
    body = MessageBody(
        title=marked.splitlines()[0],
        text=marked,
        severity=table.severity,
        status="Resolved" if what is MessageKind.RESOLVED else "Investigating",
        platform=table.platform,
        drill=MARK,
        started_at=table.started_at,
    )
    record.ask_message(table.id, what, drill_routes(policy.channels, what), body, at, turn=turn)
