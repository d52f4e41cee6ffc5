"""Remember: phase results, notes and the incident's standing, kept in the record so that dying is normal."""

from tasks.remember.phases import note, once, only_responder, stand
from tasks.remember.standing import begin, broken_off, closed, half_done, scored
from tasks.remember.weather import patiently

__all__ = [
    "begin",
    "broken_off",
    "closed",
    "half_done",
    "note",
    "once",
    "only_responder",
    "patiently",
    "scored",
    "stand",
]
