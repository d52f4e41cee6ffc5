"""What was healed must heal itself: one pod is deleted, one tick of a recurring actor is waited for."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from blocks.cluster import Cluster
from blocks.cluster.writing import Writer
from outage.errors import ClusterError
from outage.guards.world import is_ready
from outage.hypothesis import Action, Change
from outage.objects import ObjectRef, labels, ref, selects
from outage.plan import Plan, Precondition
from outage.platform import Platform
from outage.value import Manifest
from outage.verification import Check, rollout

BACK_WITHIN = timedelta(seconds=90)
LOOK_EVERY_SECONDS = 1.0
EVERY_MINUTES = 2
"""A schedule whose first field is `*` or `*/1` or `*/2` ticks soon enough to be waited for."""


def lose_one_pod(
    cluster: Cluster,
    writer: Writer,
    platform: Platform,
    targets: Iterable[ObjectRef],
    *,
    now: Callable[[], datetime],
    rest: Callable[[float], None],
) -> Check:
    """Delete one ready pod of a healed workload that has others, and see it come back.

    Source: fault classes, "Order of play", 5.
    Changes: deletes one pod.
    Take back: nothing; the workload's controller puts another in its place.
    """
    for target in targets:
        service = platform.by_workload(target.kind, target.name)
        ready = _ready_pods(cluster, target.namespace, service.selector if service else {})
        if service is None or len(ready) < 2:
            continue  # the last one is not taken away to prove a point
        victim = ref(ready[0], "Pod")
        try:
            _delete(writer, victim, ready[0])
            return _back(cluster, target, now, rest)
        except ClusterError as error:
            return Check(name="lose-one-pod", ok=None, says=f"no pod was deleted: {error}")
    return Check(name="lose-one-pod", ok=None, says="no healed workload has a pod to spare")


def _ready_pods(cluster: Cluster, namespace: str, selector: dict[str, str]) -> list[Manifest]:
    return [pod for pod in cluster.list("Pod", namespace) if selects(selector, labels(pod)) and is_ready(pod)]


def _delete(writer: Writer, victim: ObjectRef, pod: Manifest) -> None:
    change = Change(
        action=Action.DELETE, target=victim, why="prove that it heals itself", expected="a new pod"
    )
    writer.write(change, Precondition(uid=pod["metadata"]["uid"]))


def _back(
    cluster: Cluster, target: ObjectRef, now: Callable[[], datetime], rest: Callable[[float], None]
) -> Check:
    began = now()
    rest(LOOK_EVERY_SECONDS)  # its controller must have seen the loss before its status means anything
    while now() - began < BACK_WITHIN:
        if rollout(cluster.find(target), str(target)).ok:
            seconds = int((now() - began).total_seconds())
            return Check(name="lose-one-pod", ok=True, says=f"{target} was whole again after {seconds} s")
        rest(LOOK_EVERY_SECONDS)
    return Check(name="lose-one-pod", ok=False, says=f"{target} did not replace a deleted pod within 90 s")


def suspended_actors(plan: Plan) -> list[ObjectRef]:
    """CronJobs that the plan suspended: one tick of theirs must pass before their work counts as undone."""
    return [step.change.target for step in plan.steps if step.change.target.kind == "CronJob"]


def tick_of(cronjob: Manifest | None) -> timedelta | None:
    """How long until a CronJob's next tick at the latest, for the schedules that are worth waiting for."""
    minute = str(((cronjob or {}).get("spec") or {}).get("schedule", "")).split(" ")[0]
    if minute == "*":
        return timedelta(minutes=1)
    if minute.startswith("*/") and minute[2:].isdigit():
        return timedelta(minutes=int(minute[2:]))
    return None
