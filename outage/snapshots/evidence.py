"""One look at one thing: what was asked, in the words a person would type, and what came back."""

from datetime import datetime, timedelta

from outage.value import Value


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
