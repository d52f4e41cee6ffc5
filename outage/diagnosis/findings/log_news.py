"""What the logs complain of, which of it is news since the baseline, and what a baseline keeps to tell.

Pure: the picture and the earlier baseline are all that is asked.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from outage.kubernetes.object_times import earliest_of, latest_of, since_condition
from outage.kubernetes.objects import ObjectRef, object_ref
from outage.kubernetes.readiness import is_ready
from outage.kubernetes.workloads import WORKLOADS
from outage.snapshots.case_index import CaseIndex
from outage.snapshots.snapshot import LogTail
from outage.text.logs.log_templates import (
    KnownTemplates,
    LogTemplate,
    is_worded,
    log_templates_of,
    of_kind,
    template_kinds,
    template_wording,
    templates_after,
)
from outage.text.logs.trouble_lines import bare_line
from outage.value import Manifest

KINDS_KEPT = 40
"""Of one workload in a baseline; each is a line of at most 400 characters. What complains in more ways while all
is well is not listened to by anybody."""


def log_templates(index: CaseIndex) -> tuple[LogTemplate, ...]:
    """Every kind of complaint in the logs; when the baseline knows some, what is new stands first."""
    if "log templates" not in index.memory:
        patterns = index.platform.error_patterns
        index.memory["log templates"] = log_templates_of(index.snapshot.logs, patterns, _known(index))
    found: tuple[LogTemplate, ...] = index.memory["log templates"]
    return found


def _known(index: CaseIndex) -> KnownTemplates | None:
    """What the baseline knows; None without one, and with one that was recorded before logs were kept."""
    baseline = index.baseline
    if baseline is None or baseline.log_templates is None:
        return None
    workloads = {f"{tail.namespace}/{tail.pod}": _workload(index, tail) for tail in index.snapshot.logs}
    return KnownTemplates(until=baseline.recorded_at, kinds=baseline.log_templates, workloads=workloads)


def _workload(index: CaseIndex, tail: LogTail) -> str:
    pod = index.get(ObjectRef(kind="Pod", name=tail.pod, namespace=tail.namespace))
    return str(index.workload_of(pod)) if pod else ""


def newest_news(index: CaseIndex, tail: LogTail, lines: Sequence[str]) -> str | None:
    """The last of a log's lines that is of a new kind, without its date, or None.

    An old complaint explains no new outage.
    """
    news = [one for one in log_templates(index) if one.new and tail.pod in one.pods]
    newest = next((line for line in reversed(lines) if any(of_kind(one, line) for one in news)), None)
    return bare_line(newest)[1] if newest else None


def is_old_news(index: CaseIndex, line: str) -> bool:
    """Whether the baseline knows what a line complains of, and no other workload says it for the first time."""
    words = template_wording(line)
    key = ("old news", words)  # thousands of lines have a few dozen wordings
    if key not in index.memory:
        alike = {one.new for one in log_templates(index) if one.new is not None and is_worded(one, words)}
        index.memory[key] = alike == {False}
    return bool(index.memory[key])


def serving_since(index: CaseIndex) -> datetime | None:
    """Since when every workload of the platform has had a ready pod; what they said before was said while starting.

    Returns:
        None when no pod is ready, or none of them says since when.
    """
    ready: dict[str, list[datetime | None]] = defaultdict(list)
    for pod in index.pods:
        if pod["metadata"].get("namespace") in index.home and _ready(pod):
            ready[str(index.workload_of(pod))].append(since_condition(pod, "Ready"))
    return latest_of(earliest_of(moments) for moments in ready.values())


def _ready(pod: Manifest) -> bool:
    return is_ready(pod)


def kinds_while_well(
    index: CaseIndex, since: datetime | None, earlier: dict[str, tuple[str, ...]] | None = None
) -> dict[str, tuple[str, ...]]:
    """What each workload complains of while all is well: for the baseline, without secrets.

    Args:
        index: A healthy picture.
        since: Since when all is well; what was said before is left out.
        earlier: What the last baseline knew: the end of a log holds minutes, and some complain once a day.

    Returns:
        By workload. One that was listened to and did not complain has an empty entry; one whose logs nobody read
        has what was known earlier, as long as it is there, or none.
    """
    logs: dict[str, list[LogTail]] = {workload: [] for workload in _listened_to(index)}
    for tail in index.snapshot.logs:
        if workload := _workload(index, tail):
            logs.setdefault(workload, []).append(_said_since(tail, since))
    found = {
        workload: template_kinds(tails, index.platform.error_patterns) for workload, tails in logs.items()
    }
    there = {str(object_ref(one, kind)) for kind in (*WORKLOADS, "CronJob") for one in index.all(kind)}
    for workload, known in (earlier or {}).items():
        if workload in there or workload in found:  # Jobs come and go under ever new names
            found[workload] = tuple(dict.fromkeys((*found.get(workload, ()), *known)))
    return {workload: some[:KINDS_KEPT] for workload, some in sorted(found.items())}


def _listened_to(index: CaseIndex) -> set[str]:
    """The workloads of which a log was read; an empty one is in the evidence alone."""
    read = {one.id.split("/")[1] for one in index.snapshot.evidence if _of_a_log(one.id) and not one.unseen}
    return {str(index.workload_of(pod)) for pod in index.pods if pod["metadata"]["name"] in read}


def _of_a_log(id: str) -> bool:
    return id.startswith("logs/") and id.count("/") > 1


def _said_since(tail: LogTail, moment: datetime | None) -> LogTail:
    """The log without what was said before."""
    if moment is None:
        return tail
    lines = [line for line in tail.text.splitlines() if templates_after(bare_line(line)[0], moment)]
    return tail.model_copy(update={"text": "\n".join(lines)})
