"""The dead man's switch of the monitoring: an alert that always fires, and who is called when it no longer does.

Pure: the clock is an argument. What was heard is a row of the record for each cluster.
"""

from collections.abc import Collection
from datetime import datetime, timedelta

from pydantic import Field

from outage.incidents.severity import Severity
from outage.people.escalation import Rung
from outage.people.outbox_message import WATCHDOG_INCIDENT
from outage.text.reviewed_yaml import Duration
from outage.value import Value

WATCHDOGS = frozenset({"Watchdog", "DeadMansSwitch"})
"""Names of alerts that always fire."""


class WatchdogRules(Value):
    """When silence of the monitoring calls somebody. Without `silent_after` nobody is called for it."""

    silent_after: Duration | None = None
    """Longer than the receiver's repeat_interval: the alert comes again no sooner than that."""
    severity: Severity = Severity.P1
    """As what it is told: it decides which channels are."""
    rung: Rung = Rung.L1
    """Who is called first."""
    next_after: Duration = Field(default=timedelta(minutes=30), ge=timedelta(minutes=1))
    """After so long without the alert the next rung is called, up to the last."""


class WatchdogState(Value):
    """What is known of one cluster's monitoring."""

    cluster: str
    """Empty when its alerts name none."""
    heard_at: datetime | None = None
    """None when it never was."""
    expected_at: datetime
    """Since when it is waited for."""
    lost_at: datetime | None = None
    """When it was found silent; None while it is heard."""

    @property
    def last(self) -> datetime:
        """From when its silence counts."""
        return max(self.heard_at, self.expected_at) if self.heard_at else self.expected_at

    def gone(self, awaited: Collection[str]) -> bool:
        """Whether it was never heard, and nobody waits for it by name any more.

        Args:
            awaited: The clusters that are waited for.
        """
        return self.heard_at is None and self.cluster not in awaited

    @property
    def named(self) -> str:
        """The monitoring in words."""
        return f"the monitoring of cluster {self.cluster}" if self.cluster else "the monitoring"

    def incident_at(self, lost_at: datetime) -> str:
        """Under what the messages about one silence stand: each silence is a thread of its own."""
        return f"{WATCHDOG_INCIDENT}{self.cluster or 'monitoring'}-{lost_at:%Y%m%d%H%M%S}"


class WatchdogDue(Value):
    """What is due about one cluster's monitoring."""

    silent: bool = False
    back: bool = False
    """It was silent, and is heard again."""
    rungs: tuple[Rung, ...] = ()
    """Who must have been called by now, lowest first; those that were are among them."""


def rungs_due(
    rules: WatchdogRules, configured: tuple[Rung, ...], since: datetime, now: datetime
) -> tuple[Rung, ...]:
    """Who must have been called by now about a silence, lowest first; those that were are among them.

    Args:
        rules: Of the policy.
        configured: Rungs on which somebody can be called, lowest first.
        since: From when the silence counts.
        now: The time.
    """
    above = tuple(one for one in configured if one >= rules.rung) or configured[-1:]
    return above[: 1 + (now - since) // rules.next_after]


def watchdog_due(
    state: WatchdogState, rules: WatchdogRules, configured: tuple[Rung, ...], now: datetime
) -> WatchdogDue:
    """What must be done about one cluster's monitoring by now.

    Args:
        state: What was heard.
        rules: Of the policy.
        configured: Rungs on which somebody can be called, lowest first.
        now: The time.
    """
    if rules.silent_after is None:
        return WatchdogDue(back=state.lost_at is not None)  # nobody waits for it any more
    if now - state.last <= rules.silent_after:
        return WatchdogDue(back=state.lost_at is not None)
    since = max(state.lost_at or now, state.last + rules.silent_after)  # another policy may wait less long
    return WatchdogDue(silent=True, rungs=rungs_due(rules, configured, since, now))
