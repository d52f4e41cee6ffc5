"""Faults of what a pod is made of: its image, its command, its probes, its resources, its place."""

from typing import Any

from outage.diagnosis.cause import Cause
from outage.kubernetes.objects import ObjectRef, dig
from outage.snapshots.snapshot import Usage
from outage.verification.drills.drill_target import DrillTarget
from outage.verification.drills.fitted_fault import FaultShape, Unfit, patch_of

MISSING_TAG = "outage-drill-missing"
NO_PROGRAM = "/usr/local/bin/outage-drill-nothing"
UNSERVED_PORT = 9999
TINY_MEMORY = "6Mi"
"""Below what any runtime needs to begin, above what the kernel needs to set up a container."""
LIVES_IN_TINY_BYTES = 8 * 1024 * 1024
"""Who was seen with less than this may live in so little: a redis without data does."""
NO_NODE_HAS = "500Gi"
ABSENT_NAME = "outage-drill-missing"
SETTLES_SLOWLY_SECONDS = 40.0
"""Probes fail a few times before they count."""


def bad_image(target: DrillTarget) -> FaultShape | Unfit:
    """A tag that its registry does not have."""
    image = str(target.container.get("image", ""))
    repository, colon, tag = image.partition("@")[0].rpartition(":")
    stem = repository if colon and "/" not in tag else image.partition("@")[0]
    change = {"op": "replace", "path": target.path("image"), "value": f"{stem}:{MISSING_TAG}"}
    return _of_pods(target, "is given an image that does not exist", [Cause.BAD_IMAGE], change)


def bad_command(target: DrillTarget) -> FaultShape | Unfit:
    """A program that its image does not hold."""
    change = {"op": "add", "path": target.path("command"), "value": [NO_PROGRAM]}
    return _of_pods(target, "is told to run a program that does not exist", [Cause.BAD_COMMAND], change)


def bad_probe(target: DrillTarget) -> FaultShape | Unfit:
    """A readiness probe at a port that nobody serves."""
    probe = target.container.get("readinessProbe")
    how = next((word for word in ("httpGet", "tcpSocket", "grpc") if probe and word in probe), None)
    if how is None:
        return Unfit(reason=f"{target.name} has no readiness probe of a port to break")
    change = {"op": "replace", "path": target.path(f"readinessProbe/{how}/port"), "value": UNSERVED_PORT}
    says = "is asked for its readiness at a port that nobody serves"
    return _of_pods(target, says, [Cause.BAD_PROBE], change, settles=SETTLES_SLOWLY_SECONDS)


def probe_path(target: DrillTarget) -> FaultShape | Unfit:
    """A readiness probe at a path that nobody serves."""
    if not dig(target.container, "readinessProbe.httpGet"):
        return Unfit(reason=f"{target.name} has no readiness probe over HTTP")
    change = {"op": "add", "path": target.path("readinessProbe/httpGet/path"), "value": f"/{ABSENT_NAME}"}
    says = "is asked for its readiness at a path that it does not have"
    return _of_pods(target, says, [Cause.BAD_PROBE], change, settles=SETTLES_SLOWLY_SECONDS)


def probe_protocol(target: DrillTarget) -> FaultShape | Unfit:
    """A readiness probe that speaks the wrong protocol."""
    asked = dig(target.container, "readinessProbe.httpGet")
    if not asked:
        return Unfit(reason=f"{target.name} has no readiness probe over HTTP")
    other = "HTTP" if asked.get("scheme") == "HTTPS" else "HTTPS"
    change = {"op": "add", "path": target.path("readinessProbe/httpGet/scheme"), "value": other}
    says = f"is asked for its readiness over {other}, which it does not speak"
    return _of_pods(target, says, [Cause.PROBE_PROTOCOL], change, settles=SETTLES_SLOWLY_SECONDS)


def eager_liveness(target: DrillTarget) -> FaultShape | Unfit:
    """A liveness probe without patience, at a port that nobody serves."""
    if not target.container.get("livenessProbe"):
        return Unfit(reason=f"{target.name} has no liveness probe to break")
    impatient = {"tcpSocket": {"port": UNSERVED_PORT}, "periodSeconds": 1, "failureThreshold": 1}
    changes: list[dict[str, Any]] = []
    if target.container.get("startupProbe"):
        changes.append({"op": "remove", "path": target.path("startupProbe")})
    changes.append({"op": "replace", "path": target.path("livenessProbe"), "value": impatient})
    causes = [Cause.BAD_PROBE, Cause.LIVENESS_TOO_EAGER]
    says = "is restarted by a liveness probe of a port that nobody serves"
    return _of_pods(target, says, causes, *changes, settles=SETTLES_SLOWLY_SECONDS)


def memory_limit(target: DrillTarget) -> FaultShape | Unfit:
    """A memory limit that its program cannot live with."""
    used = [one.memory_bytes for one in target.snapshot.usage if one.kind == "Pod" and _is_of(target, one)]
    if used and max(used) < LIVES_IN_TINY_BYTES:
        return Unfit(reason=f"{target.name} needs so little memory that it would live with {TINY_MEMORY}")
    return _of_pods(
        target,
        "gets a memory limit that it cannot live with",
        [Cause.MEMORY_LIMIT_TOO_SMALL],
        _resources(target, TINY_MEMORY),
        settles=SETTLES_SLOWLY_SECONDS,
    )


def _is_of(target: DrillTarget, used: Usage) -> bool:
    return (used.namespace, used.name) in {(target.namespace, one["metadata"]["name"]) for one in target.pods}


def request_too_large(target: DrillTarget) -> FaultShape | Unfit:
    """More memory than any node has."""
    change = _resources(target, NO_NODE_HAS)
    return _of_pods(target, "asks for more memory than any node has", [Cause.REQUEST_TOO_LARGE], change)


def _resources(target: DrillTarget, memory: str) -> dict[str, Any]:
    standing = target.container.get("resources") or {}
    changed = {side: {**standing.get(side, {}), "memory": memory} for side in ("requests", "limits")}
    return {"op": "add", "path": target.path("resources"), "value": {**standing, **changed}}


def node_selector(target: DrillTarget) -> FaultShape | Unfit:
    """A label that no node has."""
    wanted = {**(target.pod_spec.get("nodeSelector") or {}), "outage-drill/disk": "gold"}
    change = {"op": "add", "path": "/spec/template/spec/nodeSelector", "value": wanted}
    return _of_pods(target, "is bound to a label that no node has", [Cause.NODE_SELECTOR_UNMATCHED], change)


def anti_affinity(target: DrillTarget) -> FaultShape | Unfit:
    """Pods that may not share an operating system, which all nodes have in common."""
    if int(dig(target.workload, "spec.replicas", 1)) < 2:
        return Unfit(reason=f"{target.name} has one replica, which keeps away from nobody")
    terms = [{"topologyKey": "kubernetes.io/os", "labelSelector": dig(target.workload, "spec.selector", {})}]
    keep_apart = {"requiredDuringSchedulingIgnoredDuringExecution": terms}
    affinity = {**(target.pod_spec.get("affinity") or {}), "podAntiAffinity": keep_apart}
    change = {"op": "add", "path": "/spec/template/spec/affinity", "value": affinity}
    says = "may not have two pods on nodes of one operating system"
    return _of_pods(target, says, [Cause.ANTI_AFFINITY_DEADLOCK], change)


def root_refused(target: DrillTarget) -> FaultShape | Unfit:
    """A container that must not run as root, and is told to."""
    standing = target.container.get("securityContext") or {}
    change = {
        "op": "add",
        "path": target.path("securityContext"),
        "value": {**standing, "runAsNonRoot": True, "runAsUser": 0},
    }
    return _of_pods(target, "must not run as root and is told to", [Cause.BAD_SECURITY_CONTEXT], change)


def service_account_missing(target: DrillTarget) -> FaultShape | Unfit:
    """A service account that does not exist."""
    change = {"op": "add", "path": "/spec/template/spec/serviceAccountName", "value": ABSENT_NAME}
    says = "runs as a service account that does not exist"
    return _of_pods(target, says, [Cause.SERVICE_ACCOUNT_MISSING], change)


def claim_name(target: DrillTarget) -> FaultShape | Unfit:
    """A volume claim that does not exist."""
    for number, one in enumerate(target.pod_spec.get("volumes") or []):
        if "persistentVolumeClaim" in one:
            path = f"/spec/template/spec/volumes/{number}/persistentVolumeClaim/claimName"
            change = {"op": "replace", "path": path, "value": ABSENT_NAME}
            says = "names a volume claim that does not exist"
            return _of_pods(target, says, [Cause.CLAIM_NAME_WRONG], change)
    return Unfit(reason=f"{target.name} mounts no volume claim")


def scaled_to_zero(target: DrillTarget) -> FaultShape | Unfit:
    """No replica at all."""
    if target.ref.kind == "DaemonSet":
        return Unfit(reason=f"{target.name} is a DaemonSet, which has no replicas to scale")
    if _autoscaler(target):
        return Unfit(reason=f"an autoscaler decides how many replicas {target.name} has")
    return FaultShape(
        title=f"{target.name} is scaled to zero",
        blows=(patch_of(target.ref, {"op": "replace", "path": "/spec/replicas", "value": 0}),),
        causes=(Cause.SCALED_TO_ZERO,),
        about=target.ref,
    )


def _autoscaler(target: DrillTarget) -> bool:
    own = (target.ref.kind, target.ref.name)
    return any(
        (dig(one, "spec.scaleTargetRef.kind"), dig(one, "spec.scaleTargetRef.name")) == own
        for one in target.snapshot.kind("HorizontalPodAutoscaler", target.namespace)
    )


def _of_pods(
    target: DrillTarget,
    says: str,
    causes: list[Cause],
    *changes: dict[str, Any],
    settles: float = 20.0,
    about: ObjectRef | None = None,
) -> FaultShape:
    """A fault that changes what the workload's pods are made from."""
    return FaultShape(
        title=f"{target.name} {says}",
        blows=(patch_of(target.ref, *changes),),
        causes=tuple(causes),
        about=about or target.ref,
        settle_seconds=settles,
    )
