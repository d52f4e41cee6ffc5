"""Where an incident stands: its phase, its severity, its end; each change is a line of the timeline."""

from datetime import UTC, datetime

from blocks.doors import doors
from outage.incident import Ending, Incident, Phase
from outage.severity import Assessment
from tasks.remember.phases import note, stand


def begin(incident: str, phase: str, attempt: int = 1, says: str = "") -> None:
    """Enter a phase."""
    stand(incident, Phase(phase))
    again = f", attempt {attempt}" if attempt > 1 else ""
    note(incident, "phase", says or f"{phase} begins{again}", key=f"phase/{phase}/{attempt}/{says}")


def scored(incident: str, assessment: Assessment) -> None:
    """Keep the severity; a change is noted with the numbers that it was decided from."""
    record = doors().record
    before = record.incident(incident).severity
    record.update(incident, severity=assessment.severity)
    if before is not assessment.severity:
        note(incident, "severity", f"{before} → {assessment.severity}: {assessment.reason}")


def closed(incident: str, ending: Ending, says: str) -> Incident:
    """Close the incident; closing it twice keeps the first ending's time."""
    record = doors().record
    standing = record.incident(incident)
    at = standing.closed_at or datetime.now(UTC)
    record.update(incident, phase=Phase.CLOSED, ending=ending, says=says, closed_at=at)
    note(incident, "ending", f"{ending}: {says}", key="ending")
    return record.incident(incident)
