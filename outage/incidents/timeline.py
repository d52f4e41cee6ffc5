"""What happened, in order: append-only lines that the report renders."""

from datetime import datetime

from outage.value import Value


class Entry(Value):
    """One line of the timeline."""

    key: str
    """Unique within the incident, so that writing it twice changes nothing."""
    at: datetime
    kind: str
    """alert, phase, severity, evidence, hypothesis, plan, approval, write, verify, message, note or ending."""
    says: str
    by: str = "outage"
