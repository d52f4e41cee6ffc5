"""Read back who took a page at the pager: the same act as `outage ack`, by the person whom the policy names so.

Whom it does not name stops no call: their words stand on the timeline, and the next one is called in its turn.
"""

from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import datetime, timedelta

from blocks.channels.pagerduty.pagerduty_events import dedup_key
from blocks.channels.pagerduty.pagerduty_incidents import PagerDutyIncidents, PagerTaking
from blocks.clients import clients
from outage.errors import ChannelError
from outage.incidents.alert import alert_digest
from outage.incidents.incident import Incident
from outage.incidents.timeline import EntryKind
from outage.people.channel_settings import PagerDutySettings
from outage.people.outbox_message import MessageKind, MessageState, OutboxMessage
from outage.people.person_act import ActKind, PersonAct
from outage.policies.policy import Policy
from outage.text.handle import read_handle
from outage.text.redaction import redact
from tasks.record import note_entry
from tasks.tell.call_people import STANDS

PAGES_ASKED = 20
"""Of one incident: the last rung repeats, and each page is a question of its own."""


def read_pagers(now: datetime, closed_within: timedelta) -> list[str]:
    """Ask each pager that can be asked about the pages of every incident that nobody is done with.

    Args:
        now: The time.
        closed_within: How long an incident that the response closed without mending it is asked about.

    Returns:
        What could not be asked, a sentence each.
    """
    wrong: dict[str, str] = {}
    for incident in clients().record.watched_incidents(now, closed_within):
        for name, pager in asked_pagers(clients().policy_for(incident)):
            pages = pages_through(name, incident)
            if not pages or name in wrong:  # the next incident would hear the same
                continue
            try:
                read_pages(name, pager, incident, pages, now)
            except ChannelError as error:
                wrong[name] = f"{name}: {error}"
                says = f"who acknowledges at {name} cannot be read, so calls go on: {error}"
                note_entry(
                    incident.id,
                    EntryKind.ESCALATION,
                    redact(says),
                    key=f"unread/{name}/{alert_digest(str(error))}",
                )
    return list(wrong.values())


def asked_pagers(policy: Policy) -> Iterator[tuple[str, PagerDutySettings]]:
    """The pagers of a policy that can be asked, by name."""
    for name, one in policy.channels.items():
        if isinstance(one, PagerDutySettings) and one.api_token is not None:
            yield name, one


def pages_through(name: str, incident: Incident) -> list[OutboxMessage]:
    """The newest pages of an incident through one channel, while somebody may have to take them."""
    if incident.closed_at and incident.ending and incident.ending.over:
        return []
    found = [
        one
        for one in clients().record.messages(incident.id)
        if one.what is MessageKind.PAGE
        and one.channel == name
        and one.state
        in (MessageState.RECEIPT, MessageState.SENT)  # its answer may be lost, and the page there
        and not one.turn.startswith(STANDS)
    ]
    return found[-PAGES_ASKED:]


def read_pages(
    name: str, pager: PagerDutySettings, incident: Incident, pages: Sequence[OutboxMessage], now: datetime
) -> None:
    """Keep every acknowledgement of an incident's pages that is new.

    Args:
        name: Of the channel in the policy.
        pager: The channel.
        incident: Whose pages they are.
        pages: Those that arrived.
        now: The time.

    Raises:
        ChannelError: The pager could not be asked.
    """
    if pager.api_token is None:
        return
    with closing(PagerDutyIncidents(pager, pager.api_token)) as there:
        for page in pages:
            for taking in there.takings(dedup_key(page)):
                keep_taking(name, incident, taking, min(max(taking.at, page.asked_at), now))


def keep_taking(name: str, incident: Incident, taking: PagerTaking, at: datetime) -> None:
    """Keep one acknowledgement; known already, it changes nothing.

    Args:
        name: Of the channel.
        incident: That is taken.
        taking: As the pager tells it.
        at: When, between the page and now: clocks differ.
    """
    did = "resolved it" if taking.resolved else "acknowledged"
    key = f"{ActKind.ACKNOWLEDGED}/{alert_digest(name, taking.incident, taking.user, taking.at.isoformat(), did)}"
    person = person_at_pager(clients().policy_for(incident), taking)
    if not person:
        who = f"{taking.name or 'somebody'} ({taking.user})"
        says = f"{who} {did} at {name}, whom the policy names nowhere (`people.NAME.pagerduty`): calls go on"
        note_entry(incident.id, EntryKind.ESCALATION, redact(says), key=f"stranger/{key}")
        return
    clients().record.add_act(incident.id, PersonAct(key=key, kind=ActKind.ACKNOWLEDGED, by=person, at=at))
    note_entry(incident.id, EntryKind.NOTE, f"{person} has it ({did} at {name})", key=key)


def person_at_pager(policy: Policy, taking: PagerTaking) -> str:
    """The handle of whom the policy names by their id there, else by their mail; empty when it names nobody so."""
    for name, one in policy.people.items():
        if one.pagerduty and one.pagerduty == taking.user:
            return read_handle(name)
    mail = taking.mail.casefold()
    return next(
        (read_handle(name) for name, one in policy.people.items() if mail and one.mail.casefold() == mail), ""
    )
