"""What is left to do after an incident: kept as rows at its close, as tickets where there are, chased when overdue.

Source: runbook "Post-Incident Actions".
"""

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby

from blocks.clients import clients
from blocks.record.incident_account import account_of
from outage.errors import cut
from outage.incidents.incident import Incident
from outage.incidents.timeline import EntryKind
from outage.people.action_item import ActionItem, item_line, overdue_groups
from outage.people.message_routing import message_routes
from outage.people.outbox_message import MessageKind
from outage.policies.policy import Policy, follow_up_owner
from outage.reports.messages import post_mortem_at
from outage.reports.post_incident.follow_ups import DoneByUs, follow_up_items
from tasks.record import note_entry
from tasks.tell.ask_for_message import message_body

TICKETS = ("jira", "servicenow")
"""Kinds of channels that hold a ticket an incident."""


def keep_follow_ups(incident: Incident) -> None:
    """Keep the items of an incident that closes, and ask for their tickets; again changes nothing.

    Never raises: an incident ends also when nobody can say what is left to do.
    """
    try:
        account = account_of(
            clients().record, incident, owner=follow_up_owner(clients().policy_for(incident))
        )
        if account.prevention is None:
            return
        items = follow_up_items(account.prevention, done_by_us(incident, clients().policy_for(incident)))
        clients().record.keep_items(items)
        ask_for_tickets(incident, items, incident.closed_at or incident.opened_at)
    except Exception as error:  # noqa: BLE001 - the last message must go out whatever was wrong here
        note_entry(incident.id, EntryKind.NOTE, f"what is left to do could not be kept: {cut(str(error))}")


def done_by_us(incident: Incident, policy: Policy) -> DoneByUs:
    """Which of the first day's actions need nobody: those for which a channel is told of the end."""
    told = message_routes(policy.channels, MessageKind.RESOLVED, incident.severity, bool(incident.drill))
    invites = message_routes(policy.channels, MessageKind.INVITATION, incident.severity, bool(incident.drill))
    return DoneByUs(
        ticket=any(policy.channels[one.channel].kind in TICKETS for one in told),
        stakeholders=any(not one.held for one in told),
        invited=bool(invites) and post_mortem_at(incident) is not None,
    )


def ask_for_tickets(incident: Incident, items: Sequence[ActionItem], at: datetime) -> None:
    """Ask for a ticket of each item that is not done, in every ticket channel."""
    what = MessageKind.ACTION_ITEM
    routes = message_routes(
        clients().policy_for(incident).channels, what, incident.severity, bool(incident.drill)
    )
    for one in items:
        if routes and one.done_at is None:
            title = f"{incident.severity} follow-up of {incident.id}: {one.key}"
            body = message_body(incident, what, f"{title}\n{item_line(one)}\n{incident.title}", ())
            clients().record.ask_message(incident.id, what, routes, body, at, turn=one.key)


def chase_overdue(now: datetime) -> int:
    """Ask for one message for each day on which items of an incident were due and are not done.

    Args:
        now: The time.

    Returns:
        How many messages are new.
    """
    record, asked = clients().record, 0
    found = sorted(record.overdue_items(now), key=lambda one: one.incident)
    for incident_id, items in groupby(found, key=lambda one: one.incident):
        incident = record.incident(incident_id)
        clients().answer_for(incident)
        for due, late in overdue_groups(items, now).items():
            asked += chase_items(incident, late, due, now)
    return asked


def chase_items(incident: Incident, late: Sequence[ActionItem], due: datetime, now: datetime) -> int:
    """Ask for the message about some items that were due at one moment; the first stands."""
    what, policy = MessageKind.FOLLOW_UP, clients().policy_for(incident)
    told = tuple({one.channel for one in clients().record.messages(incident.id)})
    routes = message_routes(policy.channels, what, incident.severity, bool(incident.drill), told)
    lines = [f"⏰ OVERDUE after {incident.id}: {incident.title}", *(item_line(one, now) for one in late)]
    lines.append(f"Done? `outage actions --done {incident.id}/KEY --by NAME`")
    body = message_body(incident, what, "\n".join(lines), ())
    new = clients().record.ask_message(
        incident.id, what, routes, body, now, turn=f"overdue/{due:%Y-%m-%dT%H:%M:%SZ}"
    )
    return len(new)
