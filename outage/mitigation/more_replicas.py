"""More pods under high load: the CPU is used up, nothing else scales it, and the nodes have room.

Source: runbook "Scale Services".
"""

import math
from collections.abc import Iterator

from outage.diagnosis.cause import Cause
from outage.diagnosis.findings.database_signs import database_ref, root_blockers
from outage.diagnosis.findings.facts import Sign
from outage.diagnosis.findings.parked_workloads import autoscalers_of
from outage.diagnosis.findings.workload_signs import desired_replicas
from outage.diagnosis.hypothesis import Action, Hypothesis, Repair, Risk
from outage.diagnosis.remedies.single_repairs import one_change
from outage.diagnosis.suspect import names_of
from outage.diagnosis.thresholds import CONNECTIONS_LEFT, CPU_BUSY_FROM
from outage.kubernetes.object_times import condition_of
from outage.kubernetes.objects import ObjectRef, dig, object_ref
from outage.kubernetes.quantity import parsed_quantity
from outage.mitigation.mitigation_view import MitigationDraft, MitigationView
from outage.mitigation.node_room import NodeRoom, asks_for, is_picky, unseen_places
from outage.value import Manifest

MOST_MORE = 5
"""Pods that one step adds at most: enough to see whether more pods help, few enough for a database behind them."""
DATABASE = (Cause.BLOCKING_SESSION, Cause.CONNECTIONS_EXHAUSTED, Cause.DATABASE_READ_ONLY)
SETTLE = "Whether requests per second grew with the CPU; and whether latency falls with the first new pod."


def scale_ups(sight: MitigationView) -> Iterator[MitigationDraft]:
    """Every Deployment that is short of CPU and waits for nothing, where nothing else adds pods to it."""
    if not sight.index.snapshot.saw("HorizontalPodAutoscaler"):
        return  # what an autoscaler owns would be written over
    for about, seen in _loaded(sight).items():
        workload = sight.workload(about)
        if workload is None or about.kind != "Deployment" or not _may_grow(sight, about, workload):
            continue
        scaler = _scaler(sight, about)
        way = _scale(sight, about, workload, seen) if scaler is None else _raise(sight, about, scaler, seen)
        if way is not None:
            yield way


def _loaded(sight: MitigationView) -> dict[ObjectRef, tuple[str, ...]]:
    """The workloads under load, with what shows it."""
    found = {
        one.about: (*one.evidence_for, *_slow(sight, one.about))
        for one in sight.diagnosis.hypotheses
        if one.cause == Cause.CPU_SATURATED
    }
    for workload in sight.index.workloads:
        about, slow = object_ref(workload), _slow(sight, object_ref(workload))
        if about not in found and slow and (busy := _busy(sight, about)):
            found[about] = (*slow, busy)
    return found


def _slow(sight: MitigationView, about: ObjectRef) -> tuple[str, ...]:
    near = names_of(about, *sight.fronts(about))
    return tuple(one.says for one in sight.signs.of(Sign.LATENCY_HIGH) if str(one.about) in near)


def _busy(sight: MitigationView, about: ObjectRef) -> str | None:
    """What shows that the pods work rather than wait, or None: their autoscaler's word, or their CPU."""
    scaler = _scaler(sight, about)
    if scaler is not None and condition_of(scaler, "ScalingLimited").get("reason") == "TooManyReplicas":
        return f"{object_ref(scaler)} wants more pods than it may make"
    used = {
        (one.namespace, one.name): one.cpu_cores for one in sight.index.snapshot.usage if one.kind == "Pod"
    }
    pods = sight.index.pods_of(about)
    cores = [used.get((about.namespace, pod["metadata"]["name"])) for pod in pods]
    given = sum(_given(pod) for pod in pods)
    spent = sum(one for one in cores if one is not None)
    if not pods or None in cores or not given or spent < CPU_BUSY_FROM * given:
        return None
    return f"the pods of {about.name} use {spent:.2f} of {given:g} CPU cores"


def _given(pod: Manifest) -> float:
    """The CPU that a pod may use: its limits, or else what it asked for."""
    containers = dig(pod, "spec.containers", [])
    limits = [parsed_quantity(dig(one, "resources.limits.cpu")) for one in containers]
    return sum(one for one in limits if one) if all(limits) else asks_for(pod["spec"])["cpu"]


def _may_grow(sight: MitigationView, about: ObjectRef, workload: Manifest) -> bool:
    """Whether its own pods are what is short: it runs, keeps no data, waits for nobody, and says what a pod needs."""
    spec = dig(workload, "spec.template.spec", {})
    pods = sight.index.pods_of(about)
    running = len(pods) >= desired_replicas(workload) > 0 and all(
        dig(p, "status.phase") == "Running" for p in pods
    )
    told = all(dig(one, "resources.requests.cpu") for one in spec.get("containers") or [{}])
    own = about.namespace in sight.index.home and not sight.keeps_data(about) and not is_picky(spec)
    return running and told and own and sight.waits_for(about) is None and not _waits_for_slow(sight, about)


def _waits_for_slow(sight: MitigationView, about: ObjectRef) -> bool:
    """Whether a Service that it calls is slow, or its database has no room for more clients or cannot be seen."""
    uses = sight.calls.uses.get(str(about), {})
    if any(str(one.about) in uses for one in sight.signs.of(Sign.LATENCY_HIGH)):
        return True
    if sight.index.platform.database is None or not any(
        _leads_to_database(sight, one) for one in uses.values()
    ):
        return False
    view = sight.index.snapshot.database
    if view is None or root_blockers(view) or any(h.cause in DATABASE for h in sight.diagnosis.hypotheses):
        return True
    return view.connections > CONNECTIONS_LEFT * (view.max_connections - view.reserved_connections)


def _leads_to_database(sight: MitigationView, service: ObjectRef) -> bool:
    behind = sight.index.behind(sight.index.get(service) or {})
    return database_ref(sight.index) in [object_ref(one) for one in behind]


def _scaler(sight: MitigationView, about: ObjectRef) -> Manifest | None:
    return next(
        ({"kind": "HorizontalPodAutoscaler", **one} for one in autoscalers_of(sight.index, about)), None
    )


def _scale(
    sight: MitigationView, about: ObjectRef, workload: Manifest, seen: tuple[str, ...]
) -> MitigationDraft | None:
    """Twice the pods, as far as the step and the room allow."""
    now = desired_replicas(workload)
    more = _room_for(sight, workload, min(now, MOST_MORE))
    patch = [{"op": "replace", "path": "/spec/replicas", "value": now + more}]
    words = f"Scale {about} from {now} to {now + more}"
    repair = one_change(Action.SCALE, about, patch, words, _expected(about, more), Risk.MEDIUM)
    return _way(sight, about, about, repair, seen, more, ("spec.replicas", now)) if more else None


def _raise(
    sight: MitigationView, about: ObjectRef, scaler: Manifest, seen: tuple[str, ...]
) -> MitigationDraft | None:
    """Half as many pods again as its autoscaler may make, when it is at its most and can measure."""
    most, target = dig(scaler, "spec.maxReplicas", 0), object_ref(scaler)
    full = most > 0 and dig(scaler, "status.currentReplicas", 0) >= most
    if not full or condition_of(scaler, "ScalingActive").get("status") == "False":
        return None
    more = _room_for(sight, sight.workload(about) or {}, min(math.ceil(most / 2), MOST_MORE))
    patch = [{"op": "replace", "path": "/spec/maxReplicas", "value": most + more}]
    words = f"Raise maxReplicas of {target} from {most} to {most + more}"
    repair = one_change(Action.PATCH, target, patch, words, _expected(about, more), Risk.MEDIUM)
    told = (*seen, f"{target} is at its most, {most} pods")
    return _way(sight, target, about, repair, told, more, ("spec.maxReplicas", most)) if more else None


def _room_for(sight: MitigationView, workload: Manifest, count: int) -> int:
    return NodeRoom(sight.index).place(dig(workload, "spec.template.spec", {}), count)


def _expected(about: ObjectRef, more: int) -> str:
    return f"{more} more pods of {about.name} become ready, and its latency falls."


def _way(
    sight: MitigationView,
    about: ObjectRef,
    workload: ObjectRef,
    repair: Repair,
    seen: tuple[str, ...],
    more: int,
    was: tuple[str, int],
) -> MitigationDraft:
    eased: Hypothesis | None = sight.eased(workload)
    unseen = unseen_places(sight.index)
    elsewhere = f"pods of {', '.join(unseen)} were not counted and may take the room" if unseen else ""
    quotas = [
        object_ref(one).name
        for one in sight.index.all("ResourceQuota")
        if object_ref(one).namespace == workload.namespace
    ]
    return MitigationDraft(
        eases=eased,
        about=about,
        says=f"{workload} has more work than its pods can do; the nodes have room for {more} more",
        repair=repair,
        seen=(
            *seen,
            f"the nodes have room for {more} more pods of {workload.name}",
            "nothing that it calls is slow",
        ),
        against=(
            "a loop or a flood uses up new pods as well",
            "more pods put more load on what they call",
            *([elsewhere] if elsewhere else []),
            *(f"quota {name} may refuse new pods" for name in quotas),
        ),
        settle=SETTLE,
        onset=sight.onset(workload),
        field=was[0],
        live=str(was[1]),
        wanted=str(was[1] + more),
    )
