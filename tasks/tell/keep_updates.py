"""Keep the promise of the next update: at its time one goes out, also when nothing is new.

Runbook: "During Resolution".
"""

from datetime import datetime, timedelta

from blocks.clients import clients
from outage.diagnosis.cause import Cause
from outage.diagnosis.hypothesis import Diagnosis
from outage.incidents.incident import Incident, Phase
from outage.incidents.severity import Severity
from outage.people.outbox_message import MessageKind
from outage.reports.messages import UPDATE_EVERY, update_fields
from outage.reports.post_incident.repair_history import eta_in_words
from outage.text.durations import duration_in_words
from tasks.tell.ask_for_message import ask_for_message, message_place, message_text, services_hurt
from tasks.tell.call_people import known_diagnoses

NEXT_UPDATE = "next-update"
DOING = {
    Phase.RECEIVED: "the first look has not begun",
    Phase.TRIAGE: "looking at everything once",
    Phase.INVESTIGATE: "looking for the cause",
    Phase.AWAITING_APPROVAL: "a plan waits for a person's yes",
    Phase.AWAITING_OUTCOME: "another incident answers the same cause",
    Phase.RESOLVE: "the approved plan is being carried out",
    Phase.VERIFY: "watching whether it holds",
    Phase.AWAITING_LEADER: "a person leads, and the response looks again now and then",
    Phase.CLOSED: "the response is over",
}
"""Our phases as what is being done now."""


def update_interval(severity: Severity) -> timedelta:
    """How soon the next update is promised."""
    return UPDATE_EVERY.get(severity, timedelta(hours=1))


def promise_update(incident: Incident, turn: int, now: datetime) -> None:
    """Promise the next update, in a row that outlives us."""
    clients().record.set_timer(incident.id, NEXT_UPDATE, turn, now + update_interval(incident.severity))


def keep_updates(incident: Incident, now: datetime) -> int:
    """Send the updates of an incident whose time has come, and promise the next.

    An incident that nobody has been told of yet is promised nothing: its first message does that.

    Args:
        incident: As it stands.
        now: The time.

    Returns:
        How many went out.
    """
    record, sent = clients().record, 0
    waiting = [one for one in record.timers(incident.id) if one.kind == NEXT_UPDATE and one.fired_at is None]
    for timer in waiting:
        if incident.closed_at is None and timer.due_at > now:
            continue
        if incident.closed_at is None:
            seen = known_diagnoses(incident.id)
            services = services_hurt(seen[-1]) if seen else ()
            says = f"{DOING[incident.phase]} (open for {duration_in_words(now - incident.opened_at)})"
            if seen:
                eta = repair_eta(incident, seen[-1], now)
                fields = update_fields(incident, seen[-1], message_place(incident), says, now, eta)
                text = message_text(incident, "update", fields)
                ask_for_message(incident, MessageKind.UPDATE, text, services=services, turn=str(timer.turn))
                sent += 1
            promise_update(incident, timer.turn + 1, now)
        record.fire_timer(timer, now)  # last: whoever dies before asks for the same message again
    return sent


def repair_eta(incident: Incident, seen: Diagnosis, now: datetime) -> str:
    """When it may be over, from earlier repairs of the likeliest cause, in words."""
    cause = seen.hypotheses[0].cause if seen.hypotheses else Cause.UNKNOWN
    history = clients().record.history_of(incident, cause) if cause != Cause.UNKNOWN else None
    return eta_in_words(incident, history, now)
