"""An outage of another cluster is over at once; the people of the settings' policy are told whose it is not."""

from datetime import datetime

from blocks.record import Record
from outage.incidents.incident import Ending, Incident, Phase
from outage.incidents.timeline import Entry, EntryKind
from outage.people.message_routing import message_routes
from outage.people.outbox_message import MessageBody, MessageKind
from outage.policies.policy import Policy
from outage.reports.messages import STATUS


def turn_away(record: Record, incident: Incident, because: str, policy: Policy, now: datetime) -> Incident:
    """Close an incident that is another cluster's; done twice, it changes nothing and tells nobody twice.

    Args:
        record: Where it stands.
        incident: Open.
        because: Why it is nobody's here.
        policy: The settings' own, whose channels are told.
        now: Aware UTC.
    """
    says = f"{because}; nothing was looked at and nothing will be done"
    record.add(
        incident.id, Entry(key="ending", at=now, kind=EntryKind.ENDING, says=f"{Ending.NOT_MINE}: {says}")
    )
    tell_default_people(record, incident, says, policy, now)
    return record.update(incident.id, phase=Phase.CLOSED, ending=Ending.NOT_MINE, says=says, closed_at=now)


def tell_default_people(record: Record, incident: Incident, says: str, policy: Policy, now: datetime) -> None:
    """Ask for the message, as a row of the outbox for each channel, before the incident is closed."""
    text = f"{Ending.NOT_MINE}: {incident.title} ({incident.id})\n{says}"
    record.add(incident.id, Entry(key="message/not-mine", at=now, kind=EntryKind.MESSAGE, says=text))
    if policy.broken:
        says = f"nobody else is told: {policy.broken}"
        record.add(incident.id, Entry(key="message/nobody", at=now, kind=EntryKind.MESSAGE, says=says))
        return
    body = MessageBody(
        title=text.splitlines()[0],
        text=text,
        severity=incident.severity,
        status=STATUS[Phase.CLOSED],
        drill=incident.drill or "",
        started_at=incident.opened_at,
    )
    what, drill = MessageKind.HANDED_OVER, bool(incident.drill)
    record.ask_message(
        incident.id, what, message_routes(policy.channels, what, incident.severity, drill), body, now
    )
