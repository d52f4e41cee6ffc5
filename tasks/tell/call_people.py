"""Call people when the runbook says so, and stop calling once somebody has it or it is over."""

from datetime import datetime
from pathlib import Path

from blocks.clients import clients
from outage.diagnosis.hypothesis import Diagnosis
from outage.incidents.incident import Incident
from outage.incidents.phase_key import KeptPhase, PhaseKey
from outage.incidents.timeline import EntryKind
from outage.people.escalation import DueCall, Escalation, EscalationFacts, escalation_due
from outage.people.message_routing import MessageRoute, pager_routes
from outage.people.outbox_message import MessageBody, MessageKind
from outage.people.person_act import escalation_facts
from outage.text.durations import duration_in_words
from tasks.record import note_entry
from tasks.tell.ask_for_message import message_body, services_hurt
from tasks.tell.on_call_people import people_meant

STANDS = "stands/"
"""What the turn of a message begins with that reminds of what stands until it is taken back."""


def escalate(incident: Incident, now: datetime) -> Escalation:
    """Make every call that is due for an incident, and quiet the pagers where somebody has it or it is over.

    Source: runbook "Escalation Triggers".

    Args:
        incident: As it stands.
        now: The time.

    Returns:
        What was due, and when something may become due without anything happening.
    """
    policy, record = clients().policy_for(incident), clients().record
    diagnoses = known_diagnoses(incident.id)
    facts = escalation_facts(incident, diagnoses, record.acts(incident.id), record.calls(incident.id))
    quiet_pagers(incident, facts, now)
    due = escalation_due(facts, policy.escalation, now)
    for call in due.calls:
        call_rung(incident, call, diagnoses[-1:], now)
    return due


def known_diagnoses(incident_id: str) -> list[Diagnosis]:
    """What triage and the investigations found, oldest first."""
    phases = clients().record.phases(incident_id)
    return [
        Diagnosis.model_validate(body)
        for key, body in phases.items()
        if PhaseKey.parse(key).phase in (KeptPhase.TRIAGE, KeptPhase.INVESTIGATE)
    ]


def call_rung(incident: Incident, call: DueCall, seen: list[Diagnosis], now: datetime) -> None:
    """Ask for the pages of one rung, then keep that it was called; when nobody can be called, say so.

    The rows of the pages come first: whoever dies in between asks for the same ones again.

    Args:
        incident: Which nobody has taken.
        call: Rung, turn and whom.
        seen: What the investigations said so far.
        now: The moment, aware UTC.
    """
    policy, record = clients().policy_for(incident), clients().record
    home = Path(clients().settings.home)
    people = people_meant(policy.escalation.rungs.get(call.rung, ()), policy, now, home)
    asked: list[str] = []
    for person in people:
        routes = pager_routes(policy.channels, incident.severity, bool(incident.drill), person)
        body = page_body(incident, call, person, seen, now)
        record.ask_message(incident.id, MessageKind.PAGE, routes, body, now, turn=f"{call.key}/{person}")
        asked += [person] if routes else []
    says = f"calls {call.key} ({', '.join(asked)}): {call.why}"
    if not asked:
        nobody = "nobody is on call there" if not people else f"no channel reaches {', '.join(people)}"
        says = f"NOBODY CAN BE CALLED for {call.key} ({call.why}): {nobody}"
    note_entry(incident.id, EntryKind.ESCALATION, says, key=f"call/{call.key}")
    record.add_call(incident.id, call, now)


def page_body(
    incident: Incident, call: DueCall, person: str, seen: list[Diagnosis], now: datetime
) -> MessageBody:
    """What a person is called with: what, how bad, since when, why they, and how to take it.

    Args:
        incident: As it stands.
        call: Which rung is due, and why.
        person: Handle of who is called.
        seen: The newest diagnosis, alone in the list; empty when nothing was looked at yet.
        now: The moment, aware UTC.
    """
    services = services_hurt(seen[0]) if seen else ()
    drill = f"DRILL {incident.drill} " if incident.drill else ""
    lines = [
        f"{drill}{incident.severity} outage, {call.rung}: {', '.join(services) or incident.title}",
        f"Why you: {call.why}; open for {duration_in_words(now - incident.opened_at)}",
        f"Take it: outage ack {incident.id} --by {person}",
    ]
    body = message_body(incident, MessageKind.PAGE, "\n".join(lines), services)
    place = f"Platform: {body.platform or 'not known'}, cluster: {body.cluster or 'not known'}"
    return body.model_copy(
        update={"people": (person,), "rung": str(call.rung), "text": f"{body.text}\n{place}"}
    )


def quiet_pagers(incident: Incident, facts: EscalationFacts, now: datetime) -> None:
    """Acknowledge or close, at the pagers, what our pages opened there; once each."""
    over = facts.over_at is not None and facts.over_at <= now
    heard = max(facts.signs_of_life, default=None)
    record, channels = clients().record, clients().policy_for(incident).channels
    for page in record.messages(incident.id) if over or heard else []:
        what = MessageKind.CALLED_OFF if over else MessageKind.ACKNOWLEDGED
        takes = page.channel in channels and what in channels[page.channel].messages
        takes = takes and not page.turn.startswith(
            STANDS
        )  # it speaks of what stands, also when the outage is over
        if page.what is MessageKind.PAGE and takes and (over or (heard and page.asked_at <= heard)):
            record.ask_message(
                incident.id, what, [MessageRoute(channel=page.channel)], page.body, now, turn=page.turn
            )
