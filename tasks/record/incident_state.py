"""Where an incident stands: its phase, its severity, its end; each change is a line of the timeline."""

from datetime import UTC, datetime

from blocks.clients import clients
from outage.incidents.alert import alert_digest
from outage.incidents.incident import Ended, Ending, Incident, Phase
from outage.incidents.phase_key import ENDED
from outage.incidents.severity import Assessment, change_in_words, severity_change_key, worst_told
from outage.incidents.timeline import EntryKind
from tasks.record.incident_place import relabel_run
from tasks.record.keep_phase import note_entry, set_phase
from tasks.record.unfinished_writes import left_by_response


def begin_incident(incident_id: str, phase: str, attempt: int = 1, says: str = "") -> None:
    """Enter a phase of a response, on the incident and on its timeline.

    Args:
        incident_id: Whose response it is.
        phase: A `Phase`, by its word.
        attempt: Number of the plan; told from the second on.
        says: The timeline's line; by default that the phase begins.
    """
    set_phase(incident_id, Phase(phase))
    again = f", attempt {attempt}" if attempt > 1 else ""
    note_entry(
        incident_id, EntryKind.PHASE, says or f"{phase} begins{again}", key=f"phase/{phase}/{attempt}/{says}"
    )


def set_severity(incident_id: str, assessment: Assessment) -> None:
    """Keep the severity; a change is noted with the numbers that it was decided from."""
    record = clients().record
    before = record.incident(incident_id).severity
    standing = record.update(incident_id, severity=assessment.severity)
    if before is not assessment.severity:
        says = change_in_words(before, assessment)
        key = severity_change_key(before, assessment, alert_digest(says))
        note_entry(incident_id, EntryKind.SEVERITY, says, key=key)
        relabel_run(standing)


def close_incident(incident_id: str, ending: Ending, says: str) -> Incident:
    """Close the incident; closing it twice keeps the first ending's time.

    While it is open its severity is what was measured last; a closed one keeps the worst that it ever had, since
    the last measurement of one that was healed is always mild and its post-mortem is owed all the same.

    Args:
        incident_id: Of the incident.
        ending: How it ends.
        says: Why, as one sentence.
    """
    record = clients().record
    standing = record.incident(incident_id)
    if standing.closed_at is not None and record.phase(incident_id, ENDED) is not None:
        return standing  # a person closed it while the response was at work: what they saw stands
    at = standing.closed_at or datetime.now(UTC)
    severity = worst_told(record.entries(incident_id), standing.severity)
    record.update(incident_id, phase=Phase.CLOSED, ending=ending, says=says, closed_at=at, severity=severity)
    note_entry(incident_id, EntryKind.ENDING, f"{ending}: {says}", key="ending")
    closed = record.incident(incident_id)
    relabel_run(closed)
    return closed


def ended_by_hand(incident_id: str) -> Ended | None:
    """How a person ended the incident while its response was at work; None while nobody did."""
    found = clients().record.phase(incident_id, ENDED)
    return Ended.model_validate(found) if found else None


def partly_applied(incident_id: str, why: str) -> str:
    """Why the response stops, and what stands half done in the cluster or the database, as one sentence.

    Args:
        incident_id: Whose response it is.
        why: Why it stops, as the beginning of a sentence.
    """
    record = clients().record
    left = left_by_response(record.plans(incident_id), record.intents(incident_id))
    return f"{why}; {left or 'nothing that was written stands'}: a person is needed"


def aborted(incident_id: str, why: str) -> tuple[Ending, str]:
    """How an incident ends whose response broke off.

    Not HandOffFailed, which is for an incident that nobody answers: here a person gets everything that is known.

    Args:
        incident_id: Id of the incident.
        why: What broke.

    Returns:
        The ending that it has already when only the closing broke off, else NotRecovered with what is half done.
    """
    standing = clients().record.incident(incident_id)
    if standing.ending and standing.ending is not Ending.HAND_OFF_FAILED:
        return standing.ending, standing.says
    return Ending.NOT_RECOVERED, partly_applied(incident_id, f"the response broke off: {why}")
