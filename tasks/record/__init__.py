"""Remember: phase results, notes and the incident's standing, kept in the record so that dying is normal."""

from tasks.record.incident_state import (
    aborted,
    begin_incident,
    close_incident,
    ended_by_hand,
    partly_applied,
    set_severity,
)
from tasks.record.keep_phase import (
    as_only_responder,
    note_entry,
    only_responder,
    phase_once,
    set_phase,
)
from tasks.record.transient_errors import retry_in_flow

__all__ = [
    "aborted",
    "as_only_responder",
    "begin_incident",
    "close_incident",
    "ended_by_hand",
    "note_entry",
    "only_responder",
    "partly_applied",
    "phase_once",
    "retry_in_flow",
    "set_phase",
    "set_severity",
]
