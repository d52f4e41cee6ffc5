"""Whether an alert is part of an outage that is answered already, or the first that is told of another one.

An alert joins an open incident when the dependency graph and time say that it is the same outage. After the end only
what is provably the tail joins: the same service or what leans on it, begun before the close.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from outage.incidents.alert import PERSON, Alert
from outage.incidents.incident import Incident
from outage.value import Value

SAME_OUTBREAK = timedelta(minutes=5)
"""Between the beginnings of a cause and of what it breaks, when the cause is told last or no service is named."""

STORM_WITHIN = timedelta(minutes=10)
"""Outages that begin within so long of each other are counted together."""


class JoinReason(StrEnum):
    """Why an alert is in its incident."""

    OPENED = "opened"
    """Nothing open explains it: it is the first of its outage."""
    STILL_FIRING = "still-firing"
    """Its incident was called recovered, and it fires on: we were wrong, and that is a new one."""
    STORM_OPENED = "storm-opened"
    """More outages at once than policy calls apart: from here on they are one."""
    STORM = "storm"
    SAME_EPISODE = "same-episode"
    SAME_SERVICE = "same-service"
    LEANS_ON_IT = "leans-on-it"
    """Its service leans on one that is down."""
    BENEATH_IT = "beneath-it"
    """What is down leans on its service, and both began together: it is nearer to the cause."""
    SAME_PLACE = "same-place"
    """One of them names no service, and both began together."""
    TAIL = "tail"
    """It began before the close, on the same service or on what leans on it."""
    HANDED_OVER = "handed-over"
    """A person was handed this very episode already."""

    @property
    def opens(self) -> bool:
        """Whether it is the first of a new incident."""
        return self in (JoinReason.OPENED, JoinReason.STILL_FIRING, JoinReason.STORM_OPENED)


class Candidate(Value):
    """An incident of the same place that an alert might belong to."""

    incident: Incident
    subjects: tuple[str, ...] = ()
    """Services of its alerts and of its cause; empty when none names one."""
    began: datetime
    """When the first of its alerts began."""
    member: bool = False
    """Whether this very episode of the alert belongs to it already."""
    storm: bool = False
    opened_for_it: bool = False
    """Whether it was opened for the very service of the alert, or as the alert for none, whatever joined it since."""


class Arrival(Value):
    """An alert that looks for its incident."""

    alert: Alert
    subject: str = ""
    """The service that it is about; empty when it names none."""
    leans_on: Mapping[str, frozenset[str]] = {}
    """Service → all that it leans on."""
    workloads: Mapping[str, str] = {}
    """`deployment/NAME` → the service that runs as it."""
    at: datetime
    tail_within: timedelta = timedelta(minutes=2)
    """How long after a recovery an alert that began before it may still arrive."""
    storm_from: int = 3
    """With more open outages that began together than this, the next is a storm."""


class JoinDecision(Value):
    """Where an alert belongs."""

    incident: str = ""
    """Id; empty when a new incident is to be opened."""
    reason: JoinReason
    says: str
    """One sentence for people."""


def decide_joining(arrival: Arrival, candidates: Sequence[Candidate]) -> JoinDecision:
    """Say which incident an alert joins and why, or that it opens its own.

    Args:
        arrival: The alert, with what is known of its platform.
        candidates: The open incidents of its place, and those that were closed lately.
    """
    if _by_person(arrival):  # whoever tells of it after the end means that it is not over
        candidates = [one for one in candidates if one.incident.closed_at is None]
    still: JoinDecision | None = None
    for one in sorted(candidates, key=lambda one: one.incident.opened_at, reverse=True):
        if one.member:
            still = _repeated(arrival, one)
            if still.incident:
                return still
            break
    found = _open(arrival, candidates) or _tail(arrival, candidates)
    return (
        found
        or still
        or _storm(arrival, candidates)
        or _opens(JoinReason.OPENED, "no open incident explains it")
    )


def _by_person(arrival: Arrival) -> bool:
    return arrival.alert.source == PERSON


def _joins(one: Candidate, reason: JoinReason, because: str) -> JoinDecision:
    return JoinDecision(incident=one.incident.id, reason=reason, says=f"joins {one.incident.id}: {because}")


def _opens(reason: JoinReason, because: str) -> JoinDecision:
    return JoinDecision(reason=reason, says=f"opens an incident: {because}")


def _repeated(arrival: Arrival, one: Candidate) -> JoinDecision:
    closed, ending = one.incident.closed_at, one.incident.ending
    if closed is None:
        return _joins(one, JoinReason.SAME_EPISODE, "this very alert is in it already")
    if not (ending and ending.over):
        return _joins(one, JoinReason.HANDED_OVER, f"a person has it already, it ended {ending}")
    if arrival.at <= closed + arrival.tail_within:
        return _joins(one, JoinReason.TAIL, f"it ended {ending} just now")
    return _opens(JoinReason.STILL_FIRING, f"{one.incident.id} ended {ending}, and this fires on")


def _open(arrival: Arrival, candidates: Sequence[Candidate]) -> JoinDecision | None:
    standing = [one for one in candidates if one.incident.closed_at is None]
    related = [found for one in standing if (found := _related(arrival, one))]
    order = list(JoinReason)
    return min(related, key=lambda found: order.index(found.reason), default=None)


def _related(arrival: Arrival, one: Candidate) -> JoinDecision | None:
    """Why an alert is part of an open incident, or None."""
    subject, apart = arrival.subject, abs(arrival.alert.starts_at - one.began)
    if subject in one.subjects or one.opened_for_it or (not subject and not one.subjects):
        return _joins(one, JoinReason.SAME_SERVICE, f"it is about {subject or 'no service'} too")
    if down := _down_beneath(arrival, one):
        return _joins(one, JoinReason.LEANS_ON_IT, f"{subject} leans on {down}, which is down")
    if apart > SAME_OUTBREAK:
        return None
    if above := _down_above(arrival, one):
        return _joins(one, JoinReason.BENEATH_IT, f"{above} leans on {subject}, and both began together")
    if not subject or not one.subjects:
        return _joins(one, JoinReason.SAME_PLACE, "both began together, and one of them names no service")
    return None


def _down_beneath(arrival: Arrival, one: Candidate) -> str:
    """What is down and the alert's service leans on, or empty."""
    beneath = arrival.leans_on.get(arrival.subject, frozenset())
    return next((other for other in one.subjects if other in beneath), "")


def _down_above(arrival: Arrival, one: Candidate) -> str:
    """What is down, leans on the alert's service and has no other cause in the incident; empty when nothing is.

    What another service beneath it explains already says nothing of this one: else an incident that begins with what
    leans on everything would swallow every cause, in one order of deliveries and not in the other.
    """
    for other in one.subjects:
        beneath = arrival.leans_on.get(other, frozenset())
        explained = any(third in beneath for third in one.subjects)
        if arrival.subject in beneath and not explained:
            return other
    return ""


def _tail(arrival: Arrival, candidates: Sequence[Candidate]) -> JoinDecision | None:
    """The closed incident that an alert is provably the tail of."""
    for one in sorted(_closed(candidates), key=lambda one: one.incident.opened_at, reverse=True):
        closed = one.incident.closed_at
        if closed is None:
            continue
        if arrival.alert.starts_at > closed:
            if handed := _handed_over(arrival, one, closed):
                return handed
            continue
        late = arrival.at > closed + arrival.tail_within and _is_over(one)
        same = arrival.subject in one.subjects or (not arrival.subject and not one.subjects)
        if not late and (same or _down_beneath(arrival, one)):
            about = arrival.subject or "the same place"
            return _joins(one, JoinReason.TAIL, f"it began before the close, about {about}")
    return None


def _handed_over(arrival: Arrival, one: Candidate, closed: datetime) -> JoinDecision | None:
    """What began right after an outage was handed to a person unmended, and is related to it, is still that outage."""
    if _is_over(one) or arrival.at > closed + arrival.tail_within:
        return None
    same = arrival.subject in one.subjects
    related = same or _down_above(arrival, one) or _down_beneath(arrival, one)
    if not arrival.subject or one.opened_for_it or not related:
        return None  # the very service that it was opened for fails anew: that is an outage anew
    because = f"a person has it, it ended {one.incident.ending} just now, and {arrival.subject} hangs together with it"
    return _joins(one, JoinReason.HANDED_OVER, because)


def _is_over(one: Candidate) -> bool:
    return one.incident.ending is not None and one.incident.ending.over


def _closed(candidates: Sequence[Candidate]) -> Iterator[Candidate]:
    return (one for one in candidates if one.incident.closed_at is not None)


def _storm(arrival: Arrival, candidates: Sequence[Candidate]) -> JoinDecision | None:
    """One incident for what is too much to be told apart, or None."""
    standing = [one for one in candidates if one.incident.closed_at is None]
    if storm := next((one for one in standing if one.storm), None):
        return _joins(storm, JoinReason.STORM, "too much fails at once to be told apart")
    together = [one for one in standing if abs(arrival.at - one.incident.opened_at) <= STORM_WITHIN]
    if len(together) < arrival.storm_from or _by_person(arrival):
        return None
    says = f"{len(together)} outages are open that began together, {arrival.storm_from} are told apart"
    return _opens(JoinReason.STORM_OPENED, says)
