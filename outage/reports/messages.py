"""The runbook's three messages, rendered from the record.

Runbook: "Initial Communication", "During Resolution", "Resolution Communication".
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from outage.diagnosis.hypothesis import Diagnosis
from outage.incidents.incident import Incident, Phase
from outage.incidents.severity import Severity
from outage.text.durations import duration_in_words
from outage.text.redaction import redact

STATUS = {
    Phase.RECEIVED: "Investigating",
    Phase.TRIAGE: "Investigating",
    Phase.INVESTIGATE: "Investigating",
    Phase.AWAITING_APPROVAL: "Identified",
    Phase.RESOLVE: "Resolving",
    Phase.VERIFY: "Monitoring",
    Phase.CLOSED: "Identified",
}
"""Our phases in the runbook's four words."""

UPDATE_EVERY = {Severity.P0: timedelta(minutes=15), Severity.P1: timedelta(minutes=30)}
"""How soon the next update is promised; anything milder gets an hour."""


def first_message(incident: Incident, diagnosis: Diagnosis, status_page: str = "") -> str:
    """The alert message.

    Runbook: "Initial Communication".
    """
    return redact(
        "\n".join(
            [
                f"🚨 INCIDENT ALERT - {_title(incident)}",
                f"Service: {_services(diagnosis)}",
                f"Impact: {diagnosis.assessment.reason}",
                f"Started: {_clock(incident.opened_at)}",
                f"Investigating: outage ({incident.id})",
                f"Status Page: {status_page or 'not updated'}",
            ]
        )
    )


def update_message(
    incident: Incident, diagnosis: Diagnosis, actions: str, now: datetime | None = None
) -> str:
    """The update message; without `now` there is no next one.

    Runbook: "During Resolution".
    """
    following = (
        "none" if now is None else _clock(now + UPDATE_EVERY.get(incident.severity, timedelta(hours=1)))
    )
    return redact(
        "\n".join(
            [
                f"🔧 INCIDENT UPDATE - {_title(incident)}",
                f"Service: {_services(diagnosis)}",
                f"Status: {STATUS[incident.phase]}",
                f"Actions: {actions}",
                "ETA: not known before the change is approved and watched",
                f"Next Update: {following}",
            ]
        )
    )


def resolved_message(
    incident: Incident, diagnosis: Diagnosis, resolution: str, causes: Sequence[str] = ()
) -> str:
    """The resolution message.

    Runbook: "Resolution Communication".

    Args:
        incident: The closed incident.
        diagnosis: Who was hurt.
        resolution: What was done.
        causes: What was mended, each as a sentence: what was believed at first is not always what it was.
    """
    lines = [
        f"✅ INCIDENT RESOLVED - {_title(incident)}",
        f"Service: {_services(diagnosis)}",
        f"Resolution: {resolution}",
        f"Duration: {duration_in_words((incident.closed_at or diagnosis.at) - incident.opened_at)}",
        f"Root Cause: {'; '.join(causes) or 'not identified'}",
        "Follow-up: see the report",
    ]
    if incident.severity in (Severity.P0, Severity.P1):
        lines.append("Post-mortem: to be scheduled within 24 hours")
    return redact("\n".join(lines))


def _title(incident: Incident) -> str:
    drill = f" [DRILL {incident.drill}]" if incident.drill else ""
    return f"{incident.severity} Service Outage{drill}"


def _services(diagnosis: Diagnosis) -> str:
    impact = diagnosis.assessment.impact
    return ", ".join((*impact.services_down, *impact.services_degraded)) or "none known yet"


def _clock(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"
