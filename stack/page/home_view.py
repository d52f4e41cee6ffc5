"""What the first page shows: what is open and waits, who is on call, how channels do, and what was."""

import threading
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path

from blocks.installation.platform_files import PlatformFiles
from blocks.record import Record
from blocks.record.people.outbox_rows import ChannelHealth
from blocks.record.plan_rows import AnsweredPlan
from blocks.settings import Settings
from outage.incidents.drill_notice import Drill
from outage.incidents.incident import Incident, Phase
from outage.plans.plan import Plan
from outage.policies.permission import PermissionRequest, approvals_needed
from outage.policies.policy import Policy
from outage.reports.past_incidents import DrillChoice, HistoryFilter, MeanTimes, PastIncident, mean_times
from outage.value import Value
from stack.page.practice.standing_practice import StandingPractice, standing_practice
from tasks.tell.on_call_people import RotationView, people_meant, rotation_view

HISTORY = 50
"""Incidents of one page of the history."""
MEASURED = 1000
"""Newest incidents of which means are made."""
DRILLS = 30
CALENDAR_SECONDS = 60.0
"""How long it is remembered who is on call: a calendar's server is not asked with every look at the page."""


class WaitingPlan(Value):
    """A plan that waits for an answer."""

    plan: Plan
    deadline: datetime
    """Then silence is a no."""
    needed: int
    """How many people must say yes."""
    given: int
    """How many did."""


class OpenIncident(Value):
    """An incident that is not over."""

    incident: Incident
    waiting: WaitingPlan | None = None


class OnCallView(Value):
    """Who is on call."""

    rotations: tuple[RotationView, ...] = ()
    rungs: dict[str, tuple[str, ...]] = {}
    """Rung → whom it calls now."""


class HomeView(Value):
    """The first page."""

    now: datetime
    open: tuple[OpenIncident, ...]
    on_call: OnCallView
    channels: tuple[ChannelHealth, ...]
    policy_broken: str = ""
    means: dict[str, tuple[MeanTimes, ...]]
    """`all`, `platform`, `severity`, `cause` → one line for each group; drills do not count."""
    drills: tuple[Drill, ...]
    """The last ones that are over, oldest first."""
    practice: StandingPractice = StandingPractice()
    """What is announced, and what is not over."""
    history: tuple[PastIncident, ...]
    wanted: HistoryFilter
    platforms: tuple[str, ...]

    @property
    def older(self) -> datetime | None:
        """Where the next page of the history begins; None on the last."""
        return self.history[-1].incident.opened_at if len(self.history) == HISTORY else None


def home_view(
    record: Record, settings: Settings, wanted: HistoryFilter, on_call: OnCallView, now: datetime
) -> HomeView:
    """Collect the first page.

    Args:
        record: Where it stands.
        settings: Where the policies are.
        wanted: Which incidents the history shows.
        on_call: Who is on call.
        now: The time.
    """
    policies = PlatformFiles(settings).policies()
    broken = [f"{name}: {one.broken}" if name else one.broken for name, one in policies.items() if one.broken]
    channels = dict.fromkeys(name for one in policies.values() for name in one.channels)
    real = record.past_incidents(HistoryFilter(drills=DrillChoice.REAL), MEASURED)
    drills = [one for one in record.drills(DRILLS) if one.ended_at]
    health = {one.channel: one for one in record.channel_health()}
    still_open = sorted(
        record.open_incidents(), key=lambda one: one.severity.rank
    )  # the newest of each first
    waiting = record.waiting_plans([one.id for one in still_open if one.phase is Phase.AWAITING_APPROVAL])
    return HomeView(
        now=now,
        open=tuple(
            OpenIncident(
                incident=one,
                waiting=waiting_view(waiting.get(one.id), policies.get(one.platform, policies[""]), one),
            )
            for one in still_open
        ),
        on_call=on_call,
        channels=tuple(health.get(name) or ChannelHealth(channel=name) for name in channels),
        policy_broken="; ".join(broken),
        means=grouped_means(real),
        drills=tuple(reversed(drills)),
        practice=standing_practice(record, now),
        history=tuple(record.past_incidents(wanted, HISTORY)),
        wanted=wanted,
        platforms=tuple(record.known_platforms()),
    )


def grouped_means(real: list[PastIncident]) -> dict[str, tuple[MeanTimes, ...]]:
    """The three means of all incidents, and by platform, severity and cause."""
    by: dict[str, Callable[[PastIncident], str]] = {
        "all": lambda _: "all incidents",
        "platform": lambda one: one.incident.platform,
        "severity": lambda one: str(one.incident.severity),
        "cause": lambda one: one.cause,
    }
    return {name: mean_times(real, group_of) for name, group_of in by.items()}


def waiting_view(found: AnsweredPlan | None, policy: Policy, incident: Incident) -> WaitingPlan | None:
    """The plan of an incident that waits for an answer, until when, and for how many.

    Args:
        found: Its newest plan; None when none waits.
        policy: By which the incident is answered.
        incident: As it stands.
    """
    if found is None:
        return None
    return WaitingPlan(
        plan=found.plan,
        deadline=found.plan.made_at + policy.answer_within,
        needed=max(1, approvals_needed(PermissionRequest.of(found.plan, incident, policy))),
        given=found.answers,
    )


class OnCallMemory:
    """Who is on call, asked for once a minute at most. Safe to use from several threads.

    Whoever looks at the page never waits for a calendar's server, but for the very first look: they see what was known
    last, and the next look shows what is asked for meanwhile.
    """

    def __init__(self, settings: Settings) -> None:
        """Ask nobody yet."""
        self.settings = settings
        self._lock = threading.Lock()
        self._known: OnCallView | None = None
        self._until = 0.0

    def now(self, at: datetime) -> OnCallView:
        """Who is on call at a moment, as it was known lately."""
        with self._lock:
            known, old = self._known, time.monotonic() >= self._until
            if old:
                self._until = time.monotonic() + CALENDAR_SECONDS
        if known is None:
            return self._ask(at)
        if old:
            threading.Thread(target=self._ask, args=(at,), name="on-call", daemon=True).start()
        return known

    def _ask(self, at: datetime) -> OnCallView:
        self._known = on_call_view(PlatformFiles(self.settings).policies(), at, Path(self.settings.home))
        return self._known


def on_call_view(policies: Mapping[str, Policy], at: datetime, home: Path) -> OnCallView:
    """Who is on call by the rotations of every policy, and whom each rung calls.

    Args:
        policies: By platform; the installation's own has no name.
        at: The moment.
        home: Where copies of calendars are.
    """
    rotations: list[RotationView] = []
    rungs: dict[str, tuple[str, ...]] = {}
    for platform, policy in policies.items():
        ours = f" ({platform})" if platform else ""
        for name in policy.rotations:
            view = rotation_view(name, policy, at, home)
            rotations.append(view.model_copy(update={"name": f"{view.name}{ours}"}))
        for rung in policy.escalation.configured:
            people = people_meant(policy.escalation.rungs.get(rung, ()), policy, at, home)
            rungs[f"{rung}{ours}"] = tuple(people)
    return OnCallView(rotations=tuple(rotations), rungs=rungs)
