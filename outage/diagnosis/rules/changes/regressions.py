"""Templates changed a while ago whose pods are ready, while those who call them, or they themselves, complain since.

Promise: nobody is blamed for a complaint that is older than the change, that the baseline knows, or that is over, as
those are of which the last was when the new pods became ready.
"""

import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from outage.diagnosis.cause import Cause
from outage.diagnosis.findings.caller_complaints import caller_complaints, lost_calls
from outage.diagnosis.findings.log_news import is_old_news
from outage.diagnosis.findings.symptoms_near import EXPECTED
from outage.diagnosis.findings.user_signs import line_moment, troubled_lines
from outage.diagnosis.known_good.template_revisions import Fix, as_in_baseline, template_fix
from outage.diagnosis.known_good.troubled_workloads import POD_TROUBLE, Troubled
from outage.diagnosis.suspect import SuspectDraft
from outage.diagnosis.thresholds import (
    CALLERS_MOVED,
    MORE_THAN_ONE,
    RECENT_CHANGE,
    SAID_BEFORE_CHANGE,
    STILL_SAID,
)
from outage.diagnosis.weighing.strength import Strength, Support
from outage.kubernetes.field_differences import FieldDifference
from outage.kubernetes.object_times import latest_of, since_condition
from outage.kubernetes.objects import ObjectRef, object_ref
from outage.snapshots.case_index import CaseIndex
from outage.text.logs.trouble_kinds import TroubleKind, trouble_pattern
from outage.value import Manifest

Said = list[tuple[str, datetime]]
CONTAINER = r"^/spec/template/spec/containers/\d+/"
ENVIRONMENT = CONTAINER + r"(?:env|envFrom|args)(?:/|$)"
COMMAND = CONTAINER + r"(?:command|workingDir)(?:/|$)"
NAMES = r"^/spec/template/spec/(?:dnsPolicy|dnsConfig|hostAliases)(?:/|$)"
PORTS = CONTAINER + r"ports(?:/|$)"
"""What goes back with the rest, and is no reason of its own: a port that is named is documentation."""
IMAGE = re.compile(CONTAINER + r"image$")
"""With a new image the other fields may belong to it: half a way back may be worse than none."""
UNRESOLVED = trouble_pattern(TroubleKind.NAME_UNKNOWN, more="getaddrinfo")


def changed_since_known(
    index: CaseIndex, workload: Manifest, onset: datetime | None, relevant: Callable[[FieldDifference], bool]
) -> Fix | None:
    """What a known good template has otherwise; nothing when the baseline, taken while all was well, has the same."""
    if as_in_baseline(index, workload, relevant):
        return None
    return template_fix(index, workload, onset, relevant)


def blamed_changes(one: Troubled) -> Said:
    """What callers say of a workload's Services since its template was changed, and did not say before."""
    if one.changed_at is None or one.index.now - one.changed_at > RECENT_CHANGE or one.trouble(*POD_TROUBLE):
        return []
    fronts = [object_ref(front, "Service") for front in one.index.fronts(one.about)]
    return _new(
        one, [said for front in fronts for said in caller_complaints(one.index, front, SAID_BEFORE_CHANGE)]
    )


def goes_on(one: Troubled) -> bool:
    """Whether its own pods still complain, and not only once or of the time in which they were not ready yet.

    Where the baseline knows what logs say, only what is new counts: what was always said goes on too.
    """
    return (
        len([at for _, at in still_said(one, own_lines(one, STILL_SAID)) if at is not None]) >= MORE_THAN_ONE
    )


def still_said(one: Troubled, said: list[tuple[str, datetime | None]]) -> list[tuple[str, datetime | None]]:
    """What of this its pods say while they are ready, of late and not of old; all of it while they fail."""
    if one.changed_at is None or one.trouble(*POD_TROUBLE):
        return said
    index, ready = one.index, _ready_since(one.index, one.about, one.changed_at) + CALLERS_MOVED
    return [
        (line, at)
        for line, at in said
        if (at is None or (at >= ready and index.now - at < STILL_SAID)) and not is_old_news(index, line)
    ]


def own_lines(one: Troubled, within: timedelta) -> list[tuple[str, datetime | None]]:
    """What its own pods complained of in this time, with dates."""
    pods = {pod["metadata"]["name"] for pod in one.index.pods_of(one.about)}
    tails = [tail for tail in one.index.snapshot.logs if tail.pod in pods]
    lines = [line for tail in tails for line in troubled_lines(one.index, tail, within)]
    return [(line, line_moment(line)) for line in lines]


def suspects_of(one: Troubled, said: Said) -> Iterator[SuspectDraft]:
    """The workload, when its command or how it finds names was changed and somebody complains since.

    Args:
        one: The workload, with its signs.
        said: What its callers say since the change.
    """
    if one.changed_at is None or one.index.now - one.changed_at > RECENT_CHANGE or one.trouble(*POD_TROUBLE):
        return
    pattern = re.compile("|".join((ENVIRONMENT, COMMAND, NAMES, PORTS)))
    fix = changed_since_known(one.index, one.workload, one.onset, lambda d: bool(pattern.search(d.pointer)))
    if fix is None or not _any(fix, COMMAND, NAMES) or any(IMAGE.search(d.pointer) for d in fix.others):
        return
    lost = _names_lost(one, fix)
    told = [*said, *lost]
    if not told:
        return
    one.onset = one.onset or min(at for _, at in told)
    kinds = [kind for kind in (ENVIRONMENT, COMMAND, NAMES) if _any(fix, kind)]
    cause = Cause.BAD_COMMAND if kinds == [COMMAND] else Cause.BAD_TEMPLATE
    fields = ", ".join(d.field.removeprefix("spec.template.spec.") for d in fix.chosen[:3])
    found = one.suspect(cause, f"{one.about}: {fields} differs from {fix.known.source}", fix, EXPECTED)
    found.without(Support.FAILING_PODS)
    found.evidence_for = [line for line, _ in told][:6]
    found.alone = True
    found.add(Strength.FITS, "its template was changed").add(
        Support.SYMPTOM, "somebody complains since, and did not before"
    )
    yield found.add(Support.TRACE if lost else None, "it does not find names since")


def _any(fix: Fix, *patterns: str) -> bool:
    return any(re.search(pattern, d.pointer) for d in fix.chosen for pattern in patterns)


def _names_lost(one: Troubled, fix: Fix) -> Said:
    """Its own complaints of names that it cannot find, or that lead elsewhere now; not when others have them too."""
    changed = [d for d in fix.chosen if re.search(NAMES, d.pointer)]
    if not changed:
        return []
    hosts = set(re.findall(r"[a-z][-a-z0-9.]+", " ".join(f"{d.live} {d.wanted}" for d in changed)))
    aliased = any("/hostAliases" in d.pointer for d in changed)

    def of_names(line: str) -> bool:
        return bool(UNRESOLVED.search(line)) or (aliased and bool(hosts & _words(line)))

    others = [object_ref(other) for other in one.index.workloads if object_ref(other) != one.about]
    if any(of_names(line) for other in others for line, _ in lost_calls(one.index, other)):
        return []
    return _new(one, [said for said in lost_calls(one.index, one.about) if of_names(said[0])])


def _words(line: str) -> set[str]:
    return set(re.findall(r"[a-z][-a-z0-9.]+", line))


def _new(one: Troubled, said: list[tuple[str, datetime | None]]) -> Said:
    """What is said since the changed pods are ready and goes on, when nothing of it was said before the change."""
    dated = [(line, at) for line, at in said if at is not None]
    changed, now = one.changed_at, one.index.now
    if (
        changed is None
        or any(at < changed for _, at in dated)
        or all(now - at >= STILL_SAID for _, at in dated)
    ):
        return []
    ready = _ready_since(one.index, one.about, changed) + CALLERS_MOVED
    return [(line, at) for line, at in dated if at >= ready and not is_old_news(one.index, line)]


def _ready_since(index: CaseIndex, about: ObjectRef, changed: datetime) -> datetime:
    return latest_of([changed, *(since_condition(pod, "Ready") for pod in index.pods_of(about))]) or changed
