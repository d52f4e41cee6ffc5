"""Lists of objects as the few lines that a responder reads: what came back from a look."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from outage.kubernetes.objects import dig
from outage.kubernetes.readiness import is_ready
from outage.kubernetes.trim import last_seen
from outage.text.durations import duration_in_words
from outage.value import Manifest


def name_line(manifest: Manifest) -> str:
    """The bare name."""
    return str(manifest["metadata"]["name"])


def quota_line(manifest: Manifest) -> str:
    """Used of hard, resource by resource."""
    hard, used = dig(manifest, "status.hard", {}), dig(manifest, "status.used", {})
    return f"{name_line(manifest)}  " + ", ".join(
        f"{key} {used.get(key, '?')} of {hard[key]}" for key in sorted(hard)
    )


def network_policy_line(manifest: Manifest) -> str:
    """What a NetworkPolicy selects and in which direction it speaks."""
    selector = dig(manifest, "spec.podSelector.matchLabels", {})
    chosen = ",".join(f"{key}={value}" for key, value in selector.items()) or "every pod"
    kinds = "+".join(dig(manifest, "spec.policyTypes", []))
    rules = len(dig(manifest, "spec.ingress", [])) + len(dig(manifest, "spec.egress", []))
    return f"{name_line(manifest)}  {kinds} of {chosen}, {rules} rules"


def autoscaler_line(manifest: Manifest) -> str:
    """`web  of deployment/web  2 now, 4 wanted, 2 to 10  ScalingActive=False (FailedGetResourceMetric)`."""
    target = dig(manifest, "spec.scaleTargetRef", {})
    least, most = dig(manifest, "spec.minReplicas", 1), dig(manifest, "spec.maxReplicas", "?")
    status = manifest.get("status") or {}
    bad = [
        f"{one['type']}={one['status']} ({one.get('reason', '')})"
        for one in dig(manifest, "status.conditions", [])
        if (one["status"] == "True") is (one["type"] == "ScalingLimited")
    ]
    return "  ".join(
        [
            f"{name_line(manifest)}  of {str(target.get('kind', '?')).lower()}/{target.get('name', '?')}",
            f"{status.get('currentReplicas', '?')} now, {status.get('desiredReplicas', '?')} wanted, {least} to {most}",
            *bad,
        ]
    )


def claim_line(manifest: Manifest) -> str:
    """`data-db-0  Pending  1Gi  class fast  volume none`."""
    size = dig(manifest, "status.capacity.storage", dig(manifest, "spec.resources.requests.storage", "?"))
    return (
        f"{name_line(manifest)}  {dig(manifest, 'status.phase', '?')}  {size}  "
        f"class {dig(manifest, 'spec.storageClassName', 'default')}  volume {dig(manifest, 'spec.volumeName', 'none')}"
    )


def limits_line(manifest: Manifest) -> str:
    """`defaults  Container: default cpu=1,memory=1Gi; max memory=2Gi`."""
    parts = [
        f"{one.get('type', '?')}: {'; '.join(f'{kind} {_pairs(one[kind])}' for kind in BOUNDS if one.get(kind))}"
        for one in dig(manifest, "spec.limits", [])
    ]
    return f"{name_line(manifest)}  {', '.join(parts) or 'no limits'}"


BOUNDS = ("default", "defaultRequest", "min", "max", "maxLimitRequestRatio")


def _pairs(amounts: dict[str, Any]) -> str:
    return ",".join(f"{key}={amounts[key]}" for key in sorted(amounts))


def priority_line(manifest: Manifest) -> str:
    """`urgent  1000000  global default  preempts`."""
    default = "  global default" if manifest.get("globalDefault") else ""
    never = "never preempts" if manifest.get("preemptionPolicy") == "Never" else "preempts"
    return f"{name_line(manifest)}  {manifest.get('value', 0)}{default}  {never}"


def schedule_line(manifest: Manifest) -> str:
    """`backup  0 3 * * *  suspended  last 2030-01-01T03:00:00Z`."""
    resting = "  suspended" if dig(manifest, "spec.suspend") else ""
    running = len(dig(manifest, "status.active", []))
    active = f"  {running} running" if running else ""
    last = dig(manifest, "status.lastScheduleTime", "never")
    return f"{name_line(manifest)}  {dig(manifest, 'spec.schedule', '?')}{resting}{active}  last {last}"


def job_line(manifest: Manifest) -> str:
    """`migrate  0 of 1 succeeded, 1 running, 3 failed`."""
    counts = [
        f"{dig(manifest, f'status.{kind}', 0)} {word}"
        for kind, word in (("active", "running"), ("failed", "failed"))
    ]
    wanted = dig(manifest, "spec.completions", 1)
    return f"{name_line(manifest)}  {dig(manifest, 'status.succeeded', 0)} of {wanted} succeeded, {', '.join(counts)}"


def disruption_line(manifest: Manifest) -> str:
    """`web  at least 1 available  0 disruptions allowed (1 of 1 healthy)`."""
    least, most = dig(manifest, "spec.minAvailable"), dig(manifest, "spec.maxUnavailable")
    rule = f"at least {least} available" if least is not None else f"at most {most} unavailable"
    status = manifest.get("status") or {}
    healthy = f"{status.get('currentHealthy', '?')} of {status.get('expectedPods', '?')} healthy"
    return f"{name_line(manifest)}  {rule}  {status.get('disruptionsAllowed', '?')} disruptions allowed ({healthy})"


BOUNDING: dict[str, Callable[[Manifest], str]] = {
    "ResourceQuota": quota_line,
    "NetworkPolicy": network_policy_line,
    "HorizontalPodAutoscaler": autoscaler_line,
    "PersistentVolumeClaim": claim_line,
    "LimitRange": limits_line,
    "PriorityClass": priority_line,
    "CronJob": schedule_line,
    "Job": job_line,
    "PodDisruptionBudget": disruption_line,
}


LINES = 25


def listing_lines(rows: Iterable[str], at_most: int = LINES) -> str:
    """Rows under each other, with a word on how many more there were."""
    kept = list(rows)
    more = [f"… and {len(kept) - at_most} more"] if len(kept) > at_most else []
    return "\n".join(kept[:at_most] + more)


def some_of(names: Sequence[str], at_most: int = 5) -> str:
    """`a, b, c and 12 more`."""
    more = f" and {len(names) - at_most} more" if len(names) > at_most else ""
    return ", ".join(names[:at_most]) + more


def pod_line(manifest: Manifest) -> str:
    """`auth-7d9-x1  0/1  ImagePullBackOff  restarts 3  node-1`."""
    status = manifest.get("status") or {}
    states = status.get("containerStatuses") or []
    wanted = len(dig(manifest, "spec.containers", []))
    ready = sum(bool(one.get("ready")) for one in states) if states else wanted * is_ready(manifest)
    restarts = sum(one.get("restartCount", 0) for one in states)
    word = pod_word(manifest)
    node = dig(manifest, "spec.nodeName", "no node")
    return f"{name_line(manifest)}  {ready}/{wanted}  {word}  restarts {restarts}  {node}"


def pod_word(manifest: Manifest) -> str:
    """The one word that kubectl prints for a pod's state."""
    status = manifest.get("status") or {}
    if manifest["metadata"].get("deletionTimestamp"):
        return "Terminating"
    for prefix, shelf in (("Init:", "initContainerStatuses"), ("", "containerStatuses")):
        for one in status.get(shelf) or []:
            state = one.get("state") or {}
            if state.get("waiting", {}).get("reason") not in (None, "PodInitializing", "ContainerCreating"):
                return prefix + str(state["waiting"]["reason"])
            ended = state.get("terminated") or {}
            if ended and ended.get("exitCode") != 0:
                return prefix + str(ended.get("reason") or f"ExitCode:{ended.get('exitCode')}")
    return str(status.get("reason") or status.get("phase") or "Unknown")


def workload_line(manifest: Manifest) -> str:
    """`auth-service  1/2 ready  image a/auth:1`."""
    wanted = dig(manifest, "spec.replicas", dig(manifest, "status.desiredNumberScheduled", 0))
    ready = dig(manifest, "status.readyReplicas", dig(manifest, "status.numberReady", 0))
    images = ",".join(one.get("image", "?") for one in dig(manifest, "spec.template.spec.containers", []))
    return f"{name_line(manifest)}  {ready}/{wanted} ready  image {images}"


def node_line(manifest: Manifest) -> str:
    """`node-1  Ready  cordoned  taints key:NoSchedule  cpu 2  memory 8Gi`."""
    words = []
    for condition in dig(manifest, "status.conditions", []):
        good = "True" if condition["type"] == "Ready" else "False"
        if condition["status"] != good:
            words.append(f"{condition['type']}={condition['status']} ({condition.get('reason', '')})")
        elif condition["type"] == "Ready":
            words.append("Ready")
    if dig(manifest, "spec.unschedulable"):
        words.append("cordoned")
    taints = [f"{one['key']}:{one['effect']}" for one in dig(manifest, "spec.taints", [])]
    words += [f"taints {','.join(taints)}"] if taints else []
    words += [f"{key} {dig(manifest, f'status.allocatable.{key}', '?')}" for key in ("cpu", "memory")]
    return f"{name_line(manifest)}  {'  '.join(words)}"


def event_line(manifest: Manifest) -> str:
    """`Warning  BackOff  pod/auth-x1  ×12  2030-…: Back-off pulling image`."""
    about = manifest["involvedObject"]
    times = f"  ×{manifest['count']}" if (manifest.get("count") or 1) > 1 else ""
    return (
        f"{manifest.get('type', '')}  {manifest.get('reason', '')}  "
        f"{str(about.get('kind', '')).lower()}/{about.get('name', '')}{times}  {last_seen(manifest)}: "
        f"{' '.join(str(manifest.get('message', '')).split())[:240]}"
    )


def keyed_line(manifest: Manifest) -> str:
    """A ConfigMap or Secret by its keys; never a value, but for the Corefile of the cluster's DNS."""
    keys = sorted([*(manifest.get("data") or {}), *(manifest.get("binaryData") or {})])
    times = [str(one["time"]) for one in dig(manifest, "metadata.managedFields", []) if "time" in one]
    changed = max([*times, str(dig(manifest, "metadata.creationTimestamp", ""))])
    told = f"{name_line(manifest)}  keys {', '.join(keys) or 'none'}  changed {changed}"
    corefile = manifest.get("kind") != "Secret" and (manifest.get("data") or {}).get("Corefile")
    return f"{told}\n{corefile}".rstrip() if corefile else told


def service_line(manifest: Manifest) -> str:
    """`auth-service  ClusterIP 10.0.0.1  3001→http/TCP  selects app=auth`."""
    ports = ",".join(
        f"{one.get('port')}→{one.get('targetPort')}/{one.get('protocol', 'TCP')}"
        for one in dig(manifest, "spec.ports", [])
    )
    selector = ",".join(f"{key}={value}" for key, value in dig(manifest, "spec.selector", {}).items())
    return (
        f"{name_line(manifest)}  {dig(manifest, 'spec.type', '')} {dig(manifest, 'spec.clusterIP', '')}  {ports}  "
        f"selects {selector or 'nothing'}"
    )


def slice_line(manifest: Manifest) -> str:
    """`auth-service-abc  2 of 3 endpoints ready`."""
    points = manifest.get("endpoints") or []
    ready = sum((one.get("conditions") or {}).get("ready") is not False for one in points)
    return f"{name_line(manifest)}  {ready} of {len(points)} endpoints ready"


def ingress_line(manifest: Manifest) -> str:
    """Each route with its backend."""
    routes = []
    for rule in dig(manifest, "spec.rules", []):
        for path in dig(rule, "http.paths", []):
            backend = dig(path, "backend.service.name", "?")
            port = dig(path, "backend.service.port.number", dig(path, "backend.service.port.name", "?"))
            routes.append(f"{rule.get('host', '*')}{path.get('path', '/')} → {backend}:{port}")
    return f"{name_line(manifest)}  " + "; ".join(routes)


SHOWN: dict[str, Callable[[Manifest], str]] = {
    "Pod": pod_line,
    "Deployment": workload_line,
    "StatefulSet": workload_line,
    "DaemonSet": workload_line,
    "ReplicaSet": workload_line,
    "Node": node_line,
    "Event": event_line,
    "ConfigMap": keyed_line,
    "Secret": keyed_line,
    "Service": service_line,
    "EndpointSlice": slice_line,
    "Ingress": ingress_line,
    **BOUNDING,
}


def listed_words(kind: str, manifests: Sequence[Manifest]) -> str:
    """A list of objects as text, the interesting ones first for pods."""
    if not manifests:
        return "none"
    show = SHOWN.get(kind, name_line)
    ordered = (
        sorted(manifests, key=lambda one: pod_word(one) in ("Running", "Succeeded"))
        if kind == "Pod"
        else manifests
    )
    return listing_lines(show(one) for one in ordered)


def counted_words(words: Iterable[str]) -> str:
    """`12 Running, 2 CrashLoopBackOff`: how many of each."""
    return ", ".join(f"{number} {word}" for word, number in Counter(words).most_common()) or "none"


def came_back(age: timedelta) -> str:
    """`1 h ago`, `25 min ago`: what a comparison is made with."""
    return f"{duration_in_words(age, parts=1)} ago"


def ago_in_words(moment: datetime, now: datetime) -> str:
    """`3 min ago`."""
    return f"{duration_in_words(max(now - moment, timedelta()), parts=1)} ago"
