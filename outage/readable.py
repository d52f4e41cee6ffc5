"""Lists of objects as the few lines that a responder reads: what came back from a look."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta

from outage.objects import dig
from outage.readable_bounds import BOUNDING, name
from outage.slimming import last_seen
from outage.value import Manifest

LINES = 25


def lines(rows: Iterable[str], at_most: int = LINES) -> str:
    """Rows under each other, with a word on how many more there were."""
    kept = list(rows)
    more = [f"… and {len(kept) - at_most} more"] if len(kept) > at_most else []
    return "\n".join(kept[:at_most] + more)


def some_of(names: Sequence[str], at_most: int = 5) -> str:
    """`a, b, c and 12 more`."""
    more = f" and {len(names) - at_most} more" if len(names) > at_most else ""
    return ", ".join(names[:at_most]) + more


def pod(manifest: Manifest) -> str:
    """`auth-7d9-x1  0/1  ImagePullBackOff  restarts 3  node-1`."""
    status = manifest.get("status") or {}
    states = status.get("containerStatuses") or []
    wanted = len(dig(manifest, "spec.containers", []))
    ready = sum(bool(one.get("ready")) for one in states) if states else wanted * _pod_ready(status)
    restarts = sum(one.get("restartCount", 0) for one in states)
    word = pod_word(manifest)
    node = dig(manifest, "spec.nodeName", "no node")
    return f"{name(manifest)}  {ready}/{wanted}  {word}  restarts {restarts}  {node}"


def _pod_ready(status: Manifest) -> bool:
    return any(one["type"] == "Ready" and one["status"] == "True" for one in status.get("conditions") or [])


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


def workload(manifest: Manifest) -> str:
    """`auth-service  1/2 ready  image a/auth:1`."""
    wanted = dig(manifest, "spec.replicas", dig(manifest, "status.desiredNumberScheduled", 0))
    ready = dig(manifest, "status.readyReplicas", dig(manifest, "status.numberReady", 0))
    images = ",".join(one.get("image", "?") for one in dig(manifest, "spec.template.spec.containers", []))
    return f"{name(manifest)}  {ready}/{wanted} ready  image {images}"


def node(manifest: Manifest) -> str:
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
    return f"{name(manifest)}  {'  '.join(words)}"


def event(manifest: Manifest) -> str:
    """`Warning  BackOff  pod/auth-x1  ×12  2030-…: Back-off pulling image`."""
    about = manifest["involvedObject"]
    times = f"  ×{manifest['count']}" if (manifest.get("count") or 1) > 1 else ""
    return (
        f"{manifest.get('type', '')}  {manifest.get('reason', '')}  "
        f"{str(about.get('kind', '')).lower()}/{about.get('name', '')}{times}  {last_seen(manifest)}: "
        f"{' '.join(str(manifest.get('message', '')).split())[:240]}"
    )


def keyed(manifest: Manifest) -> str:
    """A ConfigMap or Secret by its keys; never a value, but for the Corefile of the cluster's DNS."""
    keys = sorted([*(manifest.get("data") or {}), *(manifest.get("binaryData") or {})])
    times = [str(one["time"]) for one in dig(manifest, "metadata.managedFields", []) if "time" in one]
    changed = max([*times, str(dig(manifest, "metadata.creationTimestamp", ""))])
    told = f"{name(manifest)}  keys {', '.join(keys) or 'none'}  changed {changed}"
    corefile = manifest.get("kind") != "Secret" and (manifest.get("data") or {}).get("Corefile")
    return f"{told}\n{corefile}".rstrip() if corefile else told


def service(manifest: Manifest) -> str:
    """`auth-service  ClusterIP 10.0.0.1  3001→http/TCP  selects app=auth`."""
    ports = ",".join(
        f"{one.get('port')}→{one.get('targetPort')}/{one.get('protocol', 'TCP')}"
        for one in dig(manifest, "spec.ports", [])
    )
    selector = ",".join(f"{key}={value}" for key, value in dig(manifest, "spec.selector", {}).items())
    return (
        f"{name(manifest)}  {dig(manifest, 'spec.type', '')} {dig(manifest, 'spec.clusterIP', '')}  {ports}  "
        f"selects {selector or 'nothing'}"
    )


def slices(manifest: Manifest) -> str:
    """`auth-service-abc  2 of 3 endpoints ready`."""
    points = manifest.get("endpoints") or []
    ready = sum((one.get("conditions") or {}).get("ready") is not False for one in points)
    return f"{name(manifest)}  {ready} of {len(points)} endpoints ready"


def ingress(manifest: Manifest) -> str:
    """Each route with its backend."""
    routes = []
    for rule in dig(manifest, "spec.rules", []):
        for path in dig(rule, "http.paths", []):
            backend = dig(path, "backend.service.name", "?")
            port = dig(path, "backend.service.port.number", dig(path, "backend.service.port.name", "?"))
            routes.append(f"{rule.get('host', '*')}{path.get('path', '/')} → {backend}:{port}")
    return f"{name(manifest)}  " + "; ".join(routes)


SHOWN: dict[str, Callable[[Manifest], str]] = {
    "Pod": pod,
    "Deployment": workload,
    "StatefulSet": workload,
    "DaemonSet": workload,
    "ReplicaSet": workload,
    "Node": node,
    "Event": event,
    "ConfigMap": keyed,
    "Secret": keyed,
    "Service": service,
    "EndpointSlice": slices,
    "Ingress": ingress,
    **BOUNDING,
}


def listed(kind: str, manifests: Sequence[Manifest]) -> str:
    """A list of objects as text, the interesting ones first for pods."""
    if not manifests:
        return "none"
    show = SHOWN.get(kind, name)
    ordered = (
        sorted(manifests, key=lambda one: pod_word(one) in ("Running", "Succeeded"))
        if kind == "Pod"
        else manifests
    )
    return lines(show(one) for one in ordered)


def counted(words: Iterable[str]) -> str:
    """`12 Running, 2 CrashLoopBackOff`: how many of each."""
    return ", ".join(f"{number} {word}" for word, number in Counter(words).most_common()) or "none"


def back(age: timedelta) -> str:
    """`an hour ago`, `25 min ago`: what a comparison is made with."""
    return "an hour ago" if age >= timedelta(hours=1) else f"{age // timedelta(minutes=1)} min ago"


def ago(moment: datetime, now: datetime) -> str:
    """`3 min ago`."""
    seconds = max((now - moment).total_seconds(), 0)
    for unit, length in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= length:
            return f"{seconds // length:.0f} {unit} ago"
    return f"{seconds:.0f} s ago"
