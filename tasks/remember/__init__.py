"""Remember: phase results, notes and the incident's standing, kept in the record so that dying is normal."""

from tasks.remember.phases import note, once, only_responder, stand
from tasks.remember.standing import begin, closed, scored

__all__ = ["begin", "closed", "note", "once", "only_responder", "scored", "stand"]
