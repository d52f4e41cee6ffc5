"""Whether an alert joins the last incident of its key or opens a new one.

An outage fires many alerts, some late, some again and again. Each of them joining is right while the incident is
open; after it was closed it depends on whether this is the tail of what was answered or a new episode.
"""

from datetime import datetime, timedelta

from outage.incidents.alert import Alert
from outage.incidents.incident import Ending, Incident
from outage.incidents.severity import worst_severity
from outage.value import Value


class PracticeWindow(Value):
    """A drill that was announced for the alert's namespace and has not ended."""

    fault: str
    announced_at: datetime


def joins_incident(
    alert: Alert | None,
    last: Incident,
    *,
    member: bool,
    at: datetime,
    within: timedelta,
    practice: PracticeWindow | None = None,
) -> bool:
    """Whether the alert belongs to the last incident of its key.

    Args:
        alert: None when a person asks for an incident without any alert.
        last: The open incident of the key, or the one opened last.
        member: Whether this very episode of the alert belongs to that incident already.
        at: Now.
        within: How long after closing a beginning alert still counts as the tail of the same outage.
        practice: A drill announced after the closing begins a new episode at once.
    """
    if last.closed_at is None:
        return True
    if alert is None:
        return False
    if practice and practice.announced_at > last.closed_at and alert.starts_at >= practice.announced_at:
        return False
    if member and last.ending is not Ending.RECOVERED:
        return True  # it was handed to a person; the sender repeating itself is nothing new
    if last.ending is not Ending.RECOVERED and alert.starts_at > last.closed_at and _worse(alert, last):
        return False  # nobody answers what was handed over: what is worse than that must not vanish in it
    began_before_the_end = alert.starts_at <= last.closed_at + within
    just_closed = at <= last.closed_at + within
    # Still firing long after we said "recovered" means that we were wrong: that is a new incident.
    return began_before_the_end and (just_closed or last.ending is not Ending.RECOVERED)


def _worse(alert: Alert, last: Incident) -> bool:
    return worst_severity(alert.floor, last.severity) is not last.severity
