"""An incident from its alert to its close, marked as real, as record, timers and outbox live through it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from outage.incidents.incident import Ending, Incident, Phase
from outage.incidents.phase_key import TRIAGED, investigated
from outage.incidents.severity import Severity
from outage.people.outbox_message import OutboxMessage
from outage.plans.approval import Answer
from outage.plans.outcome import Outcome, StepDid
from outage.plans.plan import WayBack
from stack.timers.timers_process import LONGEST_AFTER_CLOSE
from tasks.ask.person_answer import answer_and_wake
from tasks.record import close_incident
from tasks.tell import keep_follow_ups, send_first_message, send_last_message
from tasks.tell.read_pagers import read_pagers
from tests.blocks.channels.fake_service import Misbehaviour
from tests.blocks.record.written import newest_fence
from tests.stack.outbox.told_house import ToldHouse
from tests.stack.page.filled_record import looked, plan_of_undoing

SERVICES = ("slack", "jira", "pagerduty", "servicenow", "statuspage")
ANA_THERE = {"id": "P0ANA000", "summary": "Ana Lima"}
PEOPLE = {"ana": {"pagerduty": "P0ANA000", "mail": "ana@example.com"}, "bob": {}, "max": {}}


class RealIncident:
    """One incident; each of its phases is a method, in order."""

    def __init__(self, house: ToldHouse) -> None:
        self.house = house
        self.began = house.now
        self.incident = house.opened_incident()

    def is_told(self) -> None:
        """Triage has looked: the alert goes out, the public is told with a person's yes, L1 is called."""
        record = self.house.record
        record.update(self.incident.id, phase=Phase.TRIAGE, severity=Severity.P1)
        seen = looked(self.began, 0.42)
        record.keep_phase(self.incident.id, TRIAGED, seen, self.began)
        send_first_message(self.incident.id, seen)
        record.release_messages(self.incident.id, self.house.now)

    def waits(self) -> None:
        """Its cause is found, and a plan waits for an answer."""
        record = self.house.record
        record.keep_phase(self.incident.id, investigated(1), looked(self.began, 0.48), self.began)
        record.keep_plan(plan_of_undoing(self.incident.id, self.began))
        record.update(self.incident.id, phase=Phase.AWAITING_APPROVAL)

    def is_taken(self) -> None:
        """A minute later the pager has rung at last, and Ana takes the page in its app."""
        pager = self.house.services["pagerduty"]
        trouble, pager.always = pager.always, None
        self.house.now += timedelta(minutes=1)
        self.house.send()
        pager.press(next(iter(pager.alerts)), "acknowledged", ANA_THERE, self.house.now)
        pager.always = trouble

    def is_mended(self) -> None:
        """Bob says yes, and the plan is written."""
        house, standing = self.house, self.house.record.incident(self.incident.id)
        (plan,) = house.record.plans(standing.id)
        answer_and_wake(house.settings, house.record, standing, plan, Answer.APPROVE, "bob", "")
        house.record.update(standing.id, phase=Phase.RESOLVE)
        key = plan.steps[0].key
        fence = newest_fence(house.record)
        house.record.intend(standing.id, plan.hash, key, WayBack(before=None, says="…"), house.now, fence)
        done = Outcome(did=StepDid.APPLIED, says="revision 2 is rolled out")
        house.record.settle(standing.id, plan.hash, key, done, house.now, fence)

    def is_promised(self) -> None:
        """The time of the next update has come."""
        self.house.record.update(self.incident.id, phase=Phase.VERIFY)
        self.house.now += timedelta(minutes=31)

    def ends(self) -> None:
        """It has recovered; the response closes it."""
        shut = close_incident(self.incident.id, Ending.RECOVERED, "undid deployment/auth-service")
        keep_follow_ups(shut)
        send_last_message(shut)
        self.house.record.release_messages(self.incident.id, self.house.now)

    @property
    def phases(self) -> dict[str, Callable[[], None]]:
        """Its phases by name."""
        return {
            "told": self.is_told,
            "waits": self.waits,
            "taken": self.is_taken,
            "mended": self.is_mended,
            "promised": self.is_promised,
            "ended": self.ends,
        }


def live_through(
    house: ToldHouse, troubled: str = "", services: tuple[str, ...] = (), wrong: Misbehaviour | None = None
) -> RealIncident:
    """Live through an incident, with some services in trouble throughout one of its phases.

    Args:
        house: Whose people are told.
        troubled: Name of the phase.
        services: Which are in trouble then.
        wrong: What they do.
    """
    real = RealIncident(house)
    for name, happens in real.phases.items():
        for kind in services if name == troubled else ():
            house.services[kind].always = wrong
        happens()
        for _ in range(2):
            house.show(real.incident)
            read_pagers(house.now, LONGEST_AFTER_CLOSE)
        for one in house.services.values():
            one.always = None
        read_pagers(house.now, LONGEST_AFTER_CLOSE)
    house.look(real.incident)
    house.send_all(real.incident)
    return real


class Killed(BaseException):
    """The sender's process is gone: nothing of it runs any more."""


@contextmanager
def killed_at_every_message(house: ToldHouse) -> Iterator[set[str]]:
    """Kill the sender at each message twice: after it is begun and not sent, and after the service has it."""
    record: Any = house.record
    begin, settle = record.begin_try, record.settle_message
    killed: set[str] = set()

    def once(key: str) -> None:
        if key not in killed:
            killed.add(key)
            raise Killed(key)

    def begin_and_die(message: OutboxMessage, *given: Any) -> Any:
        begun = begin(message, *given)
        once(f"begun {message.key}")
        return begun

    def die_before_settling(message: OutboxMessage, *given: Any) -> Any:
        once(f"sent {message.key}")
        return settle(message, *given)

    record.begin_try, record.settle_message = begin_and_die, die_before_settling
    sending = house.send

    def sent_by_the_next() -> None:
        while True:
            try:
                return sending()
            except Killed:
                continue  # the supervisor starts another one

    house.send = sent_by_the_next  # type: ignore[method-assign]
    try:
        yield killed
    finally:
        del record.begin_try, record.settle_message, house.send


def what_is_seen(house: ToldHouse, incident: Incident) -> dict[str, Any]:
    """What each service shows of an incident at its end."""
    slack, jira, pager = (house.services[one] for one in ("slack", "jira", "pagerduty"))
    keys = [one["metadata"]["event_payload"]["key"] for one in slack.messages]
    mine = [one for one in jira.issues.values() if f"outage-{incident.id}" in one["labels"]]
    itsm = [
        one
        for one in house.services["servicenow"].incidents.values()
        if one["correlation_id"].endswith(incident.id)
    ]
    public = house.services["statuspage"].incidents
    return {
        "threads": len(slack.heads),
        "doubled": sorted({key for key in keys if keys.count(key) > 1}),
        "head": next((line for line in slack.heads[0]["text"].splitlines() if line.startswith("Status")), ""),
        "questions": len([key for key in keys if "/question/" in key]),
        "buttons": [one["ts"] for one in slack.messages if one["blocks"]],
        "jira": [one["status"] for one in mine],
        "comments": doubled_comments(mine),
        "servicenow": [one["state"] for one in itsm],
        "public": [one["status"] for one in public],
        "calls": pager.calls,
        "alerts": sorted(set(pager.alerts.values())),
    }


def doubled_comments(issues: list[dict[str, Any]]) -> list[str]:
    """Messages that an issue has as comments more than once."""
    keys = [
        prop["value"]["key"]
        for one in issues
        for comment in one["comments"]
        for prop in comment["properties"]
    ]
    return sorted({key for key in keys if keys.count(key) > 1})


ONCE_AND_CLOSED = {
    "threads": 1,
    "doubled": [],
    "head": "Status: Resolved",
    "questions": 1,
    "buttons": [],
    "jira": ["Done"],
    "comments": [],
    "servicenow": ["6"],
    "public": ["resolved"],
    "calls": 1,
    "alerts": ["resolved"],
}
"""One thread, one ticket each, one public incident, one page, and all of it closed."""
