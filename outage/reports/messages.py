"""What the runbook's three messages say, worked out from the record; their words stand in templates.

Runbook: "Initial Communication", "During Resolution", "Resolution Communication".
"""

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta

from outage.diagnosis.hypothesis import Diagnosis
from outage.incidents.incident import Incident, Phase
from outage.incidents.severity import Severity
from outage.text.durations import duration_in_words
from outage.value import Value

STATUS = {
    Phase.RECEIVED: "Investigating",
    Phase.TRIAGE: "Investigating",
    Phase.INVESTIGATE: "Investigating",
    Phase.AWAITING_APPROVAL: "Identified",
    Phase.RESOLVE: "Resolving",
    Phase.VERIFY: "Monitoring",
    Phase.AWAITING_LEADER: "Identified",
    Phase.CLOSED: "Identified",
}
"""Our phases in the runbook's four words."""

UPDATE_EVERY = {Severity.P0: timedelta(minutes=15), Severity.P1: timedelta(minutes=30)}
"""How soon the next update is promised; anything milder gets an hour."""


NOT_KNOWN = "not known"
MEETS_AT = time(10)
"""Of day, UTC, at which a post-mortem is."""


class MessagePlace(Value):
    """Where the outage is, and who has it: what stands in every message."""

    platform: str = ""
    cluster: str = ""
    investigating: str = ""
    """Who leads or acknowledged, else who is on call; the program itself when that is nobody."""
    status_page: str = ""


def alert_fields(incident: Incident, diagnosis: Diagnosis, place: MessagePlace) -> dict[str, str]:
    """What the alert message may name.

    Runbook: "Initial Communication".
    """
    return {
        **_everywhere(incident, diagnosis, place),
        "impact": diagnosis.assessment.reason,
        "started": _clock(incident.opened_at),
        "investigating": f"{place.investigating or 'outage'} ({incident.id})",
        "status_page": place.status_page or "not updated",
    }


def update_fields(
    incident: Incident, diagnosis: Diagnosis, place: MessagePlace, actions: str, now: datetime | None = None
) -> dict[str, str]:
    """What the update message may name; without `now` there is no next one.

    Runbook: "During Resolution".
    """
    following = now + UPDATE_EVERY.get(incident.severity, timedelta(hours=1)) if now else None
    return {
        **_everywhere(incident, diagnosis, place),
        "status": STATUS[incident.phase],
        "actions": actions,
        "eta": f"{NOT_KNOWN} before the change is approved and watched",
        "next_update": _clock(following) if following else "none",
    }


def resolved_fields(
    incident: Incident,
    diagnosis: Diagnosis,
    place: MessagePlace,
    resolution: str,
    causes: Sequence[str] = (),
) -> dict[str, str]:
    """What the resolution message may name.

    Runbook: "Resolution Communication".

    Args:
        incident: The closed incident.
        diagnosis: Who was hurt.
        place: Where.
        resolution: What was done.
        causes: What was mended, each as a sentence: what was believed at first is not always what it was.
    """
    meets = post_mortem_at(incident)
    return {
        **_everywhere(incident, diagnosis, place),
        "resolution": resolution,
        "duration": duration_in_words((incident.closed_at or diagnosis.at) - incident.opened_at),
        "root_cause": "; ".join(causes) or "not identified",
        "follow_up": "see the report",
        "post_mortem": _clock(meets) if meets else "",
    }


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
    }


def _services(diagnosis: Diagnosis) -> str:
    impact = diagnosis.assessment.impact
    return ", ".join((*impact.services_down, *impact.services_degraded)) or "none known yet"


def _clock(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"
