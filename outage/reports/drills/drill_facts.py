"""What a drill is scored from: the record of its incidents, what the fault expects, and what stood when it was over."""

from datetime import datetime, timedelta

from outage.incidents.alert import PERSON, WATCH, Alert
from outage.incidents.drill_notice import Drill
from outage.incidents.fault import Fault
from outage.incidents.incident import Incident
from outage.people.outbox_message import MessageKind, OutboxMessage
from outage.plans.plan import Intent
from outage.reports.report import Account
from outage.value import Value


class ScoredVersions(Value):
    """What a score holds for: with another program, policy, platform or fault it is another drill."""

    program: str = ""
    policy: str = ""
    platform: str = ""
    fault: str = ""


class PromisedMessage(Value):
    """One message that the policy sends to one channel, if it is told of drills."""

    channel: str
    what: MessageKind


class PractisedIncident(Value):
    """One incident of a drill, with what the account of it leaves out."""

    account: Account
    alerts: tuple[Alert, ...] = ()
    intents: tuple[Intent, ...] = ()
    messages: tuple[OutboxMessage, ...] = ()
    promised: tuple[PromisedMessage, ...] = ()
    update_every: timedelta = timedelta(hours=1)
    """How often the runbook promises news at its severity."""

    @property
    def incident(self) -> Incident:
        """Its head."""
        return self.account.incident

    @property
    def seen_by(self) -> str:
        """Whose eyes they were: `alert`, `watch` or `person`, after the first alert of the incident."""
        first = min(self.alerts, key=lambda one: one.starts_at, default=None)
        known = {WATCH: WATCH, PERSON: PERSON}
        return known.get(first.source, "alert") if first else "alert"


class DrillFacts(Value):
    """All of it."""

    drill: Drill
    fault: Fault
    platform: str
    service: str = ""
    """Where a fault of many services was put in; empty when it has one place."""
    broken_at: datetime | None = None
    ended_at: datetime
    incidents: tuple[PractisedIncident, ...] = ()
    """Oldest first."""
    cause_stands: bool | None = None
    """Whether the response ended with the fault's cause still there; None when nobody could look."""
    left: tuple[str, ...] = ()
    """What was not as before when everything had been put back."""
    collateral: tuple[str, ...] | None = ()
    """Objects that the fault did not touch and that are not as before; None when nobody could look."""
    versions: ScoredVersions = ScoredVersions()
