"""Where an incident stands: its phase, its severity, its end; each change is a line of the timeline."""

from datetime import UTC, datetime

from blocks.doors import doors
from outage.incident import Ending, Incident, Phase
from outage.severity import Assessment, change_in_words, worst_told
from tasks.remember.phases import note, stand
from tasks.remember.unfinished import left_of


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
        note(incident, "severity", change_in_words(before, assessment))


def closed(incident: str, ending: Ending, says: str) -> Incident:
    """Close the incident; closing it twice keeps the first ending's time.

    While it is open its severity is what was measured last; a closed one keeps the worst that it ever had, since
    the last measurement of one that was healed is always mild and its post-mortem is owed all the same.
    """
    record = doors().record
    standing = record.incident(incident)
    at = standing.closed_at or datetime.now(UTC)
    severity = worst_told(record.entries(incident), standing.severity)
    record.update(incident, phase=Phase.CLOSED, ending=ending, says=says, closed_at=at, severity=severity)
    note(incident, "ending", f"{ending}: {says}", key="ending")
    return record.incident(incident)


def half_done(incident: str, why: str) -> str:
    """Why the response stops, and what stands half done in the cluster or the database, as one sentence."""
    record = doors().record
    left = left_of(record.plans(incident), record.intents(incident))
    return f"{why}; {left or 'nothing that was written stands'}: a person is needed"


def broken_off(incident: str, why: str) -> tuple[Ending, str]:
    """How an incident ends whose response broke off.

    Not HandOffFailed, which is for an incident that nobody answers: here a person gets everything that is known.

    Args:
        incident: Id of the incident.
        why: What broke.

    Returns:
        The ending that it has already when only the closing broke off, else NotRecovered with what is half done.
    """
    standing = doors().record.incident(incident)
    if standing.ending and standing.ending is not Ending.HAND_OFF_FAILED:
        return standing.ending, standing.says
    return Ending.NOT_RECOVERED, half_done(incident, f"the response broke off: {why}")
