"""What the runbook's three messages say, worked out from the record; their words stand in templates.

Runbook: "Initial Communication", "During Resolution", "Resolution Communication".
"""

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta

from outage.diagnosis.hypothesis import Diagnosis
from outage.incidents.incident import Incident, Phase
from outage.incidents.severity import Severity
from outage.incidents.timeline import SHORTEST_HEAD
from outage.reports.post_incident.repair_history import NOT_KNOWN
from outage.text.durations import duration_in_words
from outage.value import Value

STATUS = {
    Phase.RECEIVED: "Investigating",
    Phase.TRIAGE: "Investigating",
    Phase.INVESTIGATE: "Investigating",
    Phase.AWAITING_APPROVAL: "Identified",
    Phase.AWAITING_OUTCOME: "Identified",
    Phase.RESOLVE: "Resolving",
    Phase.VERIFY: "Monitoring",
    Phase.AWAITING_LEADER: "Identified",
    Phase.CLOSED: "Identified",
}
"""Our phases in the runbook's four words."""

UPDATE_EVERY = {Severity.P0: timedelta(minutes=15), Severity.P1: timedelta(minutes=30)}
"""How soon the next update is promised; anything milder gets an hour."""


MEETS_AT = time(10)
"""Of day, UTC, at which a post-mortem is."""


class MessagePlace(Value):
    """Where the outage is, and who has it: what stands in every message."""

    platform: str = ""
    cluster: str = ""
    investigating: str = ""
    """Who leads or acknowledged, else who is on call; the program itself when that is nobody."""
    status_page: str = ""
    causes: str = ""
    """Address under which the runbook pages of causes are; empty where nobody but this machine could open it."""


def alert_fields(incident: Incident, diagnosis: Diagnosis, place: MessagePlace) -> dict[str, str]:
    """What the alert message may name.

    Runbook: "Initial Communication".

    Returns:
        Text by the name that a template may use for it.
    """
    return {
        **_everywhere(incident, diagnosis, place),
        "impact": diagnosis.assessment.reason,
        "started": _clock(incident.opened_at),
        "investigating": f"{place.investigating or 'outage'} ({incident.id})",
        "status_page": place.status_page or "not updated",
    }


def update_fields(
    incident: Incident,
    diagnosis: Diagnosis,
    place: MessagePlace,
    actions: str,
    now: datetime | None = None,
    eta: str = NOT_KNOWN,
    head: str = "",
) -> dict[str, str]:
    """What the update message may name.

    Runbook: "During Resolution".

    Args:
        incident: As it stands.
        diagnosis: Who is hurt.
        place: Where.
        actions: What is being done.
        now: The time; without it no next update is promised.
        eta: When it may be over, in words.
        head: Hash of the timeline's last line, when the response has ended.

    Returns:
        Text by the name that a template may use for it.
    """
    following = now + UPDATE_EVERY.get(incident.severity, timedelta(hours=1)) if now else None
    return {
        **_everywhere(incident, diagnosis, place),
        "status": STATUS[incident.phase],
        "actions": actions,
        "eta": eta,
        "next_update": _clock(following) if following else "none",
        "timeline": timeline_proof(incident, head),
    }


def resolved_fields(
    incident: Incident,
    diagnosis: Diagnosis,
    place: MessagePlace,
    resolution: str,
    causes: Sequence[str] = (),
    follow_up: str = "",
    head: str = "",
) -> dict[str, str]:
    """What the resolution message may name.

    Runbook: "Resolution Communication".

    Args:
        incident: The closed incident.
        diagnosis: Who was hurt.
        place: Where.
        resolution: What was done.
        causes: What was mended, each as a sentence: what was believed at first is not always what it was.
        follow_up: What is left to do, in words; empty when no items are kept.
        head: Hash of the timeline's line that tells the ending.

    Returns:
        Text by the name that a template may use for it.
    """
    meets = post_mortem_at(incident)
    return {
        **_everywhere(incident, diagnosis, place),
        "resolution": resolution,
        "duration": duration_in_words((incident.closed_at or diagnosis.at) - incident.opened_at),
        "root_cause": "; ".join(causes) or "not identified",
        "follow_up": follow_up or "the checklist in the report",
        "post_mortem": _clock(meets) if meets else "",
        "timeline": timeline_proof(incident, head),
    }


def timeline_proof(incident: Incident, head: str) -> str:
    """How to prove that nobody changed the timeline since, or cut it; empty without a head."""
    return (
        f"head {head} (`outage timeline {incident.id} --verify --head {head[:SHORTEST_HEAD]}`)"
        if head
        else ""
    )


def public_fields(status: str, services: Sequence[str]) -> dict[str, str]:
    """What the public message may name: nothing of the diagnosis, of people and of places.

    Args:
        status: One of the runbook's four, or `Resolved`.
        services: Who is hurt.
    """
    return {"status": status, "services": ", ".join(services)}


def post_mortem_at(incident: Incident) -> datetime | None:
    """When the post-mortem is: the first working day a day after the end; None when none is owed.

    Runbook: "Immediate".
    """
    if incident.severity not in (Severity.P0, Severity.P1) or incident.drill or incident.closed_at is None:
        return None
    day = incident.closed_at.astimezone(UTC) + timedelta(days=1)
    found = datetime.combine(day.date(), MEETS_AT, UTC)
    while found < day or found.weekday() > 4:
        found += timedelta(days=1)
    return found


def _everywhere(incident: Incident, diagnosis: Diagnosis, place: MessagePlace) -> dict[str, str]:
    return {
        "severity": str(incident.severity),
        "drill": f" [DRILL {incident.drill}]" if incident.drill else "",
        "services": _services(diagnosis),
        "incident": incident.id,
        "platform": place.platform or NOT_KNOWN,
        "cluster": place.cluster or NOT_KNOWN,
        "not_looked_at": "; ".join(diagnosis.unknowns) or "nothing",
        "runbook": _runbook(diagnosis, place),
    }


def _runbook(diagnosis: Diagnosis, place: MessagePlace) -> str:
    """The page of the likeliest cause."""
    return f"{place.causes}/{diagnosis.hypotheses[0].cause}" if place.causes and diagnosis.hypotheses else ""


def _services(diagnosis: Diagnosis) -> str:
    impact = diagnosis.assessment.impact
    return ", ".join((*impact.services_down, *impact.services_degraded)) or "none known yet"


def _clock(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"
