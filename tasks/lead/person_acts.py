"""What a person did about an incident, kept as an act and as a line of the timeline that says so."""

from datetime import UTC, datetime

from blocks.record import Record
from outage.incidents.alert import alert_digest
from outage.incidents.incident import Incident
from outage.incidents.timeline import Entry, EntryKind
from outage.people.person_act import ActKind, PersonAct


def keep_act(record: Record, incident: Incident, kind: ActKind, what: str, by: str, says: str) -> None:
    """Keep what a person did, and a line of the timeline that says so.

    Args:
        record: Where.
        incident: About which.
        kind: What it was.
        what: The note, the condition, or to whom it was handed; without secrets.
        by: Their handle.
        says: The line.
    """
    now = datetime.now(UTC)
    key = f"{kind}/{alert_digest(by, says, now.isoformat())}"
    record.add_act(incident.id, PersonAct(key=key, kind=kind, what=what, by=by, at=now))
    record.add(incident.id, Entry(key=key, at=now, kind=EntryKind.NOTE, says=says, by=by))
