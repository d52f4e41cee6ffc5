"""What nothing explains: it is said, about what fails first of all, with the words that say most."""

from outage.diagnosis.calls.call_graph import CallGraph, ingress_routes_of
from outage.diagnosis.cause import Cause
from outage.diagnosis.findings import Signs
from outage.diagnosis.findings.facts import Sign
from outage.diagnosis.findings.finding import Finding
from outage.diagnosis.remedies.remedy import Remedy
from outage.diagnosis.rules.rule import CauseEntry
from outage.diagnosis.suspect import SuspectDraft, names_of
from outage.diagnosis.weighing.own_words import own_words
from outage.diagnosis.weighing.strength import Strength
from outage.kubernetes.object_times import earliest_of
from outage.kubernetes.objects import object_ref
from outage.snapshots.case_index import CaseIndex

MOST_TELLING = (
    *(Sign.PODS_REFUSED, Sign.POD_IMAGE_PULL, Sign.POD_CONFIG_ERROR, Sign.POD_VOLUME),
    *(Sign.POD_UNSCHEDULABLE, Sign.POD_GATED, Sign.POD_OUT_OF_MEMORY, Sign.POD_CRASH_LOOP),
    *(Sign.POD_NOT_STARTED, Sign.POD_UNSCHEDULED, Sign.POD_NOT_READY),
)
"""Signs that quote why, those that say most first; that pods or endpoints are missing says nothing of it."""
QUOTED = 8
"""Findings that stand as evidence; a responder reads no more."""
LOGS_QUOTED = 2
"""Of them, what the logs of the place itself say: the first thing that anybody would look up."""


def unexplained_suspect(index: CaseIndex, signs: Signs, findings: list[Finding]) -> SuspectDraft:
    """The suspect for failing signs that no cause accounts for."""
    first = min(_roots(index, findings) or findings, key=_telling)
    pod = index.get(first.about) if first.about.kind == "Pod" else None
    about = index.workload_of(pod) if pod else first.about
    told = own_words(index, about) if first.sign in (Sign.POD_COMPLAINS, Sign.POD_NOT_READY) else None
    says = f"Something fails and nothing that was seen explains it: {first.says}"
    found = SuspectDraft(cause=Cause.UNKNOWN, about=about, says=says, explains=set())
    if told is not None:
        found = SuspectDraft(
            cause=told.cause, about=told.about, says=told.says, explains=names_of(about, told.about)
        )
    found.add(Strength.FITS, f"{len(findings)} failing signs are left over")
    found.onset = earliest_of(one.since for one in findings)
    others = [one.says for one in findings if one is not first]
    logs = [
        one.says
        for one in signs.of(Sign.LOG_ERRORS)
        if ingress_routes_of(index, one.about) & _near(index, first)
    ]
    found.evidence_for = list(dict.fromkeys([first.says, *logs[:LOGS_QUOTED], *others]))[:QUOTED]
    found.settle = (
        told.settle
        if told
        else (f"Look at the logs and events of {first.about}, and at what changed before its first failure.")
    )
    return found


def _near(index: CaseIndex, finding: Finding) -> set[str]:
    """The place itself and, of a Service, what stands behind it; not whoever calls it."""
    service = index.get(finding.about) if finding.about.kind == "Service" else None
    behind = [str(object_ref(one)) for one in index.behind(service)] if service else []
    return {str(finding.about), *behind}


def _roots(index: CaseIndex, findings: list[Finding]) -> list[Finding]:
    """Those about places that call no other place that fails: whoever waits for it fails with it."""
    calls = CallGraph.of(index)
    near = [_near(index, one) for one in findings]
    waiting = [(place, calls.dependents(place)) for place in near]
    return [
        one
        for one, own in zip(findings, near, strict=True)
        if not any(own & reached and not own & place for place, reached in waiting)
    ]


def _telling(finding: Finding) -> tuple[int, str]:
    at = MOST_TELLING.index(finding.sign) if finding.sign in MOST_TELLING else len(MOST_TELLING)
    return at, str(finding.since or "9")


UNEXPLAINED = CauseEntry(
    Cause.UNKNOWN,
    says="Something fails and nothing that was seen explains it.",
    shows="signs fail, and no cause accounts for them",
    evidence="what is left of the findings, those that quote most first",
    remedies=(Remedy.PERSON,),
)
