"""Workloads that have no pods because somebody said so, or that were deleted."""

import re
from collections.abc import Iterator
from datetime import datetime

from outage.diagnosis.calls.call_graph import CallGraph, ingress_routes_of
from outage.diagnosis.cause import Cause
from outage.diagnosis.edges.pod_complaints import Complaint, pod_complaints
from outage.diagnosis.findings import Signs
from outage.diagnosis.findings.caller_complaints import lost_calls
from outage.diagnosis.findings.facts import Sign
from outage.diagnosis.findings.parked_workloads import autoscalers_of, parked_on_purpose, scales_to_zero
from outage.diagnosis.findings.workload_signs import desired_replicas
from outage.diagnosis.known_good.known_objects import known_objects
from outage.diagnosis.remedies.finished_repairs import Words, scale_to
from outage.diagnosis.remedies.remedy import Remedy
from outage.diagnosis.rules.changes.gone_objects import Gone, Loss
from outage.diagnosis.rules.rule import CauseEntry, CauseRule
from outage.diagnosis.suspect import SuspectDraft, names_of
from outage.diagnosis.weighing.doubts import Doubt
from outage.diagnosis.weighing.strength import Strength, Support, Trust
from outage.kubernetes.events import event_message, event_moment
from outage.kubernetes.object_times import changed_at, earliest_of
from outage.kubernetes.objects import ObjectRef, dig, object_ref, selects_labels
from outage.kubernetes.workloads import WORKLOADS
from outage.snapshots.case_index import CaseIndex
from outage.text.logs.trouble_kinds import TroubleKind
from outage.value import Manifest

SCALED_DOWN = re.compile(r"Scaled down replica set \S+ (?:to 0 from (\d+)|from (\d+) to 0)")
EXPECTED = "The pods start, the Service has endpoints and its callers recover."


def suspect_missing_replicas(index: CaseIndex, signs: Signs) -> Iterator[SuspectDraft]:
    """Workloads that ask for no pods and that somebody needs."""
    for workload in index.workloads:
        if workload["kind"] != "DaemonSet" and desired_replicas(workload) == 0:
            found = _scaled(index, signs, workload)
            if found is not None:
                yield found


def _scaled(index: CaseIndex, signs: Signs, workload: Manifest) -> SuspectDraft | None:
    about = object_ref(workload)
    services = [object_ref(one, "Service") for one in index.fronts(about)]
    hurt, needed = (
        _hurt(index, signs, services),
        any(CallGraph.of(index).anyone_needs(one) for one in services),
    )
    wanted, source = _count(index, workload)
    at, event_count = _scaled_down(index, about)
    was_running = index.baseline is not None and source == "the baseline" and bool(wanted)
    if scales_to_zero(index, about) or (parked_on_purpose(index, workload) and not was_running):
        return None
    fronted = bool(services and event_count and _anybody_hurt(index, signs, at))
    unread = unread_queues(index, about, at) if event_count and not services else []
    if not (was_running or (hurt and needed) or (needed and event_count) or fronted or unread):
        return None
    why = "others call it" if needed else "it had pods before the trouble"
    says = f"{about} is scaled to zero, and {why}"
    found = SuspectDraft(
        cause=Cause.SCALED_TO_ZERO, about=about, says=says, explains=names_of(about, *services)
    )
    found.alone = was_running or bool(event_count)
    found.add(Strength.STATED if needed else Strength.CONTRADICTED, "spec.replicas is 0")
    found.add(Support.SYMPTOM if hurt else None, "what depends on it fails").time(
        at or changed_at(workload), _onset(hurt, at)
    )
    found.evidence_for = [*unread, *(one for one, _ in hurt)][:6]
    found.explains |= names_of(*(one.workload for one in complaining(index, about))) if unread else set()
    _restore(found, about, wanted, source)
    return found


def complaining(index: CaseIndex, about: ObjectRef) -> list[Complaint]:
    """Who says that nobody consumes, and calls a Service that this workload calls too: they share a queue."""
    uses = CallGraph.of(index).uses
    mine = set(uses.get(str(about), {}))
    return [
        one
        for one in pod_complaints(index)
        if one.kind is TroubleKind.NOBODY_CONSUMES and mine & set(uses.get(str(one.workload), {}))
    ]


def unread_queues(index: CaseIndex, about: ObjectRef, at: datetime | None) -> list[str]:
    """What is said since a workload was scaled to nothing of queues that nobody consumes; of such a one nobody calls.

    Args:
        index: The case.
        about: The workload.
        at: When it was scaled.
    """
    said = complaining(index, about)
    return [one.line for one in said if at is None or one.first is None or one.first >= at]


def _anybody_hurt(index: CaseIndex, signs: Signs, at: datetime | None) -> bool:
    """Whether something fails, or somebody loses calls and did not before the scaling.

    Then a Service that lately lost all pods is worth a look; that somebody complains of whatever is everyday life.
    """
    if signs.failing or signs.of(Sign.ALERT_FIRING, Sign.LATENCY_HIGH):
        return True
    lost = [[when for _, when in lost_calls(index, object_ref(one))] for one in index.workloads]
    return any(some and not any(at and when and when < at for when in some) for some in lost)


def _onset(hurt: list[tuple[str, datetime | None]], at: datetime | None) -> datetime | None:
    return earliest_of(since for _, since in hurt) or at


def _restore(found: SuspectDraft, about: ObjectRef, wanted: int, source: str) -> None:
    if not wanted:
        found.settle = "How many pods it should have: neither baseline, autoscaler nor events tell."
        wanted, source = 1, "the least that answers"
    trust = {"the baseline": Trust.BASELINE, "the least that answers": None}.get(source, Trust.DECLARED)
    found.add(trust, f"{source} says {wanted}")
    words = Words(f"Scale {about} to {wanted}, as {source} says", EXPECTED)
    scale_to(found, about, wanted, words, live=0)


def _hurt(index: CaseIndex, signs: Signs, services: list[ObjectRef]) -> list[tuple[str, datetime | None]]:
    near = CallGraph.of(index).dependents({str(one) for one in services})
    near_signs = [one for one in signs.all if ingress_routes_of(index, one.about) & near]
    return [(one.says, one.since if signs.hurts(one) else None) for one in near_signs]


def _count(index: CaseIndex, workload: Manifest) -> tuple[int, str]:
    """How many pods it should have, and who says so."""
    about = object_ref(workload)
    for known in known_objects(index, about, None):
        if known.trust is Trust.BASELINE and (count := dig(known.manifest, "spec.replicas", 0)):
            return int(count), known.source
    if count := _scaled_down(index, about)[1]:
        return count, "the event of the scaling"
    for scaler in autoscalers_of(index, about):
        return int(dig(scaler, "spec.minReplicas", 1)), "its autoscaler"
    for known in known_objects(index, about, None):
        if count := dig(known.manifest, "spec.replicas", 0):
            return int(count), known.source
    platform = index.platform.by_workload(about.kind, about.name)
    if platform is not None and about.namespace == index.platform.namespace:
        return platform.replicas_floor, "the platform file"
    return 0, ""


def _scaled_down(index: CaseIndex, about: ObjectRef) -> tuple[datetime | None, int]:
    """When and from how many pods it was scaled to zero, as its events tell."""
    for event in reversed(index.events(about)):
        found = SCALED_DOWN.search(event_message(event))
        if event.get("reason") == "ScalingReplicaSet" and found:
            return event_moment(event), int(found.group(1) or found.group(2))
    return None, 0


def missed_workload(index: CaseIndex, signs: Signs, about: ObjectRef, was: Manifest) -> Loss | None:
    """What a deleted workload served; one that was scaled to nothing when all was well gives no such sign."""
    findings = signs.about(about, Sign.WORKLOAD_MISSING)
    if not findings:
        return None
    fronts = [
        object_ref(one, "Service")
        for one in index.services
        if dig(one, "metadata.namespace") == about.namespace and _fronted(one, was)
    ]
    needed = any(CallGraph.of(index).anyone_needs(one) for one in fronts)
    return Loss(
        says=findings[0].says,
        strength=Strength.STATED,
        shown_by="it is not there",
        explains=frozenset(names_of(about, *fronts)),
        support=(Support.DETAIL, "others call it") if needed else None,
        alone=True,
    )


def _fronted(service: Manifest, workload: Manifest) -> bool:
    return selects_labels(
        dig(service, "spec.selector", {}), dig(workload, "spec.template.metadata.labels", {})
    )


RULES = (
    CauseRule(
        Gone(
            WORKLOADS,
            Cause.WORKLOAD_MISSING,
            missed_by=missed_workload,
            expected=EXPECTED,
            beyond_home=True,
        ).find
    ),
    CauseRule(
        suspect_missing_replicas,
        entries=(
            CauseEntry(
                Cause.SCALED_TO_ZERO,
                says="The workload is scaled to zero although others need it.",
                shows="spec.replicas is 0, and others call it or it had pods before the trouble",
                evidence="events ScalingReplicaSet; the baseline, autoscalers, the platform file",
                remedies=(Remedy.SCALE, Remedy.PERSON),
                doubts=(Doubt.LONG_UNCHANGED,),
            ),
            CauseEntry(
                Cause.WORKLOAD_MISSING,
                says="The workload was deleted.",
                shows="it is gone though the baseline has it, or nothing is behind a Service that is called",
                evidence="the baseline against the cluster",
                remedies=(Remedy.CREATE_AGAIN, Remedy.PERSON),
            ),
        ),
    ),
)
