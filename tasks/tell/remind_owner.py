"""Remind of the other slot and the maintenance page until somebody takes them back.

Source: runbook "Traffic Routing".
"""

from datetime import datetime
from pathlib import Path

from blocks.clients import clients
from outage.incidents.incident import Incident
from outage.incidents.timeline import EntryKind
from outage.mitigation.standing_mitigation import StandingMitigation, StandingReminder, standing_reminder
from outage.people.message_routing import pager_routes
from outage.people.outbox_message import MessageKind
from tasks.record import note_entry
from tasks.tell.ask_for_message import ask_for_message, message_body
from tasks.tell.call_people import STANDS
from tasks.tell.on_call_people import people_meant


def remind_owner(one: StandingMitigation, now: datetime) -> bool:
    """Say once what is due about one that stands: on the timeline and to whoever follows it; its owner is called late.

    Args:
        one: What stands.
        now: The time.

    Returns:
        Whether something new was said.
    """
    due = standing_reminder(one, now)
    record = clients().record
    if due is None:
        return False
    key = f"{STANDS}{one.attempt}/{due.turn}"
    if any(entry.key == key for entry in record.entries(one.incident)):
        return False
    head = record.incident(one.incident)
    clients().answer_for(head)
    if due.overdue:
        call_owner(head, one, due, now, key)
    if head.closed_at is None:
        ask_for_message(head, MessageKind.UPDATE, due.says, turn=key)
    note_entry(
        one.incident, EntryKind.ESCALATION, due.says, key=key
    )  # last: whoever dies before says it again
    return True


def call_owner(
    head: Incident, one: StandingMitigation, due: StandingReminder, now: datetime, turn: str
) -> None:
    """Ask for a page of whom it belongs to: a person, or whoever of a group or a rotation is meant now."""
    policy = clients().policy_for(head)
    meant = people_meant((one.owner,), policy, now, Path(clients().settings.home)) or [one.owner]
    for person in meant:
        routes = pager_routes(policy.channels, head.severity, bool(head.drill), person)
        body = message_body(head, MessageKind.PAGE, due.says, ()).model_copy(update={"people": (person,)})
        clients().record.ask_message(head.id, MessageKind.PAGE, routes, body, now, turn=f"{turn}/{person}")
