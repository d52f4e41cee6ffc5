"""What the containers of a pod say: no image, no configuration, killed for memory, ending again and again.

A container that has been well for long is left alone, whatever its past.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Literal

from outage.diagnosis.findings.facts import Facts, Sign
from outage.diagnosis.findings.facts.sign_facts import (
    ContainerEndFacts,
    ImagePullFacts,
    MemoryKillFacts,
    UncreatedContainerFacts,
)
from outage.diagnosis.findings.finding import Finding
from outage.diagnosis.thresholds import RESTART_PACE, RESTARTS_OF_A_LOOP, SAID_LATELY
from outage.kubernetes.object_times import created_at, earliest_of, parsed_moment, since_condition
from outage.kubernetes.objects import ObjectRef, dig
from outage.snapshots.case_index import CaseIndex
from outage.value import Manifest

IMAGE_TROUBLE = {
    "ImagePullBackOff",
    "ErrImagePull",
    "InvalidImageName",
    "ErrImageNeverPull",
    "ImageInspectError",
}
CONFIG_TROUBLE = {"CreateContainerConfigError", "CreateContainerError", "RunContainerError"}


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


def container_trouble(index: CaseIndex, pod: Manifest, about: ObjectRef) -> Iterator[Finding]:
    """The signs of a pod's containers."""
    for status in container_statuses(pod):
        facts = _trouble(index, status)
        if facts is not None:
            yield Finding.of(about, facts, _container_since(pod, status), ("pods",))


def _container_since(pod: Manifest, status: Manifest) -> datetime | None:
    return earliest_of([container_began(pod), parsed_moment(dig(status, "lastState.terminated.finishedAt"))])


def _trouble(index: CaseIndex, status: Manifest) -> Facts | None:
    waiting, last = dig(status, "state.waiting", {}), dig(status, "lastState.terminated", {})
    reason, name = waiting.get("reason", ""), str(status.get("name"))
    if reason in IMAGE_TROUBLE:
        return ImagePullFacts(container=name, image=status.get("image") or "", quoted=reason)
    if reason in CONFIG_TROUBLE:
        return UncreatedContainerFacts(container=name, quoted=waiting.get("message", reason))
    ended = dig(status, "state.terminated", {}) or last
    if _killed_for_memory(ended) and _recent(index, ended) and not _long_well(index, status):
        return MemoryKillFacts(container=name, restarts=restart_count(status))
    if reason == "CrashLoopBackOff" or _ended_badly(status):
        return _ended(Sign.POD_CRASH_LOOP, status, ended)
    if restart_count(status) >= RESTARTS_OF_A_LOOP and _recent(index, last) and not _long_well(index, status):
        return _ended(Sign.POD_CRASH_LOOP, status, last, running_again=True)
    if restart_count(status) and last and _recent(index, last):
        return _ended(Sign.POD_RESTARTED, status, last, running_again=True)
    return None


def _ended(
    sign: Literal[Sign.POD_CRASH_LOOP, Sign.POD_RESTARTED],
    status: Manifest,
    ended: Manifest,
    running_again: bool = False,
) -> ContainerEndFacts:
    return ContainerEndFacts(
        sign=sign,
        container=str(status.get("name")),
        exit_code=ended.get("exitCode"),
        restarts=restart_count(status),
        running_again=running_again,
        quoted=ended.get("reason") or "",
    )


def _killed_for_memory(ended: Manifest) -> bool:
    return ended.get("reason") == "OOMKilled"


def _ended_badly(status: Manifest) -> bool:
    ended = dig(status, "state.terminated", {})
    return bool(ended) and ended.get("exitCode", 0) != 0


def _recent(index: CaseIndex, ended: Manifest) -> bool:
    at = parsed_moment(ended.get("finishedAt"))
    return at is None or index.now - at < SAID_LATELY


def _long_well(index: CaseIndex, status: Manifest) -> bool:
    """Whether the container has been well for so long that the past is past."""
    started = parsed_moment(dig(status, "state.running.startedAt"))
    return bool(status.get("ready")) and started is not None and index.now - started > RESTART_PACE
