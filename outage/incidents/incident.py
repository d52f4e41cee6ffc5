"""One outage being answered: one id, one run, one timeline."""

from datetime import datetime
from enum import StrEnum

from outage.incidents.alert import Alert, alert_digest
from outage.incidents.routing import Route, RouteRule
from outage.incidents.severity import Severity
from outage.value import Value


class Phase(StrEnum):
    """Where an incident stands."""

    RECEIVED = "received"
    TRIAGE = "triage"
    INVESTIGATE = "investigate"
    RESOLVE = "resolve"
    AWAITING_APPROVAL = "awaiting-approval"
    AWAITING_OUTCOME = "awaiting-outcome"
    """Another incident answers the same cause."""
    VERIFY = "verify"
    AWAITING_LEADER = "awaiting-leader"
    """Everything was tried or shown; who leads says how it goes on."""
    CLOSED = "closed"


IN_TURN = (
    Phase.RECEIVED,
    Phase.TRIAGE,
    Phase.INVESTIGATE,
    Phase.AWAITING_APPROVAL,
    Phase.RESOLVE,
    Phase.VERIFY,
    Phase.CLOSED,
)
"""As a response goes through them; those where it waits for others are not among them."""


class Ending(StrEnum):
    """How an incident ended. The first seven complete the run, the others fail it."""

    RECOVERED = "Recovered"
    NOTHING_TO_DO = "NothingToDo"
    ADVISED = "Advised"
    NOT_MINE = "NotMine"
    REFUSED = "Refused"
    DECLINED = "Declined"
    MENDED_BY_HAND = "MendedByHand"
    """A person closed it as mended, and one look said that it is so."""
    UNANSWERED = "Unanswered"
    """Nobody said yes or no in time. Records of before this word have it as Declined, by `silence`."""
    INCONCLUSIVE = "Inconclusive"
    """Whether what was written helped could not be told; it stays, and a person has it."""
    NOT_RECOVERED = "NotRecovered"
    HAND_OFF_FAILED = "HandOffFailed"

    @property
    def mended(self) -> bool:
        """Whether it was seen to be over after somebody, or a plan, mended it."""
        return self in (Ending.RECOVERED, Ending.MENDED_BY_HAND)

    @property
    def over(self) -> bool:
        """Whether the outage is over, mended or never there: otherwise a person has it, or must."""
        return self.mended or self is Ending.NOTHING_TO_DO

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
    scope: str = ""
    """The place within which alerts look for their incident: a platform, or a namespace of no platform."""
    platform: str = ""
    """Name of the platform that answers; empty when it is no platform's, or of a record before there were several."""
    namespace: str = ""
    """Where is looked; empty when no alert named a namespace."""
    rule: str = ""
    """The route's rule that brought it here; empty for a record before there were routes."""
    leader: str = ""
    """Who leads it; empty when nobody does. Then the response writes nothing without this person's word."""

    @property
    def unclaimed(self) -> bool:
        """Whether no platform answers it: then it is looked at read-only, and only advised on."""
        return self.rule in (RouteRule.NO_PLATFORM, RouteRule.OTHER_CLUSTER)

    def came_to(self, phase: Phase) -> bool:
        """Whether it stands in a phase of a response or has gone on from it; a wait for others says neither."""
        return self.phase in IN_TURN and IN_TURN.index(self.phase) >= IN_TURN.index(phase)


def incident_scope(route: Route, alert: Alert) -> str:
    """The place within which an alert looks for its incident; alerts of nobody's go by what the sender groups."""
    place = route.platform or route.namespace or alert.group or alert.name
    return alert_digest(route.cluster, "platform" if route.platform else "place", place)


def incident_key(scope: str, subject: str) -> str:
    """What makes two alerts the same incident while it is open, whatever else is: the place and the service."""
    return alert_digest(scope, subject)


def incident_id(key: str, opened_at: datetime) -> str:
    """A sayable id: the day and four characters of key and moment."""
    return f"inc-{opened_at:%Y%m%d}-{alert_digest(key, opened_at.isoformat())[:6]}"


def run_name(incident: Incident, cause: str = "") -> str:
    """What the incident's run is called in the UI: `P1 auth-service down: bad image · inc-…`."""
    worst = f"{incident.severity} " if incident.severity is not Severity.NONE else ""
    drill = "[DRILL] " if incident.drill else ""
    return f"{drill}{worst}{incident.title.rstrip('.')}{f': {cause}' if cause else ''} · {incident.id}"


def run_tags(incident: Incident) -> list[str]:
    """What the incident's run can be found by: the platform, the severity, whether it is practice, and the ending."""
    worst = str(incident.severity) if incident.severity is not Severity.NONE else ""
    drill = "drill" if incident.drill else ""
    return [tag for tag in (incident.platform, worst, drill, incident.ending) if tag]
