"""What was healed must heal itself: one pod of it is lost, and its controller puts another in its place."""

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from functools import partial

from blocks.kubernetes import Cluster
from blocks.kubernetes.writer import Writer
from outage.errors import OutageError, RecordError
from outage.kubernetes.objects import ObjectRef, dig, labels_of, object_ref, owner_ref, selects_labels
from outage.kubernetes.readiness import is_pod_ready
from outage.plans.fence import Fence
from outage.plans.plan import Plan
from outage.platforms.platform import Platform, Service
from outage.value import Manifest
from outage.verification.recovery import RecoveryCheck
from tasks.verify.await_cluster import SEEN_WITHIN, await_cluster

BACK_WITHIN = timedelta(seconds=90)
TURN_SECONDS = 30.0
"""How long another run of ours may hold the workload."""


def lose_one_pod(
    cluster: Cluster,
    writer: Writer,
    platform: Platform,
    targets: Iterable[ObjectRef],
    *,
    alone: Callable[[str, float], AbstractContextManager[Fence | None]],
    stopped: Callable[[], str | None],
    now: Callable[[], datetime],
    rest: Callable[[float], None],
) -> RecoveryCheck:
    """Evict one ready pod of a healed workload that has one to spare, and see another take its place.

    Source: runbook "Verification Steps".
    Changes: evicts one pod through the eviction API, so that PodDisruptionBudgets hold.
    Take back: nothing; the workload's controller puts another in its place.

    Args:
        cluster: The reading door.
        writer: The writing door.
        platform: Says which pods are whose, and how few there may be.
        targets: What the plan wrote; the first workload with a pod to spare is taken.
        alone: Holds the right to write to a workload; None when another run kept it for so many seconds.
        stopped: Why writing is switched off, or None; asked right before the eviction.
        now: The clock.
        rest: Waits so many seconds.

    Raises:
        RecordError: Who holds the workload is not known, or somebody else does since; nothing was evicted.
    """
    try:
        for target in dict.fromkeys(targets):
            service = platform.by_workload(target.kind, target.name)
            if service is None:
                continue
            look = partial(_to_spare, cluster, target, service)
            ready = await_cluster(look, SEEN_WITHIN, now=now, rest=rest)
            if not ready:
                continue
            if why := stopped():
                return RecoveryCheck(name="lose-one-pod", ok=None, says=f"the kill switch is thrown: {why}")
            with alone(str(target), TURN_SECONDS) as fence:
                if fence is None:
                    says = f"no pod was evicted: another run of ours is writing {target}"
                    return RecoveryCheck(name="lose-one-pod", ok=None, says=says)
                writer.evict(object_ref(ready[0], "Pod"), ready[0]["metadata"]["uid"], fence)
            return _back(cluster, target, service, ready, now, rest)
    except RecordError:
        raise
    except OutageError as error:
        return RecoveryCheck(name="lose-one-pod", ok=None, says=f"no pod was evicted: {error}")
    return RecoveryCheck(name="lose-one-pod", ok=None, says="no healed workload has a pod to spare")


def _to_spare(cluster: Cluster, target: ObjectRef, service: Service) -> list[Manifest]:
    """The workload's ready pods when there are more than must stay, else none."""
    wanted = dig(cluster.find(target) or {}, "spec.replicas", 1)
    ready = _ready_pods(cluster, target.namespace, service)
    must_stay = max(1, service.replicas_floor)  # the last one is not taken away to prove a point
    return ready if min(wanted, len(ready)) > must_stay else []


def _ready_pods(cluster: Cluster, namespace: str, service: Service) -> list[Manifest]:
    """Only pods with a controller: nobody puts another in the place of a bare one."""
    pods = cluster.list("Pod", namespace)
    return [
        pod
        for pod in pods
        if selects_labels(service.selector, labels_of(pod)) and is_pod_ready(pod) and owner_ref(pod)
    ]


def _back(
    cluster: Cluster,
    target: ObjectRef,
    service: Service,
    before: list[Manifest],
    now: Callable[[], datetime],
    rest: Callable[[float], None],
) -> RecoveryCheck:
    """Wait for as many ready pods as before, the lost one not counted: a status may still speak of it."""
    began, lost = now(), before[0]["metadata"]["uid"]

    def whole() -> RecoveryCheck | None:
        pods = _ready_pods(cluster, target.namespace, service)
        if len([pod for pod in pods if pod["metadata"]["uid"] != lost]) < len(before):
            return None
        seconds = int((now() - began).total_seconds())
        return RecoveryCheck(name="lose-one-pod", ok=True, says=f"{target} was whole again after {seconds} s")

    try:
        found = await_cluster(whole, BACK_WITHIN, now=now, rest=rest)
    except OutageError as error:
        says = f"whether {target} replaced an evicted pod could not be seen: {error}"
        return RecoveryCheck(name="lose-one-pod", ok=None, says=says)
    says = f"{target} did not replace an evicted pod within {int(BACK_WITHIN.total_seconds())} s"
    return found or RecoveryCheck(name="lose-one-pod", ok=False, says=says)


def suspended_actors(plan: Plan) -> list[ObjectRef]:
    """CronJobs that the plan suspended: one tick of theirs must pass before their work counts as undone."""
    return [step.change.target for step in plan.steps if step.change.target.kind == "CronJob"]
