"""One look at one thing: what was asked, in the words a person would type, and what came back."""

from datetime import datetime, timedelta
from enum import StrEnum

from outage.value import Value


class Hindrance(StrEnum):
    """Why a look can never be made by this identity, on this cluster."""

    FORBIDDEN = "forbidden"
    """Our identity may not look."""
    NOT_THERE = "not-there"
    """What was asked for is unknown to whoever was asked, as a kind that the API server does not serve."""


class Evidence(Value):
    """One look. `unseen` says why when it could not be made; then `came_back` is empty."""

    id: str
    """Stable and unique within one investigation, readable: `pods`, `logs/auth-service-7d/app/previous`."""
    words: str
    """The kubectl, psql or curl words for the same look."""
    observed_at: datetime
    duration: timedelta
    came_back: str = ""
    """What came back, redacted and shortened for reading."""
    unseen: str | None = None
    """Why it could not be seen, as a sentence; None when it was."""
    hindrance: Hindrance | None = None
    """Of what kind that reason is, when it is one that asking again does not change; None otherwise."""
