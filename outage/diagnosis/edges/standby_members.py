"""Members that are not ready by design: another member has the turn, and nobody is hurt.

Promise: only where somebody serves, the members are alike, and the unready one works and says, or its history shows,
that it waits for its turn.
"""

import re

from outage.diagnosis.thresholds import FIRST_READINESS, PROBE_REFUSALS
from outage.kubernetes.events import event_count, event_message
from outage.kubernetes.object_times import parsed_moment, since_condition
from outage.kubernetes.objects import dig, labels_of, object_ref
from outage.kubernetes.readiness import is_ready
from outage.snapshots.case_index import CaseIndex
from outage.snapshots.snapshot import LogTail
from outage.text.logs.trouble_words import complaint
from outage.value import Manifest

WORDS_OF_STANDBY = re.compile(
    r"standby|stand-by|follower|secondary|passive|not (?:the )?leader|replica mode|waiting for leadership"
    r"|attempting to acquire leader|other (?:member|node|instance) is active|\bslave\b|hot[- ]spare",
    re.I,
)
"""How members say that another one has the turn."""
ANSWERS = re.compile(
    r"Readiness probe failed: HTTP probe failed with statuscode: (?:503|429|423|404|409|4\d\d|50[13])"
)
"""The process is there and says itself that it is not its turn."""
REVISIONS = ("controller-revision-hash", "pod-template-hash")


def is_standby(index: CaseIndex, pod: Manifest) -> bool:
    """Whether a pod that runs and is not ready is a standby of another one that is."""
    about = object_ref(pod, "Pod")
    siblings = [one for one in index.pods_of(index.workload_of(pod)) if object_ref(one, "Pod") != about]
    active = [one for one in siblings if is_ready(one)]
    if not active or any(_revision(one) != _revision(pod) for one in siblings):
        return False
    said = [event_message(one) for one in index.warnings(about) if one.get("reason") == "Unhealthy"]
    if not said or not ANSWERS.search(said[-1]) or _restarted(pod):
        return False
    if _says_so(index, pod):
        return True
    waited = not _was_ready(pod) and any(_had_waited(index, one) for one in active)
    return waited and not _complains(index, pod)


def _revision(pod: Manifest) -> tuple[str, ...]:
    return tuple(labels_of(pod).get(key, "") for key in REVISIONS)


def _restarted(pod: Manifest) -> bool:
    return any(int(one.get("restartCount") or 0) for one in dig(pod, "status.containerStatuses", []))


def _was_ready(pod: Manifest) -> bool:
    """Whether it was ready once in this life: its readiness turned after it had started."""
    started, turned = parsed_moment(dig(pod, "status.startTime")), since_condition(pod, "Ready")
    return bool(started and turned and turned - started > FIRST_READINESS)


def _tails(index: CaseIndex, pod: Manifest) -> list[LogTail]:
    meta = pod["metadata"]
    return [
        one
        for one in index.snapshot.logs
        if (one.pod, one.namespace, one.previous) == (meta["name"], meta.get("namespace", ""), False)
    ]


def _complains(index: CaseIndex, pod: Manifest) -> bool:
    speaks = complaint(index.platform.error_patterns)
    return any(
        speaks(line) and not WORDS_OF_STANDBY.search(line)
        for tail in _tails(index, pod)
        for line in tail.text.splitlines()[-60:]
    )


def _says_so(index: CaseIndex, pod: Manifest) -> bool:
    """Whether its log, or its own answer to who asks for its readiness, says that another one has the turn."""
    meta = pod["metadata"]
    own = (meta["name"], meta.get("namespace", ""))
    told = [one.text for one in index.snapshot.readiness if (one.pod, one.namespace) == own]
    if any(WORDS_OF_STANDBY.search(text) for text in told):
        return True
    return any(
        WORDS_OF_STANDBY.search(line) for tail in _tails(index, pod) for line in tail.text.splitlines()[-60:]
    )


def _had_waited(index: CaseIndex, active: Manifest) -> bool:
    """Whether the one that serves now was refused in the same way for long, without having been made anew since."""
    if _restarted(active):
        return False
    refused = [
        event_count(one)
        for one in index.warnings(object_ref(active, "Pod"))
        if one.get("reason") == "Unhealthy" and ANSWERS.search(event_message(one))
    ]
    return sum(refused) >= PROBE_REFUSALS
