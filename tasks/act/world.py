"""A fresh picture for the guards: little enough to be taken before every write, new enough to be believed."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from blocks.cluster import Cluster
from blocks.cluster.kinds import KINDS
from blocks.record import Record
from outage.errors import ClusterError, ClusterMissing, OutageError
from outage.guards import World, Write
from outage.hypothesis import Action, Diagnosis
from outage.incident import Incident
from outage.objects import ObjectRef
from outage.plan import Plan
from outage.platform import Platform
from outage.snapshot import DatabaseView, Snapshot
from outage.value import Manifest

JUDGED_BY = (
    "Pod",
    "ReplicaSet",
    "Deployment",
    "StatefulSet",
    "DaemonSet",
    "HorizontalPodAutoscaler",
    "PodDisruptionBudget",
)
"""What guards ask about, beside the targets themselves."""

REMEMBERED = timedelta(hours=2)
"""How far back writes are read: longer than the hour of the limit and any sensible cooldown."""

STANDS_FROM = 0.5
"""Score from which a cause counts as standing."""


def take_world(
    plan: Plan,
    platform: Platform,
    cluster: Cluster,
    *,
    writes: tuple[Write, ...] = (),
    causes: int = 1,
    stop: str | None = None,
    database: Callable[[], DatabaseView] | None = None,
) -> World:
    """Look at what the guards of one plan need.

    A kind that cannot be listed is absent from the picture; guards that need it then refuse.
    """
    objects: dict[str, list[Manifest]] = {}
    taken_at = datetime.now(UTC)
    namespaces = {step.change.target.namespace for step in plan.steps if step.change.target.namespace}
    evicts_elsewhere = any(step.change.action is Action.DRAIN for step in plan.steps)
    places: list[str | None] = [None] if evicts_elsewhere else [*sorted(namespaces)]
    for kind in JUDGED_BY:
        _list(cluster, objects, kind, places)
    _list(cluster, objects, "Node", [None])
    spaces = [ObjectRef(kind="Namespace", name=name) for name in sorted(namespaces)]
    for target in [step.change.target for step in plan.steps] + spaces:
        _get(cluster, objects, target)
    seen = {kind: tuple(found) for kind, found in objects.items()}
    view = _view(database) if any(step.change.action is Action.CANCEL for step in plan.steps) else None
    snapshot = Snapshot(taken_at=taken_at, namespaces=tuple(sorted(namespaces)), objects=seen, database=view)
    return World(snapshot=snapshot, platform=platform, writes=writes, kill_switch=stop, causes=causes)


def _list(
    cluster: Cluster, objects: dict[str, list[Manifest]], kind: str, namespaces: list[str | None]
) -> None:
    try:
        objects[kind] = [one for place in namespaces for one in cluster.list(kind, place, cached=False)]
    except ClusterError:
        objects.pop(kind, None)  # absent means unseen, and guards refuse when they cannot tell


def _get(cluster: Cluster, objects: dict[str, list[Manifest]], target: ObjectRef) -> None:
    if target.kind in JUDGED_BY or target.kind not in KINDS:
        return
    try:
        there = cluster.get(target)
    except ClusterMissing:
        objects.setdefault(target.kind, [])
    except ClusterError:
        return
    else:
        found = objects.setdefault(target.kind, [])
        if not any(one["metadata"].get("uid") == there["metadata"].get("uid") for one in found):
            found.append(there)


def _view(database: Callable[[], DatabaseView] | None) -> DatabaseView | None:
    try:
        return database() if database else None
    except OutageError:
        return None


def recent_writes(record: Record, now: datetime) -> tuple[Write, ...]:
    """Every write of any incident that guards still count."""
    found: list[Write] = []
    for incident in record.incidents(limit=100):
        if incident.closed_at and now - incident.closed_at > REMEMBERED:
            continue
        targets = {
            (plan.hash, step.key): step.change.target
            for plan in record.plans(incident.id)
            for step in plan.steps
        }
        for intent in record.intents(incident.id):
            target = targets.get((intent.plan_hash, intent.step_key.removeprefix("take-back/")))
            if target and now - intent.at <= REMEMBERED:
                found.append(Write(incident=incident.id, target=target, at=intent.at))
    return tuple(found)


def causes_standing(record: Record, incident: Incident, attempt: int) -> int:
    """How many separate causes the plan's investigation left standing; 1 when it is not on record."""
    phase = record.phase(incident.id, f"investigate-{attempt}")
    if phase is None:
        return 1
    hypotheses = Diagnosis.model_validate(phase).hypotheses
    return max(1, len({one.about for one in hypotheses if one.score >= STANDS_FROM}))
