"""Ask for a message: a line of the timeline, and a row of the outbox for each channel that policy tells.

Nothing is sent here, and nothing waits for a channel: that is the outbox's own process.
"""

from datetime import UTC, datetime
from pathlib import Path

from blocks.channels.message_files import own_templates, shipped_templates
from blocks.clients import clients
from outage.diagnosis.hypothesis import Diagnosis
from outage.errors import FileError
from outage.incidents.incident import Incident
from outage.incidents.timeline import EntryKind
from outage.people.chat_button import ACKNOWLEDGE, DETAILS, ChatButton
from outage.people.message_routing import MessageRoute, message_routes
from outage.people.outbox_message import MessageBody, MessageKind
from outage.people.person_act import owner_of
from outage.reports.message_templates import rendered_message
from outage.reports.messages import STATUS, MessagePlace, public_fields
from tasks.record import note_entry
from tasks.tell.on_call_people import people_meant

HEADS = (MessageKind.ALERT, MessageKind.UPDATE, MessageKind.HANDED_OVER, MessageKind.TAKEN)
"""Messages that say where an open incident stands."""
PUBLIC_PAGE = "statuspage"
"""Kind of the channel that the public reads."""
PUBLIC_MESSAGE = "status_page"
"""The template of what it reads."""


def ask_for_message(
    incident: Incident, what: MessageKind, text: str, *, services: tuple[str, ...] = (), turn: str = "1"
) -> None:
    """Ask for one of the runbook's messages; asked for again, it changes nothing.

    Source: runbook "Initial Communication", "During Resolution" and "Resolution Communication".

    Args:
        incident: As it stands now.
        what: Which of the messages.
        text: The whole message.
        services: Who is hurt.
        turn: Which of several of the same kind.
    """
    note_entry(incident.id, EntryKind.MESSAGE, text)
    policy, record = clients().policy_for(incident), clients().record
    if policy.broken and not policy.channels:
        note_entry(incident.id, EntryKind.MESSAGE, f"nobody else is told: {policy.broken}")
        return
    told = tuple(sorted({one.channel for one in record.messages(incident.id)}))
    routes = message_routes(policy.channels, what, incident.severity, bool(incident.drill), told)
    body = message_body(incident, what, text, services)
    if any(policy.channels[one.channel].kind == PUBLIC_PAGE for one in routes):
        public = message_text(incident, PUBLIC_MESSAGE, public_fields(body.status, services))
        body = body.model_copy(update={"public": public})
    new = record.ask_message(incident.id, what, routes, body, datetime.now(UTC), turn=turn)
    held_words(incident.id, what, [one for one in routes if one.held and one.channel in new])


def invite_people(incident: Incident, text: str, meets_at: datetime, people: tuple[str, ...]) -> None:
    """Ask for an invitation through the calendars of the policy.

    Args:
        incident: That is closed.
        text: What the invitation says; its first line is the title.
        meets_at: When, aware.
        people: Addresses, or handles that a calendar knows.
    """
    policy = clients().policy_for(incident)
    routes = message_routes(policy.channels, MessageKind.INVITATION, incident.severity, bool(incident.drill))
    body = message_body(incident, MessageKind.INVITATION, text, ())
    body = body.model_copy(update={"meets_at": meets_at, "people": people})
    clients().record.ask_message(incident.id, MessageKind.INVITATION, routes, body, datetime.now(UTC))


def message_body(incident: Incident, what: MessageKind, text: str, services: tuple[str, ...]) -> MessageBody:
    """What the channels are given to say: the text, and the facts from which some make their own.

    Args:
        incident: Whom it is about, as it stands.
        what: Which kind of message.
        text: Its words; the first line is the title.
        services: Names of the services that users miss.
    """
    status = "Resolved" if what is MessageKind.RESOLVED else STATUS[incident.phase]
    owner = taken_by(incident.id)
    return MessageBody(
        title=text.splitlines()[0] if text else incident.title,
        text=text,
        severity=incident.severity,
        status=status,
        services=services,
        platform=incident.platform or platform_name(),
        cluster=clients().cluster_name,
        drill=incident.drill or "",
        started_at=incident.opened_at,
        link=incident_link(incident),
        taken_by=owner,
        buttons=head_buttons(incident, owner) if what in HEADS else (),
    )


def head_buttons(incident: Incident, owner: str) -> tuple[ChatButton, ...]:
    """The buttons below where an incident stands: whoever reads it can take it, until somebody has."""
    if incident.closed_at and incident.ending and incident.ending.over:
        return ()
    return (DETAILS,) if owner else (ACKNOWLEDGE, DETAILS)


def taken_by(incident_id: str) -> str:
    """Who has an incident; empty while nobody said so."""
    return owner_of(clients().record.acts(incident_id))


def message_text(incident: Incident, name: str, fields: dict[str, str]) -> str:
    """One of the runbook's messages by the team's template, or by ours when theirs cannot be used; that is said.

    Args:
        incident: Whose platform has the templates.
        name: Of the template.
        fields: What the template may name.
    """
    shipped = shipped_templates()
    try:
        own = own_templates(Path(clients().settings.messages_folder), incident.platform)
    except FileError as error:
        note_entry(incident.id, EntryKind.MESSAGE, str(error))
        own = shipped
    said = rendered_message(name, getattr(own, name), getattr(shipped, name), fields)
    if said.mistake:
        note_entry(
            incident.id,
            EntryKind.MESSAGE,
            f"{said.mistake}; the message of the repository was sent in its place",
        )
    return said.text


def message_place(incident: Incident) -> MessagePlace:
    """Where the outage is, and who has it: who acknowledged last, else who is on call."""
    policy, now = clients().policy_for(incident), datetime.now(UTC)
    lead = taken_by(incident.id)
    if not lead and policy.escalation.configured:
        names = policy.escalation.rungs[policy.escalation.configured[0]]
        people = people_meant(names, policy, now, Path(clients().settings.home))
        lead = f"{', '.join(people)} (on call)" if people else ""
    settings = clients().settings
    return MessagePlace(
        platform=incident.platform or platform_name(),
        cluster=clients().cluster_name,
        investigating=lead,
        causes=f"{settings.page_base}/causes" if settings.page_url else "",
    )


def held_words(incident_id: str, what: MessageKind, held: list[MessageRoute]) -> None:
    """Say on the timeline that a message waits for a person's yes.

    Args:
        incident_id: Whose message it is.
        what: Which kind.
        held: The channels that policy lets publish only after a yes.
    """
    for route in held:
        says = f"{what} for {route.channel} waits for a yes: `outage publish {incident_id}`"
        note_entry(incident_id, EntryKind.MESSAGE, says)


def services_hurt(seen: Diagnosis) -> tuple[str, ...]:
    """Services that are down or degraded."""
    impact = seen.assessment.impact
    return (*impact.services_down, *impact.services_degraded)


def platform_name() -> str:
    """What the platform is called; empty while its file cannot be read: messages go out all the same."""
    try:
        return clients().spoken_for
    except FileError:
        return ""


def incident_link(incident: Incident) -> str:
    """Where the incident can be looked at: our page where one is named, else its run; empty before it has one."""
    settings, run = clients().settings, incident.flow_run_id
    if page := settings.incident_page(incident.id):
        return page
    return f"{settings.prefect_ui_url}/runs/flow-run/{run}" if run else ""
