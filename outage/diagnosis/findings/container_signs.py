"""What the containers of a pod say: no image, no configuration, killed for memory, ending again and again.

A container that has been well for long is left alone, whatever its past.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from outage.diagnosis.findings.finding import Finding
from outage.diagnosis.index import CaseIndex
from outage.errors import cut
from outage.kubernetes.object_times import created_at, earliest_of, parsed_moment, since_condition
from outage.kubernetes.objects import ObjectRef, dig
from outage.value import Manifest

IMAGE_TROUBLE = {
    "ImagePullBackOff",
    "ErrImagePull",
    "InvalidImageName",
    "ErrImageNeverPull",
    "ImageInspectError",
}
CONFIG_TROUBLE = {"CreateContainerConfigError", "CreateContainerError", "RunContainerError"}
RECENTLY = timedelta(minutes=15)
"""How long ago a restart still counts as going on."""


def container_statuses(pod: Manifest) -> list[Manifest]:
    """The statuses of all containers, init containers first."""
    inits = dig(pod, "status.initContainerStatuses", [])
    return [*inits, *dig(pod, "status.containerStatuses", [])]


def restart_count(status: Manifest) -> int:
    """How often the container was started again."""
    return int(status.get("restartCount") or 0)


def container_began(pod: Manifest) -> datetime | None:
    """When this pod began to fail: when it stopped being ready, or its birth when it never was."""
    return since_condition(pod, "Ready") or created_at(pod)


def container_trouble(world: CaseIndex, pod: Manifest, about: ObjectRef) -> Iterator[Finding]:
    """The signs of a pod's containers."""
    for status in container_statuses(pod):
        sign, says = _trouble(world, status)
        if sign:
            yield Finding(
                sign=sign,
                about=about,
                says=f"{about}: container {status.get('name')} {says}",
                since=_container_since(pod, status),
                evidence=("pods",),
            )


def _container_since(pod: Manifest, status: Manifest) -> datetime | None:
    return earliest_of([container_began(pod), parsed_moment(dig(status, "lastState.terminated.finishedAt"))])


def _trouble(world: CaseIndex, status: Manifest) -> tuple[str, str]:
    waiting, last = dig(status, "state.waiting", {}), dig(status, "lastState.terminated", {})
    reason = waiting.get("reason", "")
    if reason in IMAGE_TROUBLE:
        return "pod-image-pull", f"cannot get {status.get('image') or 'its image'} ({reason})"
    if reason in CONFIG_TROUBLE:
        return "pod-config-error", f"cannot be created: {cut(waiting.get('message', reason))}"
    ended = dig(status, "state.terminated", {}) or last
    if _killed_for_memory(ended) and _recent(world, ended) and not _long_well(world, status):
        return "pod-out-of-memory", f"was killed for memory, {status.get('restartCount', 0)} restarts"
    if reason == "CrashLoopBackOff" or _ended_badly(status):
        return "pod-crash-loop", f"keeps ending with exit code {ended.get('exitCode', '?')}"
    if restart_count(status) >= 3 and _recent(world, last) and not _long_well(world, status):
        return "pod-crash-loop", f"restarted {restart_count(status)} times, last with {_how(last)}"
    if restart_count(status) and last and _recent(world, last):
        return "pod-restarted", f"restarted, last with {_how(last)}"
    return "", ""


def _how(ended: Manifest) -> str:
    return f"{ended.get('reason', 'exit')} {ended.get('exitCode', '?')}"


def _killed_for_memory(ended: Manifest) -> bool:
    return ended.get("reason") == "OOMKilled"


def _ended_badly(status: Manifest) -> bool:
    ended = dig(status, "state.terminated", {})
    return bool(ended) and ended.get("exitCode", 0) != 0


def _recent(world: CaseIndex, ended: Manifest) -> bool:
    at = parsed_moment(ended.get("finishedAt"))
    return at is None or world.now - at < RECENTLY


def _long_well(world: CaseIndex, status: Manifest) -> bool:
    """Whether the container has been well for so long that the past is past."""
    started = parsed_moment(dig(status, "state.running.startedAt"))
    return bool(status.get("ready")) and started is not None and world.now - started > timedelta(minutes=5)
