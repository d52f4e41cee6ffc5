"""What can stand in the way of the practice ground."""

from outage.errors import OutageError


class PracticeError(OutageError):
    """The ground cannot be raised, used or cleared; the text is one sentence with what to do about it."""


class NetworkAway(PracticeError):
    """A program that we ran failed, and said that it could not reach what it wanted to fetch."""


class Cancelled(PracticeError):
    """A step was told to stop because another one failed; its own text matters to nobody."""
