"""What Services and volume claims look like: nobody behind a name, a claim without a volume."""

import re
from collections.abc import Iterator
from datetime import datetime

from outage.diagnosis.calls.call_graph import CallGraph, Dangling
from outage.diagnosis.findings.caller_complaints import lost_calls
from outage.diagnosis.findings.facts import Sign
from outage.diagnosis.findings.facts.sign_facts import (
    DanglingAddressFacts,
    GoneFacts,
    NoEndpointsFacts,
    UnboundClaimFacts,
)
from outage.diagnosis.findings.finding import Finding
from outage.diagnosis.findings.parked_workloads import parked_on_purpose
from outage.diagnosis.findings.workload_signs import desired_replicas, progressing_condition
from outage.diagnosis.thresholds import RECENT_CHANGE
from outage.kubernetes.object_times import (
    changed_at,
    condition_of,
    created_at,
    earliest_of,
    latest_of,
    since_condition,
)
from outage.kubernetes.objects import ObjectRef, dig, object_ref
from outage.kubernetes.readiness import is_ready
from outage.snapshots.case_index import CaseIndex
from outage.value import Manifest

UNFOUND = re.compile(
    r"no such host|not resolve|name resolution|not known|ENOTFOUND|EAI_AGAIN|UnknownHost", re.I
)
"""Words of clients that asked for a name nobody has."""


def service_signs(index: CaseIndex) -> Iterator[Finding]:
    """Services without ready endpoints, Services that others name and nobody has, claims that wait."""
    for service in index.services:
        if (empty := _without_endpoints(index, service)) is not None:
            yield empty
    yield from _missing(index)
    for claim in index.all("PersistentVolumeClaim"):
        if dig(claim, "status.phase") in ("Pending", "Lost"):
            about = object_ref(claim, "PersistentVolumeClaim")
            unbound = UnboundClaimFacts(phase=dig(claim, "status.phase"))
            yield Finding.of(about, unbound, created_at(claim))


def _without_endpoints(index: CaseIndex, service: Manifest) -> Finding | None:
    if not dig(service, "spec.selector") or dig(service, "spec.type") == "ExternalName":
        return None
    addresses = index.ready_addresses(service)
    if addresses is None and not index.snapshot.saw("Pod", dig(service, "metadata.namespace", "")):
        return None
    if addresses is None:
        addresses = sum(is_ready(pod) for pod in index.selected(service))
    if addresses or _meant_to_be_empty(index, service):
        return None
    about = object_ref(service, "Service")
    pods = index.selected(service)
    since = _empty_since(index, service, pods)
    return Finding.of(about, NoEndpointsFacts(selected=len(pods)), since, ("services",))


def _empty_since(index: CaseIndex, service: Manifest, pods: list[Manifest]) -> datetime | None:
    if pods:
        return earliest_of(since_condition(pod, "Ready") or created_at(pod) for pod in pods)
    behind = [
        changed_at(one) if desired_replicas(one) == 0 else since_condition(one, "Available")
        for one in index.behind(service)
        if desired_replicas(one) == 0 or condition_of(one, "Available").get("status") == "False"
    ]
    return earliest_of(behind) or changed_at(service)


def _meant_to_be_empty(index: CaseIndex, service: Manifest) -> bool:
    """Whether everything behind it is parked, or is being rolled out just now."""
    behind = index.behind(service)
    if behind and all(desired_replicas(one) == 0 for one in behind):
        parked = all(parked_on_purpose(index, one) for one in behind)
        return parked or not CallGraph.of(index).anyone_needs(object_ref(service, "Service"))
    jobs = [pod for pod in index.selected(service) if index.workload_of(pod).kind in ("Job", "CronJob")]
    if behind and any(progressing_condition(index, one) for one in behind):
        return True
    return bool(jobs) or (not behind and not _ever_served(index, service))


def _ever_served(index: CaseIndex, service: Manifest) -> bool:
    """Whether anybody would miss it: somebody names it, or it was changed lately, or the baseline served it."""
    about = object_ref(service, "Service")
    if CallGraph.of(index).anyone_needs(about):
        return True
    if index.baseline is not None:
        return index.baseline.get(about) is not None
    at = changed_at(service)
    return at is not None and index.now - at < RECENT_CHANGE


def missed_claims(index: CaseIndex, one: Dangling) -> bool:
    """Whether an absent Service was ever there or is called: old addresses of what was never installed are not."""
    here = f"{re.escape(one.service.namespace)}|svc"
    word = re.compile(rf"(?<![\w.-]){re.escape(one.service.name)}(?![\w-]|\.(?!(?:{here})\b)\w)")
    said = [line for line, _ in lost_calls(index, one.caller) if word.search(line)]
    if said or not one.sure:  # who is refused or waits in vain has found the host, wherever that is
        return one.sure or any(UNFOUND.search(line) for line in said)
    if any(object_ref(workload).name == one.service.name for workload in index.workloads):
        return True
    if index.baseline is not None and index.baseline.get(one.service) is not None:
        return True
    return _named_lately(index, one)


def _named_lately(index: CaseIndex, one: Dangling) -> bool:
    """Whether the address came up in the last hours, or shortly before its caller became unready."""
    caller, holder = index.get(one.caller) or {}, index.get(one.holder) or {}
    kept = [each for each in index.replica_sets(one.caller) if one.text in str(dig(each, "spec.template"))]
    at = earliest_of(created_at(each) for each in kept) or changed_at(caller)
    at = latest_of([at, changed_at(holder)]) if one.holder != one.caller else at
    unready = [pod for pod in index.pods_of(one.caller) if not is_ready(pod)]
    onset = earliest_of(since_condition(pod, "Ready") or created_at(pod) for pod in unready)
    return at is not None and ((onset or index.now) - at < RECENT_CHANGE or index.now - at < RECENT_CHANGE)


def _missing(index: CaseIndex) -> Iterator[Finding]:
    """Services that the baseline or callers' addresses name and that are not there."""
    if not index.snapshot.saw("Service"):
        return
    gone: dict[str, ObjectRef] = {}
    if index.baseline is not None:
        for was in index.baseline.objects.get("Service", ()):
            about = object_ref(was, "Service")
            there = about.namespace in index.namespaces
            if (
                there
                and index.snapshot.saw("Service", about.namespace, about.name)
                and index.get(about) is None
            ):
                gone[str(about)] = about
    for one in CallGraph.of(index).dangling:
        if not missed_claims(index, one):
            continue
        about = one.service
        gone.setdefault(str(about), about)
        dangling = DanglingAddressFacts(caller=one.caller, address=one.text)
        yield Finding.of(about, dangling, evidence=("services",))
    for about in gone.values():
        if index.baseline is not None and index.baseline.get(about) is not None:
            yield Finding.of(about, GoneFacts(sign=Sign.SERVICE_MISSING), evidence=("services",))
