"""Pods that have not tried again since a moment: the kubelet waits longer after each failure, up to five minutes.

Until then they say nothing of a repair. A verdict that does not wait for their next try takes the right change back,
and the longer the outage has lasted, the surer.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from outage.kubernetes.object_times import created_at, parsed_moment
from outage.kubernetes.objects import dig
from outage.value import Manifest

LONGEST = {
    "CrashLoopBackOff": timedelta(minutes=5, seconds=10),
    "ImagePullBackOff": timedelta(minutes=5, seconds=10),
    "ContainerCreating": timedelta(minutes=2, seconds=10),
    "PodInitializing": timedelta(minutes=2, seconds=10),
}
"""The kubelet's longest pauses: between starts, between pulls, and (for the last two) between tries to mount."""


def yet_to_try(pods: Iterable[Manifest], since: datetime, now: datetime) -> tuple[str, ...]:
    """Pods of before that moment whose next try is still to come, as `auth-x2x4z (CrashLoopBackOff)`.

    Args:
        pods: As they are now. Those made since, on their way out or at their end are not waited for.
        since: When the repair was in place.
        now: The moment; after the kubelet's longest pause nobody is waited for any more.
    """
    return tuple(
        f"{pod['metadata']['name']} ({reason})"
        for pod in pods
        if _of_before(pod, since)
        for reason in sorted(_pausing(pod, since))
        if now - since < LONGEST[reason]
    )


def _of_before(pod: Manifest, since: datetime) -> bool:
    made = created_at(pod)
    over = dig(pod, "status.phase") in ("Succeeded", "Failed") or dig(pod, "metadata.deletionTimestamp")
    return not over and (made is None or made < since)


def _pausing(pod: Manifest, since: datetime) -> set[str]:
    """Why its containers wait, as far as their last try was before that moment."""
    found = set()
    for field in ("initContainerStatuses", "containerStatuses"):
        for status in dig(pod, f"status.{field}", []):
            reason = dig(status, "state.waiting.reason", "")
            ended = parsed_moment(dig(status, "lastState.terminated.finishedAt"))
            if reason in LONGEST and (ended is None or ended < since):
                found.add(reason)
    return found
