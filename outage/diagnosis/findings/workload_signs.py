"""What a workload's status says: too few pods, a stuck rollout, pods that are refused before they exist."""

from collections.abc import Iterator
from datetime import datetime

from outage.diagnosis.edges.standby_members import is_standby
from outage.diagnosis.findings.facts import Sign
from outage.diagnosis.findings.facts.sign_facts import (
    GoneFacts,
    RefusedPodsFacts,
    ReplicaFacts,
    StuckRolloutFacts,
)
from outage.diagnosis.findings.finding import Finding
from outage.diagnosis.findings.pod_signs import signs_of_pod
from outage.diagnosis.thresholds import JOB_ASKED_AGAIN, POD_STARTING, WITHOUT_PODS
from outage.kubernetes.events import event_began, event_message, event_moment
from outage.kubernetes.object_times import (
    changed_at,
    condition_of,
    created_at,
    earliest_of,
    latest_of,
    parsed_moment,
    since_condition,
)
from outage.kubernetes.objects import ObjectRef, dig, object_ref, owner_ref
from outage.kubernetes.readiness import is_ready
from outage.kubernetes.workloads import WORKLOADS
from outage.snapshots.case_index import CaseIndex
from outage.value import Manifest


def workload_signs(index: CaseIndex) -> Iterator[Finding]:
    """All signs of all workloads, and of what should be there and is not."""
    for workload in index.workloads:
        yield from _refused(index, workload)
        if (short := _short(index, workload)) is not None:
            yield short
        if _stuck(workload):
            yield _rollout_stuck(workload)
    yield from _refused_jobs(index)
    yield from _absent(index)


def desired_replicas(workload: Manifest) -> int:
    """How many pods it asks for."""
    if workload.get("kind") == "DaemonSet":
        return int(dig(workload, "status.desiredNumberScheduled", 0))
    return int(dig(workload, "spec.replicas", 1) if dig(workload, "spec.replicas") is not None else 1)


def ready_replicas(workload: Manifest) -> int:
    """How many of them are ready."""
    name = "numberReady" if workload.get("kind") == "DaemonSet" else "readyReplicas"
    return int(dig(workload, f"status.{name}", 0))


def progressing_condition(index: CaseIndex, workload: Manifest) -> bool:
    """Whether a rollout is going on, within its deadline, and no pod of it has said that it fails."""
    about = object_ref(workload)
    if workload.get("kind") == "Deployment":
        state = condition_of(workload, "Progressing")
        if state.get("status") != "True" or state.get("reason") == "NewReplicaSetAvailable":
            return _young(index, workload)
        turned = parsed_moment(state.get("lastUpdateTime"))
        if not index.pods_of(about) and turned and index.now - turned > WITHOUT_PODS:
            return False
    elif len(index.pods_of(about)) < desired_replicas(workload):
        return _being_made(index, workload)
    return bool(index.pods_of(about)) and not _any_trouble(index, about)


def _being_made(index: CaseIndex, workload: Manifest) -> bool:
    """Whether a StatefulSet or DaemonSet is just making the pods it lacks, one after the other."""
    about = object_ref(workload)
    leaving = len(index.pods_with_leaving(about)) > len(index.pods_of(about))
    births = [created_at(pod) for pod in index.pods_of(about)]
    at = latest_of([*births, changed_at(workload)])
    busy = leaving or bool(at and index.now - at < POD_STARTING)
    return busy and not _any_trouble(index, about)


def _young(index: CaseIndex, workload: Manifest) -> bool:
    """Whether all missing pods have only just been made, as after a scale-up or a pod's replacement."""
    unready = [pod for pod in index.pods_of(object_ref(workload)) if not is_ready(pod)]
    births = [created_at(pod) for pod in unready]
    fresh = bool(births) and all(born and index.now - born < POD_STARTING for born in births)
    return fresh and not _any_trouble(index, object_ref(workload))


def _any_trouble(index: CaseIndex, about: ObjectRef) -> bool:
    pods = index.pods_of(about)
    return any(next(signs_of_pod(index, pod), None) for pod in pods)


def _short(index: CaseIndex, workload: Manifest) -> Finding | None:
    wanted, have = desired_replicas(workload), ready_replicas(workload)
    if have >= wanted or progressing_condition(index, workload):
        return None
    about = object_ref(workload)
    if have and have + sum(is_standby(index, pod) for pod in index.pods_of(about)) >= wanted:
        return None
    short = ReplicaFacts(
        sign=Sign.WORKLOAD_DOWN if have == 0 else Sign.WORKLOAD_DEGRADED, ready=have, desired=wanted
    )
    return Finding.of(about, short, _short_since(index, workload), ("workloads",))


def _short_since(index: CaseIndex, workload: Manifest) -> datetime | None:
    if condition_of(workload, "Available").get("status") == "False":
        return since_condition(workload, "Available")
    births = [created_at(one) for one in index.replica_sets(object_ref(workload))[:1]]
    losses = [
        since_condition(pod, "Ready")
        for pod in index.pods_of(object_ref(workload))
        if condition_of(pod, "Ready").get("status") == "False"
    ]
    return earliest_of(losses) or latest_of(births) or changed_at(workload)


def _stuck(workload: Manifest) -> bool:
    return condition_of(workload, "Progressing").get("reason") == "ProgressDeadlineExceeded"


def _rollout_stuck(workload: Manifest) -> Finding:
    about = object_ref(workload)
    since = parsed_moment(condition_of(workload, "Progressing").get("lastUpdateTime"))
    return Finding.of(about, StuckRolloutFacts(), since, ("workloads",))


def _refused(index: CaseIndex, workload: Manifest) -> Iterator[Finding]:
    """Pods that the API server refuses: quotas, webhooks, security levels, missing accounts."""
    about = object_ref(workload)
    makers = [object_ref(one, "ReplicaSet") for one in index.replica_sets(about)[:1]] or [about]
    refused_now = condition_of(workload, "ReplicaFailure").get("status") == "True"
    if ready_replicas(workload) >= desired_replicas(workload) and not refused_now:
        return
    for maker in makers:
        events = [one for one in index.warnings(maker) if one.get("reason") == "FailedCreate"]
        if events and not refused_now and _made_all(index, workload, maker):
            continue  # they were refused once; what fails now is something else
        if events:
            newest = max(events, key=lambda event: str(event_moment(event)))
            text, since = event_message(newest), earliest_of(event_began(one) for one in events)
            yield _refusal(about, text, since)
        elif text := condition_of(workload, "ReplicaFailure").get("message", ""):
            yield _refusal(about, text, since_condition(workload, "ReplicaFailure"))


def _made_all(index: CaseIndex, workload: Manifest, maker: ObjectRef) -> bool:
    """Whether every pod that this controller should make is there, in whatever state."""
    made = [
        pod
        for pod in index.pods_of(object_ref(workload))
        if maker == object_ref(workload) or owner_ref(pod) == maker
    ]
    return index.snapshot.saw("Pod", maker.namespace) and len(made) >= desired_replicas(workload)


def _refused_jobs(index: CaseIndex) -> Iterator[Finding]:
    """Jobs that have no pod yet because theirs are refused; one that was let in since, or has ended, is well."""
    for job in index.all("Job"):
        about = object_ref(job, "Job")
        begun = any(dig(job, f"status.{count}", 0) for count in ("active", "succeeded", "failed"))
        ended = dig(job, "status.completionTime") or condition_of(job, "Failed").get("status") == "True"
        if about.namespace not in index.home or begun or ended or dig(job, "spec.suspend"):
            continue
        said = [one for one in index.warnings(about) if one.get("reason") == "FailedCreate"]
        at = latest_of(event_moment(one) for one in said)
        if at is not None and index.now - at < JOB_ASKED_AGAIN:
            newest = max(said, key=lambda event: str(event_moment(event)))
            yield _refusal(about, event_message(newest), earliest_of(event_began(one) for one in said))


def _refusal(about: ObjectRef, text: str, since: datetime | None) -> Finding:
    return Finding.of(about, RefusedPodsFacts(quoted=text), since, ("events",))


def _absent(index: CaseIndex) -> Iterator[Finding]:
    """Workloads that the baseline knows and the picture lacks."""
    for kind in WORKLOADS:
        if index.baseline is None or not index.snapshot.saw(kind):
            continue
        for was in index.baseline.objects.get(kind, ()):
            about = object_ref(was, kind)
            seen_there = about.namespace in index.namespaces and index.snapshot.saw(kind, about.namespace)
            if seen_there and index.get(about) is None and dig(was, "spec.replicas", 1) != 0:
                yield Finding.of(about, GoneFacts(sign=Sign.WORKLOAD_MISSING), evidence=("workloads",))
