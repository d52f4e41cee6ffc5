"""A fresh picture for the guards: little enough to be taken before every write, new enough to be believed."""

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TypeVar

from blocks.kubernetes import Cluster
from blocks.kubernetes.api_kinds import KINDS
from blocks.record import Record
from blocks.retry import retry_transient
from outage.diagnosis.hypothesis import Action
from outage.diagnosis.thresholds import BELIEVED_FROM
from outage.errors import ClusterError, ClusterMissing, OutageError
from outage.incidents.incident import Incident
from outage.kubernetes.access_right import MissingRight, Right
from outage.kubernetes.objects import ObjectRef
from outage.plans.plan import Plan
from outage.plans.shared_causes import is_same_cause
from outage.plans.step_rights import rights_of_plan
from outage.platforms.platform import Platform
from outage.policies.guards import GuardView, RecentWrite
from outage.policies.guards.guard_view import JUDGED_BY, OwnPlace
from outage.snapshots.snapshot import DatabaseView, Snapshot
from outage.value import Manifest

Answer = TypeVar("Answer")

REMEMBERED = timedelta(hours=2)
"""How far back writes are read: longer than the hour of the limit and any sensible cooldown."""

BREATHS_SECONDS = (0.3, 1.0)
"""Before a look is made again that failed in passing."""

PATIENT_SECONDS = 15.0
"""For all of them together: a picture must be fresh, and an API server that is away is not looked at ten times."""


def take_fresh_view(
    plan: Plan,
    platform: Platform,
    cluster: Cluster,
    *,
    writes: tuple[RecentWrite, ...] = (),
    causes: int = 1,
    stop: str | None = None,
    database: Callable[[], DatabaseView] | None = None,
    may: Callable[[Right], bool] | None = None,
    own: OwnPlace | None = None,
) -> GuardView:
    """Look at what the guards of one plan need.

    A kind that cannot be listed, or one of whose targets cannot be read, is absent from the picture as a whole:
    half a kind would make what is missing look as if it were not there. Guards that need it then refuse.

    Args:
        plan: Whose targets are looked at.
        platform: Its services and namespaces.
        cluster: The reading door.
        writes: What the responses wrote lately.
        causes: How many separate causes stand.
        stop: Why writing is switched off, or None.
        database: Asks the database for its sessions; called only when the plan ends some.
        may: Asks whether the writer has a right; without it guards cannot tell, and refuse.
        own: Where this responder runs, when that is in this cluster.
    """
    seen = _Seen(cluster)
    taken_at = datetime.now(UTC)
    namespaces = {step.change.target.namespace for step in plan.steps if step.change.target.namespace}
    evicts_elsewhere = any(step.change.action is Action.DRAIN for step in plan.steps)
    places: list[str | None] = [None] if evicts_elsewhere else [*sorted(namespaces)]
    for kind in JUDGED_BY:
        seen.look(kind, places)
    seen.look("Node", [None])
    if evicts_elsewhere:  # whoever is moved may live in any namespace
        seen.look("Namespace", [None])
    spaces = [ObjectRef(kind="Namespace", name=name) for name in sorted(namespaces)]
    for target in [step.change.target for step in plan.steps] + spaces:
        seen.read(target)
    view = _view(database) if any(step.change.action is Action.CANCEL for step in plan.steps) else None
    snapshot = Snapshot(
        taken_at=taken_at, namespaces=tuple(sorted(namespaces)), objects=seen.whole(), database=view
    )
    return GuardView(
        snapshot=snapshot,
        platform=platform,
        writes=writes,
        kill_switch=stop,
        causes=causes,
        missing_rights=missing_of_plan(plan, may) if may else None,
        own_place=own,
    )


def missing_of_plan(plan: Plan, may: Callable[[Right], bool]) -> tuple[MissingRight, ...]:
    """What the writer lacks for a plan and its way back; a right that nobody could ask about is one of them.

    Args:
        plan: Its steps need the rights.
        may: Asks whether the writer has one; an error of ours is the reason why it is not known.
    """
    answers = ((right, _answer(right, may)) for right in rights_of_plan(plan))
    return tuple(MissingRight(right=right, unknown=why or "") for right, why in answers if why is not None)


def _answer(right: Right, may: Callable[[Right], bool]) -> str | None:
    """None when the writer has it, empty when it has it not, else why that is not known."""
    try:
        return None if may(right) else ""
    except OutageError as error:
        return str(error) or type(error).__name__


class _Seen:
    """What was seen of each kind, and which kinds could not be looked at as a whole."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._patient_until = time.monotonic() + PATIENT_SECONDS
        self._found: dict[str, list[Manifest]] = {}
        self._unseen: set[str] = set()

    def look(self, kind: str, places: Sequence[str | None]) -> None:
        """All objects of a kind in these places."""
        try:
            self._found[kind] = [
                one
                for place in places
                for one in self._asked(partial(self._cluster.list, kind, place, cached=False))
            ]
        except ClusterError:
            self._unseen.add(kind)

    def read(self, target: ObjectRef) -> None:
        """One object, unless its kind was listed or is none that we know."""
        if target.kind in JUDGED_BY or target.kind not in KINDS:
            return
        try:
            there = self._asked(partial(self._cluster.get, target))
        except ClusterMissing:
            self._found.setdefault(target.kind, [])  # seen, and not there
        except ClusterError:
            self._unseen.add(target.kind)
        else:
            found = self._found.setdefault(target.kind, [])
            if not any(one["metadata"].get("uid") == there["metadata"].get("uid") for one in found):
                found.append(there)

    def _asked(self, ask: Callable[[], Answer]) -> Answer:
        """Ask again when the error passes by itself: a refusal is for reasons that last."""
        return retry_transient(
            ask,
            BREATHS_SECONDS,
            errors=(ClusterError,),
            in_time=lambda: time.monotonic() <= self._patient_until,
        )

    def whole(self) -> dict[str, tuple[Manifest, ...]]:
        """The kinds of which everything that was asked for was answered."""
        return {kind: tuple(found) for kind, found in self._found.items() if kind not in self._unseen}


def _view(database: Callable[[], DatabaseView] | None) -> DatabaseView | None:
    try:
        return database() if database else None
    except OutageError:
        return None


def recent_writes(record: Record, now: datetime) -> tuple[RecentWrite, ...]:
    """Every write of any incident that guards still count."""
    return record.writes_since(now - REMEMBERED)


def causes_standing(record: Record, incident: Incident, attempt: int) -> int:
    """How many separate causes the plan's investigation left standing; 1 when it is not on record.

    The same wrong value on several objects is one cause.
    """
    found = record.diagnosis(incident.id, attempt)
    if found is None:
        return 1
    standing = [one for one in found.hypotheses if one.score >= BELIEVED_FROM]
    alone = [
        one for at, one in enumerate(standing) if not any(is_same_cause(one, two) for two in standing[:at])
    ]
    return max(1, len({one.about for one in alone}))
