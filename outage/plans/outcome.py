"""What a step did."""

from enum import StrEnum

from outage.value import Value


class StepDid(StrEnum):
    """The three outcomes of a step."""

    APPLIED = "Applied"
    ALREADY_SO = "AlreadySo"
    FAILED = "Failed"


class Outcome(Value):
    """A step's outcome with its sentence."""

    did: StepDid
    says: str
    resource_version: str | None = None
    """Of the object after the write."""
    spec_hash: str | None = None
    """Of the object after the write, for a later step on the same object."""
    uid: str | None = None
    """Of the object after the write; None when it is gone."""


class Resolved(Value):
    """What applying a plan (or taking it back) came to."""

    says: str
    applied: bool
    """Whether every step is in place: applied now, or already so."""
    refused: bool = False
    """A guard objected before anything was written."""
    outcomes: dict[str, Outcome] = {}
    """By step key, in order."""
