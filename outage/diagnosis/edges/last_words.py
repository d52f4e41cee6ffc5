"""What a container said before it ended: of the container that failed, of the life that ended, the decisive line."""

from outage.kubernetes.objects import dig
from outage.snapshots.case_index import CaseIndex
from outage.snapshots.snapshot import LogTail
from outage.text.logs.decisive_line import decisive_line
from outage.value import Manifest


def last_words(index: CaseIndex, pod: Manifest, container: str | None) -> str:
    """The decisive line of a container that failed; empty when it logged nothing, or nobody read it."""
    tails = logs_of(index, pod, container)
    ended = [one for one in tails if one.previous] or tails
    text = max((one.text for one in ended), key=len, default="")
    return decisive_line(text, index.platform.error_patterns)


def logs_of(index: CaseIndex, pod: Manifest, container: str | None = None) -> list[LogTail]:
    """The logs of a pod's container, or of all of them."""
    meta = pod["metadata"]
    own = [
        one
        for one in index.snapshot.logs
        if (one.pod, one.namespace) == (meta["name"], meta.get("namespace", ""))
    ]
    return [one for one in own if container in (None, one.container)]


def failed_container(pod: Manifest) -> str | None:
    """The container that ended badly, an init container before the others; None when none did."""
    for group in ("initContainerStatuses", "containerStatuses"):
        for status in dig(pod, f"status.{group}", []):
            ended = dig(status, "state.terminated") or dig(status, "lastState.terminated")
            if ended and ended.get("exitCode"):
                return str(status.get("name"))
    return None
