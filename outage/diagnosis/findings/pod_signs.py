"""What a pod's own status says: no node, stuck while it starts or leaves, not ready, failed.

Pods that are starting, finished or leaving as they should stay silent. Their containers are in `containers`.
"""

from collections.abc import Iterator
from datetime import timedelta

from outage.diagnosis.edges.standby_members import is_standby
from outage.diagnosis.findings.container_signs import (
    container_began,
    container_statuses,
    container_trouble,
    restart_count,
)
from outage.diagnosis.findings.facts import Sign
from outage.diagnosis.findings.facts.sign_facts import (
    FailedPodFacts,
    GatedFacts,
    StandbyFacts,
    StuckLeavingFacts,
    UnmountedVolumeFacts,
    UnreadyPodFacts,
    UnschedulableFacts,
    UnscheduledFacts,
    UnstartedPodFacts,
)
from outage.diagnosis.findings.finding import Finding
from outage.diagnosis.thresholds import LONGEST_START, OVERDUE_LEAVING, POD_STARTING, ROLLOUT_PATIENCE
from outage.kubernetes.events import event_count, event_message
from outage.kubernetes.object_times import (
    age_of,
    condition_of,
    created_at,
    parsed_moment,
    since_condition,
)
from outage.kubernetes.objects import ObjectRef, dig, object_ref
from outage.kubernetes.readiness import is_ready
from outage.snapshots.case_index import CaseIndex
from outage.value import Manifest


def pod_signs(index: CaseIndex) -> Iterator[Finding]:
    """All signs of all pods that concern us."""
    for pod in index.pods:
        if not dig(pod, "metadata.deletionTimestamp"):
            yield from signs_of_pod(index, pod)
        elif (stuck := _stuck_leaving(index, pod)) is not None:
            yield stuck


def signs_of_pod(index: CaseIndex, pod: Manifest) -> Iterator[Finding]:
    """The signs of one pod; the first kind of trouble that is found stands for the others."""
    about = object_ref(pod, "Pod")
    if dig(pod, "status.phase") == "Failed":
        yield _failed(index, pod, about)
        return
    trouble = [*container_trouble(index, pod, about)]
    yield from trouble
    if trouble:
        return
    if (unplaced := _unplaced(index, pod, about)) is not None:
        yield unplaced
    elif (stuck := _stuck_starting(index, pod, about)) is not None:
        yield stuck
    elif (unready := _unready(index, pod, about)) is not None:
        yield unready


def _unplaced(index: CaseIndex, pod: Manifest, about: ObjectRef) -> Finding | None:
    placed = condition_of(pod, "PodScheduled")
    if placed.get("status") == "False" and placed.get("reason") == "Unschedulable":
        since = parsed_moment(placed.get("lastTransitionTime")) or created_at(pod)
        return Finding.of(about, UnschedulableFacts(quoted=placed.get("message", "")), since, ("pods",))
    if dig(pod, "spec.nodeName") or placed.get("status") == "True" or age_of(pod, index.now) < POD_STARTING:
        return None
    if dig(pod, "spec.schedulingGates", []) or placed.get("reason") == "SchedulingGated":
        return _gated(index, pod, about)
    return Finding.of(about, UnscheduledFacts(), created_at(pod), ("pods",))


def _gated(index: CaseIndex, pod: Manifest, about: ObjectRef) -> Finding | None:
    """A gate is somebody's hold on a pod, no failure of the scheduler; batch queues hold their Jobs as a rule."""
    if index.workload_of(pod).kind in ("Job", "CronJob"):
        return None
    gates = tuple(str(gate.get("name")) for gate in dig(pod, "spec.schedulingGates", []))
    return Finding.of(about, GatedFacts(gates=gates), created_at(pod), ("pods",))


def _stuck_starting(index: CaseIndex, pod: Manifest, about: ObjectRef) -> Finding | None:
    if dig(pod, "status.phase") != "Pending" or not dig(pod, "spec.nodeName"):
        return None
    since = created_at(pod)
    for event in reversed(index.warnings(about)):
        if event.get("reason") in ("FailedMount", "FailedAttachVolume"):
            return Finding.of(about, UnmountedVolumeFacts(quoted=event_message(event)), since, ("events",))
        if event.get("reason") in ("FailedCreatePodSandBox", "FailedCreate", "Failed"):
            return Finding.of(about, UnstartedPodFacts(quoted=event_message(event)), since, ("events",))
    if age_of(pod, index.now) < POD_STARTING:
        return None
    waits = UnstartedPodFacts(init_container=_running_init(pod), waited=age_of(pod, index.now))
    return Finding.of(about, waits, since, ("pods",))


def _running_init(pod: Manifest) -> str:
    """The init container that does not end; empty when none runs."""
    for status in dig(pod, "status.initContainerStatuses", []):
        if dig(status, "state.running"):
            return str(status.get("name"))
    return ""


def _unready(index: CaseIndex, pod: Manifest, about: ObjectRef) -> Finding | None:
    ready = condition_of(pod, "Ready")
    if ready.get("status") != "False" or dig(pod, "status.phase") != "Running":
        return None
    since = parsed_moment(ready.get("lastTransitionTime")) or created_at(pod)
    waited = index.now - since if since else POD_STARTING * 10
    if waited < max(start_patience(pod), _as_before(index, pod)) and not _past_patience(index, pod, about):
        return None
    failed = [event for event in index.warnings(about) if event.get("reason") == "Unhealthy"]
    why = event_message(failed[-1]) if failed else ready.get("reason", "")
    place = (about.name, about.namespace)
    own = next((one for one in index.snapshot.readiness if (one.pod, one.namespace) == place), None)
    told = f"{own.status} {own.text}".strip() if own else ""
    if is_standby(index, pod):
        return Finding.of(about, StandbyFacts(quoted=why, answer=told), since, ("pods", "events"))
    return Finding.of(about, UnreadyPodFacts(quoted=why, answer=told), since, ("pods", "events"))


def _past_patience(index: CaseIndex, pod: Manifest, about: ObjectRef) -> bool:
    """Whether its containers have started and its readiness probe has failed more often than it may."""
    if not all(status.get("started") for status in dig(pod, "status.containerStatuses", [])):
        return False
    failed = [one for one in index.warnings(about) if "Readiness probe failed" in event_message(one)]
    allowed = [dig(one, "readinessProbe.failureThreshold", 3) for one in dig(pod, "spec.containers", [])]
    return sum(event_count(one) for one in failed) > max(allowed, default=3) + 1


def _as_before(index: CaseIndex, pod: Manifest) -> timedelta:
    """How long a new pod may take while the older ones serve all that is wanted: twice what they took themselves.

    Nothing where one of its containers has ended already, or where too few serve: then time is short.
    """
    if any(restart_count(one) for one in container_statuses(pod)):
        return timedelta()
    workload = index.get(index.workload_of(pod)) or {}
    siblings = [one for one in index.pods_of(index.workload_of(pod)) if is_ready(one)]
    if not siblings or len(siblings) < int(dig(workload, "spec.replicas", 1)):
        return timedelta()
    took = [
        ready - born
        for one in siblings
        if (ready := since_condition(one, "Ready")) is not None and (born := created_at(one)) is not None
    ]
    starts = [one for one in took if one < LONGEST_START]  # a later turn was a recovery
    return max(ROLLOUT_PATIENCE, 2 * max(starts, default=timedelta()))


def start_patience(pod: Manifest) -> timedelta:
    """How long the pod's own probes allow it to be unready before that is a failure."""
    longest = 10.0
    for container in dig(pod, "spec.containers", []):
        for name in ("startupProbe", "readinessProbe"):
            probe = container.get(name) or {}
            tries = min(probe.get("failureThreshold") or 3, 60)
            period, delay = probe.get("periodSeconds") or 10, probe.get("initialDelaySeconds") or 0
            longest = max(longest, delay + period * tries if probe else 0)
    return timedelta(seconds=longest)


def _failed(index: CaseIndex, pod: Manifest, about: ObjectRef) -> Finding:
    why = dig(pod, "status.message", "") or dig(pod, "status.reason", "")
    of_job = index.workload_of(pod).kind in ("Job", "CronJob")
    ended = FailedPodFacts(sign=Sign.JOB_FAILED if of_job else Sign.POD_FAILED, quoted=why)
    return Finding.of(about, ended, container_began(pod), ("pods",))


def _stuck_leaving(index: CaseIndex, pod: Manifest) -> Finding | None:
    leaving = parsed_moment(dig(pod, "metadata.deletionTimestamp"))
    if leaving is None or index.now - leaving < OVERDUE_LEAVING:
        return None
    about = object_ref(pod, "Pod")
    return Finding.of(about, StuckLeavingFacts(overdue=index.now - leaving), leaving, ("pods",))
