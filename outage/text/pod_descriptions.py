"""What `kubectl describe` would say of an ill pod, made from what was seen already.

Pure: the same objects give the same lines.
"""

from collections.abc import Iterator
from typing import Any

from outage.kubernetes.objects import dig
from outage.kubernetes.readiness import is_ready
from outage.kubernetes.trim import is_healthy_pod
from outage.snapshots.snapshot import Snapshot
from outage.text.listing import event_line, listing_lines, pod_word
from outage.value import Manifest

EVENTS = 8
MESSAGE = 200
"""Characters of a container's or a condition's own words."""


def ill_pods(snapshot: Snapshot) -> list[Manifest]:
    """Pods that are not as they should be, by namespace and name; one that restarted and is well again is no more."""
    return [one for one in snapshot.kind("Pod") if not is_healthy_pod(one) and not _recovered(one)]


def _recovered(pod: Manifest) -> bool:
    return is_ready(pod) and pod_word(pod) == "Running"


def described(snapshot: Snapshot, pod: Manifest) -> str:
    """State and last state of each container, conditions that do not hold, and events, newest first."""
    node = dig(pod, "spec.nodeName", "no node")
    rows = [
        f"{pod_word(pod)} on {node} since {dig(pod, 'status.startTime', 'never')}{_says(pod.get('status') or {})}"
    ]
    for shelf in ("initContainerStatuses", "containerStatuses"):
        for one in dig(pod, f"status.{shelf}", []):
            rows += _container(one)
    rows += _conditions(pod)
    about = (pod["metadata"].get("namespace", ""), pod["metadata"]["name"])
    told = [one for one in snapshot.kind("Event") if _involves(one, about)]
    return "\n".join([*rows, listing_lines((event_line(one) for one in told), EVENTS)]).strip()


def _container(status: Manifest) -> Iterator[str]:
    ready = "ready" if status.get("ready") else "not ready"
    yield (
        f"container {status.get('name')}: {_state(status.get('state'))}, {ready}, "
        f"restarts {status.get('restartCount', 0)}, image {status.get('image', '?')}"
    )
    if status.get("lastState"):
        yield f"  before: {_state(status['lastState'])}"


def _state(state: Any) -> str:
    """`terminated OOMKilled, exit code 137, from … to …`."""
    for word, values in (state or {}).items():
        values = values or {}
        parts = [f"{word} {values['reason']}" if values.get("reason") else str(word)]
        parts += [f"exit code {values['exitCode']}"] if "exitCode" in values else []
        parts += [f"from {values['startedAt']}"] if values.get("startedAt") else []
        parts += [f"to {values['finishedAt']}"] if values.get("finishedAt") else []
        return ", ".join(parts) + _says(values, reason=False)
    return "no state"


def _says(values: Manifest, reason: bool = True) -> str:
    words = [
        str(values[key]) for key in ("reason", "message") if values.get(key) and (reason or key == "message")
    ]
    return f": {' '.join(' '.join(words).split())[:MESSAGE]}" if words else ""


def _conditions(pod: Manifest) -> Iterator[str]:
    for one in dig(pod, "status.conditions", []):
        if one["status"] != "True":
            since = one.get("lastTransitionTime", "?")
            yield f"condition {one['type']} is {one['status']} since {since}{_says(one)}"


def _involves(event: Manifest, about: tuple[str, str]) -> bool:
    involved = event["involvedObject"]
    return (
        involved.get("kind") == "Pod" and (involved.get("namespace", ""), involved.get("name", "")) == about
    )
