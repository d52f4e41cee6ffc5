"""One outage being answered: one id, one run, one timeline."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from outage.incidents.alert import Alert, alert_digest
from outage.incidents.severity import Severity
from outage.value import Value


class Phase(StrEnum):
    """Where an incident stands."""

    RECEIVED = "received"
    TRIAGE = "triage"
    INVESTIGATE = "investigate"
    RESOLVE = "resolve"
    AWAITING_APPROVAL = "awaiting-approval"
    VERIFY = "verify"
    CLOSED = "closed"


class Ending(StrEnum):
    """How an incident ended. The first six complete the run, the others fail it."""

    RECOVERED = "Recovered"
    NOTHING_TO_DO = "NothingToDo"
    ADVISED = "Advised"
    NOT_MINE = "NotMine"
    REFUSED = "Refused"
    DECLINED = "Declined"
    UNANSWERED = "Unanswered"
    """Nobody said yes or no in time. Records of before this word have it as Declined, by `silence`."""
    INCONCLUSIVE = "Inconclusive"
    """Whether what was written helped could not be told; it stays, and a person has it."""
    NOT_RECOVERED = "NotRecovered"
    HAND_OFF_FAILED = "HandOffFailed"

    @property
    def completes(self) -> bool:
        """Whether the run ends green: a refusal shown red teaches people to ignore red."""
        unfinished = (Ending.UNANSWERED, Ending.INCONCLUSIVE, Ending.NOT_RECOVERED, Ending.HAND_OFF_FAILED)
        return self not in unfinished


class Ended(Value):
    """How the response to one incident ended."""

    ending: Ending
    says: str
    report: str = ""
    """Path of the report, or empty when none could be written."""


class Incident(Value):
    """The head of the record; everything else hangs on its id."""

    id: str
    """Short and sayable: `inc-20301123-7f3a`."""
    key: str
    """What makes two alerts the same incident."""
    title: str
    opened_at: datetime
    phase: Phase = Phase.RECEIVED
    severity: Severity = Severity.NONE
    ending: Ending | None = None
    says: str = ""
    """The ending (or the present state) as one sentence."""
    closed_at: datetime | None = None
    flow_run_id: str | None = None
    drill: str | None = None
    """Name of the fault when it is practice."""
    requester: str = ""
    """Who reported it by hand; empty when an alert did. Policy may keep this person from approving alone."""


def incident_place(alert: Alert, platform: Sequence[str] = ()) -> str:
    """The place that an alert speaks of: the platform as a whole, another namespace, or empty.

    Args:
        alert: What the monitoring told us.
        platform: The platform's namespaces, its own first. Its ingress, its monitoring and its nodes are parts of
            it: one outage shows in all of them at once.
    """
    if platform and (not alert.namespace or alert.namespace in platform):
        return platform[0]
    return alert.namespace


def incident_key(alert: Alert, platform: Sequence[str] = ()) -> str:
    """What groups alerts into one incident: the place they speak of, not the rule that fired.

    One outage fires several rules (no replicas, errors, probes); they must make one incident. So the key is
    the place; alerts without one (of a platform that is not known) are grouped by the sender's group.
    """
    place = incident_place(alert, platform) or alert.group or alert.name
    return alert_digest(alert.labels.get("cluster", ""), place)


def incident_id(key: str, opened_at: datetime) -> str:
    """A sayable id: the day and four characters of key and moment."""
    return f"inc-{opened_at:%Y%m%d}-{alert_digest(key, opened_at.isoformat())[:6]}"
