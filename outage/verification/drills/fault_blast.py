"""How far a fault reaches: objects, namespaces, pods that go down, users that feel it. Worked out, not tried."""

from math import ceil, floor
from typing import Any

from outage.incidents.fault import Fault
from outage.incidents.severity import Impact, Severity, assess_severity
from outage.kubernetes.objects import ObjectRef, dig
from outage.platforms.platform import Platform
from outage.verification.drills.drill_target import DrillTarget
from outage.verification.drills.fitted_fault import Blast, Harm

SYSTEM_NAMESPACE = "kube-system"
"""What lives there serves every tenant of the cluster."""
CLUSTER_KINDS = frozenset({"Node", "PersistentVolume", "StorageClass", "PriorityClass", "Component"})


def estimate_blast(fault: Fault, harm: Harm, target: DrillTarget) -> Blast:
    """What a fault of one service would touch.

    Returns:
        Pods as a count; `felt` is True when no pod of the service would be left to answer, or nothing reaches them.
    """
    objects = touched_objects(fault)
    down = pods_down(harm, target)
    felt = harm in (Harm.PODS, Harm.TRAFFIC) or down >= target.ready
    return Blast(
        objects=objects,
        namespaces=tuple(dict.fromkeys(one.namespace for one in objects if one.namespace)),
        pods_down=down,
        pods_ready=target.ready,
        felt=felt,
        cluster_wide=is_cluster_wide(fault),
    )


def expected_severity(harm: Harm, blast: Blast, target: DrillTarget) -> tuple[Severity, ...]:
    """How bad the response may find a fault: from the service alone to everything that depends on it, and the doors.

    Source: runbook "Severity Assessment".

    Returns:
        Worst first; empty where nothing is to be found, or others than this platform are struck.
    """
    if harm is Harm.QUIET or blast.cluster_wide:
        return ()
    platform = target.platform
    known = len(platform.services)
    if not blast.felt:
        return (assess_severity(Impact(services=known, rollouts_stalled=(target.name,))).severity,)
    hurt = dependent_services(platform, target.name)
    doors = [one.url for one in platform.endpoints]
    shut = tuple(one.url for one in platform.endpoints if one.service in hurt)
    least = assess_severity(Impact(services=known, services_down=(target.name,))).severity
    worst = assess_severity(
        Impact(services=known, services_down=hurt, probes=len(doors) or None, probes_failing=shut)
    ).severity
    return tuple(one for one in Severity if min(worst.rank, least.rank) <= one.rank <= least.rank)


def dependent_services(platform: Platform, name: str) -> tuple[str, ...]:
    """A service, and all that depend on it, however many others are between."""
    found = [name]
    for one in found:
        found.extend(
            caller.name
            for caller in platform.services
            if one in caller.depends_on and caller.name not in found
        )
    return tuple(found)


def touched_objects(fault: Fault) -> tuple[ObjectRef, ...]:
    """What the blows and the mends of a fault write, each once."""
    return tuple(dict.fromkeys(one.target for one in (*fault.blows, *fault.mends)))


def is_cluster_wide(fault: Fault) -> bool:
    """Whether a fault writes what every tenant of the cluster shares."""
    return any(
        one.kind in CLUSTER_KINDS or one.namespace == SYSTEM_NAMESPACE for one in touched_objects(fault)
    )


def pods_down(harm: Harm, target: DrillTarget) -> int:
    """How many pods of the service stop answering, at most."""
    if harm is Harm.PODS:
        return target.ready
    if harm in (Harm.TRAFFIC, Harm.QUIET):
        return 0
    return min(target.ready, pods_taken_by_rollout(target))


def pods_taken_by_rollout(target: DrillTarget) -> int:
    """Pods that a rollout takes away before their successors are ready."""
    wanted = int(dig(target.workload, "spec.replicas", target.ready))
    if target.ref.kind == "StatefulSet":
        return 1
    if target.ref.kind == "DaemonSet":
        return _share(dig(target.workload, "spec.updateStrategy.rollingUpdate.maxUnavailable", 1), wanted)
    if dig(target.workload, "spec.strategy.type") == "Recreate":
        return wanted
    return _share(dig(target.workload, "spec.strategy.rollingUpdate.maxUnavailable", "25%"), wanted)


def _share(allowed: Any, wanted: int) -> int:
    """A count, or a percentage of the replicas, which Kubernetes rounds down."""
    text = str(allowed)
    return floor(wanted * int(text[:-1]) / 100) if text.endswith("%") else ceil(float(text))
