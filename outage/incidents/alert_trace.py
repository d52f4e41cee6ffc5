"""What became of one delivered alert: which rule, in which window of time, decided what, for which incident."""

from datetime import datetime

from outage.incidents.alert import Alert, alert_digest
from outage.incidents.joining import JoinDecision
from outage.incidents.routing import Route
from outage.value import Value


class AlertTrace(Value):
    """One alert's way through the intake; the first delivery of an episode is the one that is traced."""

    id: str
    at: datetime
    alert: str
    """Its name."""
    firing: bool
    route: Route
    window: str
    """The times that were compared."""
    decision: JoinDecision | None = None
    """None when nothing was to be decided: a heartbeat, or a resolve that nobody opened."""
    incident: str | None = None
    severity: str = ""
    """What is to be said of its severity label; empty when it is understood."""

    @property
    def sentences(self) -> tuple[str, ...]:
        """For people: the rule, the window, the decision, the incident."""
        decided = self.decision.says if self.decision else "nothing was to be decided"
        reason = f" ({self.decision.reason})" if self.decision else ""
        return (
            f"trace {self.id}: {self.alert} {'fires' if self.firing else 'is resolved'}",
            f"rule {self.route.rule}: {self.route.because}",
            f"window: {self.window}",
            f"decision: {decided}{reason}",
            f"incident: {self.incident or 'none'}",
            *([self.severity] if self.severity else []),
        )


def trace_id(alert: Alert) -> str:
    """The same for every delivery of one episode's alert."""
    return f"trc-{alert_digest(alert.fingerprint, str(alert.firing))[:12]}"


def compared_times(alert: Alert, at: datetime, within_seconds: float) -> str:
    """The times that decide where an alert belongs, as a sentence.

    Args:
        alert: As it was delivered.
        at: When it was received, aware UTC.
        within_seconds: How long after a recovery an alert that began before it may still arrive.
    """
    return (
        f"it began {alert.starts_at:%Y-%m-%d %H:%M:%S} and came {at:%H:%M:%S} UTC;"
        f" the tail of a recovery is {within_seconds:.0f} s long"
    )
