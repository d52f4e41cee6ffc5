"""A line that a workload began to say right after something that it reads was changed, whatever its words are.

No vocabulary names the trouble: that the line is new since the change, goes on, and is much of what is said, is what
counts. A line that speaks of no trouble at all counts only where something fails.
"""

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from outage.diagnosis.cause import Cause
from outage.diagnosis.edges.pod_complaints import IN_PASSING
from outage.diagnosis.edges.recent_changes import path_changes
from outage.diagnosis.findings import Signs
from outage.diagnosis.findings.log_news import is_old_news
from outage.diagnosis.findings.user_signs import line_moment
from outage.diagnosis.history.change_moments import LastChange
from outage.diagnosis.history.recorded_change import ChangeKind
from outage.diagnosis.rules.rule import CauseRule
from outage.diagnosis.suspect import SuspectDraft, names_of
from outage.diagnosis.thresholds import (
    ARRIVED_BEFORE,
    BEING_MADE,
    CHANGED_TOGETHER,
    COMPLAINED_NOW,
    COMPLAINTS,
    COMPLAINTS_SHARE,
    DATED_APART,
    MAIN_SHARE,
    NOT_A_START,
)
from outage.diagnosis.weighing.strength import Strength, Support
from outage.errors import cut
from outage.kubernetes.field_managers import WRITER
from outage.kubernetes.object_times import created_at
from outage.kubernetes.objects import ObjectRef, object_ref
from outage.kubernetes.readiness import is_ready
from outage.snapshots.case_index import CaseIndex
from outage.text.durations import duration_in_words
from outage.text.logs.log_templates import template_wording
from outage.text.logs.trouble_kinds import named_trouble
from outage.text.logs.trouble_lines import bare_line
from outage.text.logs.trouble_words import complaint
from outage.value import Manifest

LINES_READ = 400
"""Of each log's end."""


class SaidLine(NamedTuple):
    """One dated line of one pod."""

    at: datetime
    pod: str
    line: str


class NewLine(NamedTuple):
    """One kind of line that began after a change."""

    first: datetime
    line: str
    times: int
    change: LastChange
    troubled: bool


def suspect_errors_after_change(index: CaseIndex, signs: Signs) -> Iterator[SuspectDraft]:
    """The change before the line, for each workload that says one."""
    heard = {(tail.namespace, tail.pod) for tail in index.snapshot.logs if tail.namespace in index.home}
    pods = [ObjectRef(kind="Pod", namespace=place, name=name) for place, name in heard]
    speaking = {index.workload_of(pod) for one in pods if (pod := index.get(one)) is not None}
    for workload in index.workloads if speaking else ():
        about = object_ref(workload)
        if about not in speaking:
            continue
        changes = _changes(index, workload)
        found = _main_line(index, signs, about, changes) if changes else None
        if found is not None:
            yield _suspect(about, found)


def _changes(index: CaseIndex, workload: Manifest) -> list[LastChange]:
    """What was changed on its path lately, after it was made, and not by us."""
    born = created_at(workload)
    return [
        one
        for one in path_changes(index, [object_ref(workload)])
        if born is not None
        and one.at > born + BEING_MADE
        and index.now - one.at <= ARRIVED_BEFORE
        and one.by != WRITER
    ]


def _main_line(index: CaseIndex, signs: Signs, about: ObjectRef, changes: list[LastChange]) -> NewLine | None:
    """The line that is said most of those that are new since one change, and go on."""
    said = _said(index, about)
    kinds: dict[str, list[SaidLine]] = defaultdict(list)
    for one in said:
        kinds[template_wording(one.line)].append(one)
    speaks = complaint(index.platform.error_patterns)
    found = [
        NewLine(lines[0].at, bare_line(lines[-1].line)[1], len(lines), change, speaks(lines[-1].line))
        for lines in kinds.values()
        if (change := _before(changes, lines[0].at)) is not None
        and _goes_on(index, lines)
        and _is_new(index, lines, said, change)
    ]
    fails = _fails(index, signs, about)
    telling = [one for one in found if _tells(one, said, fails)]
    return max(telling, key=lambda one: (one.troubled, one.times), default=None)


def _said(index: CaseIndex, about: ObjectRef) -> list[SaidLine]:
    """Every dated line of its ready pods, the oldest first."""
    ready = {pod["metadata"]["name"] for pod in index.pods_of(about) if is_ready(pod)}
    lines = [
        SaidLine(at, tail.pod, line)
        for tail in index.snapshot.logs
        if tail.pod in ready and tail.namespace == about.namespace and not tail.previous
        for line in tail.text.splitlines()[-LINES_READ:]
        if (at := line_moment(line)) is not None
    ]
    return sorted(lines)


def _before(changes: list[LastChange], first: datetime) -> LastChange | None:
    """The last change before a line began; None when none came, or several objects at once."""
    earlier = [one for one in changes if -DATED_APART <= first - one.at <= ARRIVED_BEFORE]
    together = {one.about for one in earlier if earlier[0].at - one.at <= CHANGED_TOGETHER}
    return earlier[0] if len(together) == 1 else None


def _goes_on(index: CaseIndex, lines: list[SaidLine]) -> bool:
    lasted = lines[-1].at - lines[0].at >= NOT_A_START
    return len(lines) >= COMPLAINTS and lasted and index.now - lines[-1].at <= COMPLAINED_NOW


def _is_new(index: CaseIndex, lines: list[SaidLine], said: list[SaidLine], change: LastChange) -> bool:
    """Whether somebody listened before the change and did not hear it, and the baseline does not know it."""
    saying = {one.pod for one in lines}
    heard = sum(1 for one in said if one.at < change.at - DATED_APART and one.pod in saying)
    return heard >= COMPLAINTS and not is_old_news(index, lines[-1].line)


def _tells(one: NewLine, said: list[SaidLine], fails: bool) -> bool:
    """Whether it is much of what is said, and speaks of a trouble that no other rule names, or something fails."""
    if IN_PASSING.search(one.line) or named_trouble(one.line) is not None:
        return False
    since = sum(1 for each in said if each.at >= one.first)
    share = COMPLAINTS_SHARE if one.troubled else MAIN_SHARE
    return (one.troubled or fails) and one.times >= share * since


def _fails(index: CaseIndex, signs: Signs, about: ObjectRef) -> bool:
    own = index.names_around(about)
    return any(str(one.about) in own for one in signs.failing)


def _suspect(about: ObjectRef, said: NewLine) -> SuspectDraft:
    change = said.change
    verb = "was made" if change.kind is ChangeKind.MADE else "was changed"
    by = f" by {change.by}" if change.by else ""
    ago = duration_in_words(max(said.first - change.at, timedelta()))
    says = f"{change.about} {verb}{by} {ago} before {about} began to say: {cut(said.line, 160)}"
    found = SuspectDraft(
        cause=Cause.RECENT_CHANGE, about=change.about, says=says, explains=names_of(change.about, about)
    )
    found.add(Strength.FITS, f"{about.name} reads it, and says since then what it never said")
    found.add(Support.TRACE if said.times >= 2 * COMPLAINTS else None, f"it said so {said.times} times")
    found.time(change.at, said.first)
    found.alone = said.troubled
    found.evidence_for = [cut(said.line, 200)]
    found.settle = "What was changed, and whether the line ends without it: who wrote it knows."
    return found


RULES = (CauseRule(suspect_errors_after_change),)
