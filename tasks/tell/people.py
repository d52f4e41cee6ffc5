"""Messages to people. The record is the one channel that is always there; others are added behind it."""

import traceback

from prefect.logging import get_logger

from blocks.doors import doors
from outage.errors import cut
from outage.hypothesis import Diagnosis
from outage.incident import Ending, Incident
from outage.messages import first_message, resolved_message, update_message
from outage.redaction import redact
from tasks.remember import note

log = get_logger("outage.tell")


def send(incident: str, text: str) -> None:
    """Publish one of the runbook's messages: on the timeline, word for word.

    Source: runbook "Initial Communication", "During Resolution" and "Resolution Communication".
    """
    note(incident, "message", redact(text))


def send_first(incident: str, seen: Diagnosis) -> None:
    """Send the incident alert.

    Source: runbook "Initial Communication".
    """
    send(incident, first_message(doors().record.incident(incident), seen))


def send_last(incident: Incident) -> None:
    """Send the resolution, or say that a person has to take over.

    Source: runbook "Resolution Communication".
    """
    found = doors().record.phase(incident.id, "triage")
    if found is None:
        return
    text = resolved_message if incident.ending is Ending.RECOVERED else update_message
    seen = Diagnosis.model_validate(found)
    send(incident.id, text(incident, seen, incident.says))


def call_a_person(incident: str, error: Exception) -> None:
    """Hand an error that nobody expected to a person, with where it happened.

    Never raises: the error itself must come through, whatever else is broken.
    """
    last = traceback.extract_tb(error.__traceback__)[-1:]
    where = f" in {last[0].name}" if last else ""
    says = f"needs a person: {type(error).__name__}{where}: {cut(redact(str(error)))}"
    log.error("%s %s", incident, says)
    try:
        note(incident, "note", says)
    except Exception:
        log.exception("%s: the timeline could not be written either", incident)
