"""What running pods complain of now: each kind of trouble with what it names, since when, how often.

Promise: a complaint is of the present. What was said before the last minutes, or only once, is none, unless it is a
program's last word (`last_complaints`); what a server says of its clients' slips in passing is none at all.
"""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from outage.diagnosis.calls.datastores import kind_of_store
from outage.diagnosis.edges.last_complaints import last_complaint
from outage.diagnosis.findings.facts.sign_facts import PodComplaintFacts
from outage.diagnosis.findings.finding import Finding
from outage.diagnosis.findings.log_news import is_old_news
from outage.diagnosis.findings.user_signs import line_moment, troubled_lines
from outage.diagnosis.thresholds import (
    COMPLAINED_NOW,
    COMPLAINTS,
    COMPLAINTS_SHARE,
    SHORT_SILENCE,
    STILL_SAID,
)
from outage.kubernetes.object_times import earliest_of, parsed_moment
from outage.kubernetes.objects import ObjectRef, dig, object_ref
from outage.kubernetes.readiness import is_ready
from outage.snapshots.case_index import CaseIndex
from outage.snapshots.snapshot import LogTail
from outage.text.logs.trouble_kinds import DEPENDENCY, NamedTrouble, TroubleKind, named_trouble
from outage.text.logs.trouble_lines import bare_line, begins_entry
from outage.value import Manifest, Value

OF_STORES = frozenset(
    {TroubleKind.NO_SPACE, TroubleKind.READ_ONLY, TroubleKind.REPLICATION_STOPPED, TroubleKind.SEALED}
)
"""Of what a data store logs: the rest it says of its clients, who say it themselves."""


JUDGED = frozenset({TroubleKind.CREDENTIAL_REFUSED, TroubleKind.ACCESS_DENIED, TroubleKind.RATE_LIMITED})
"""What a server says of whom it refuses, as it is there to do."""
IN_PASSING = re.compile(
    r"^\W*(?:\S+ ){0,3}(?:INFO|DEBUG|TRACE)\b|[\"']?level[\"']?[=:] ?[\"']?(?:info|debug)\b|LOGIN_ERROR", re.I
)
"""How a line begins that its own program does not call a trouble."""


class TroubledLine(NamedTuple):
    """One line that names a trouble."""

    line: str
    at: datetime | None
    trouble: NamedTrouble


class Complaint(Value):
    """One kind of trouble that a workload's pods tell of now."""

    workload: ObjectRef
    pod: ObjectRef
    container: str
    trouble: NamedTrouble
    line: str
    """The last line that tells of it, without its date."""
    count: int
    """Lines in the end of the log that was kept."""
    since: datetime | None = None
    """The first of those lines."""
    last: datetime | None = None
    standing: bool = False
    """Whether it is the last that its container said, and still holds, however rarely it is said."""
    first: datetime | None = None
    """Its first line in the whole log, where that was read; else as `since`."""

    @property
    def kind(self) -> TroubleKind:
        """What kind of trouble it is."""
        return self.trouble.kind


def pod_complaints(index: CaseIndex) -> tuple[Complaint, ...]:
    """Every complaint of every pod of the platform's own namespaces, the first to begin first."""
    if "pod complaints" not in index.memory:
        found = [one for tail in index.snapshot.logs for one in _of_tail(index, tail)]
        index.memory["pod complaints"] = tuple(sorted(found, key=_began))
    complaints: tuple[Complaint, ...] = index.memory["pod complaints"]
    return complaints


def complaints_of(index: CaseIndex, workload: ObjectRef, *kinds: TroubleKind) -> list[Complaint]:
    """What one workload complains of, of these kinds or of any."""
    return [
        one for one in pod_complaints(index) if one.workload == workload and (not kinds or one.kind in kinds)
    ]


def _began(one: Complaint) -> str:
    return str(one.first or "9")


def _of_tail(index: CaseIndex, tail: LogTail) -> Iterator[Complaint]:
    about = ObjectRef(kind="Pod", name=tail.pod, namespace=tail.namespace)
    pod = index.get(about)
    if tail.previous or tail.namespace not in index.home or pod is None:
        return
    kinds: dict[tuple[str, str], list[TroubledLine]] = {}
    telling = OF_STORES if _is_store(index, pod) else DEPENDENCY
    for line in troubled_lines(index, tail, STILL_SAID):
        said = named_trouble(bare_line(line)[1])
        if said is None or said.kind not in telling or is_old_news(index, line):
            continue
        if not (said.kind in JUDGED and IN_PASSING.search(bare_line(line)[1])):
            told = TroubledLine(line, line_moment(line), said)
            kinds.setdefault((said.kind, said.host or said.path), []).append(told)
    ends = last_complaint(index, index.workload_of(pod), tail, telling)
    if ends is not None and not is_old_news(index, ends[0]):
        standing = TroubledLine(ends[0], line_moment(ends[0]), ends[1])
        same = kinds.setdefault((ends[1].kind, ends[1].host or ends[1].path), [])
        same += [standing] if all(one.line != ends[0] for one in same) else []
    for lines in kinds.values():
        last = lines[-1]
        yield Complaint(
            workload=index.workload_of(pod),
            pod=about,
            container=tail.container,
            trouble=last.trouble,
            line=bare_line(last.line)[1],
            count=len(lines),
            since=lines[0].at,
            last=last.at,
            standing=ends is not None and last.line == ends[0],
            first=earliest_of([lines[0].at, *_said_earlier(tail, last.trouble)]),
        )


def _said_earlier(tail: LogTail, said: NamedTrouble) -> Iterator[datetime | None]:
    """When the same trouble was told of first, before the end of the log that was kept."""
    for one in tail.earlier:
        same = named_trouble(bare_line(one.first)[1])
        if same and (same.kind, same.host, same.path) == (said.kind, said.host, said.path):
            yield line_moment(one.first)


def complaint_signs(index: CaseIndex) -> Iterator[Finding]:
    """A failing sign for each pod that is ready and says now, again and again, that it cannot do what it is for.

    It has no date: a log tells since when it complains at least, for the kubelet throws the oldest away.
    """
    for one in pod_complaints(index):
        pod = index.get(one.pod)
        if pod is not None and is_lasting(index, one) and _serves(pod):
            facts = PodComplaintFacts(trouble=one.kind.value, count=one.count, quoted=one.line)
            yield Finding.of(one.pod, facts, evidence=(f"logs/{one.pod.name}/{one.container}",))


def is_lasting(index: CaseIndex, one: Complaint) -> bool:
    """Whether it goes on now and is more than an accident among many requests that go well."""
    if one.standing:
        return True
    if one.count < COMPLAINTS or one.last is None or one.since is None:
        return False
    usual = (one.last - one.since) / (one.count - 1)
    if index.now - one.last > min(COMPLAINED_NOW, max(SHORT_SILENCE, 4 * usual)):
        return False
    return one.count >= COMPLAINTS_SHARE * _lines_lately(index, one)


def _lines_lately(index: CaseIndex, one: Complaint) -> int:
    """How many entries its container wrote since the complaint began."""
    key = ("lines since", str(one.pod), one.container, str(one.since))
    if key not in index.memory:
        tails = [
            tail
            for tail in index.snapshot.logs
            if (tail.pod, tail.namespace, tail.container, tail.previous)
            == (one.pod.name, one.pod.namespace, one.container, False)
        ]
        lines = [line for tail in tails for line in tail.text.splitlines() if begins_entry(line)]
        moments = [parsed_moment(line.split(" ", 1)[0]) for line in lines]
        index.memory[key] = sum(1 for at in moments if at and one.since and at >= one.since)
    return int(index.memory[key])


def _is_store(index: CaseIndex, pod: Manifest) -> bool:
    about = index.workload_of(pod)
    workload = next((one for one in index.workloads if object_ref(one) == about), None)
    return workload is not None and kind_of_store(workload) is not None


def _serves(pod: Manifest) -> bool:
    ready = is_ready(pod)
    return ready and not dig(pod, "metadata.deletionTimestamp")


def workload_manifest(index: CaseIndex, about: ObjectRef) -> Manifest | None:
    """The workload with its kind, or the bare Pod or Job.

    Returns:
        None when it was not seen.
    """
    found = index.get(about)
    return {"kind": about.kind, **found} if found is not None else None
