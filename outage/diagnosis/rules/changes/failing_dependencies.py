"""A service that fails because what it depends on does not answer, when nothing better is known."""

import re
from collections.abc import Iterator

from outage.diagnosis.calls.call_graph import CallGraph
from outage.diagnosis.cause import Cause
from outage.diagnosis.findings import Signs
from outage.diagnosis.findings.facts import Sign
from outage.diagnosis.findings.facts.sign_facts import UnreachedFacts
from outage.diagnosis.findings.finding import Finding
from outage.diagnosis.known_good.troubled_workloads import Troubled, troubled_workloads
from outage.diagnosis.remedies.remedy import Remedy
from outage.diagnosis.rules.rule import CauseEntry, CauseRule
from outage.diagnosis.suspect import SuspectDraft, names_of
from outage.diagnosis.weighing.doubts import Doubt
from outage.diagnosis.weighing.strength import Strength, Support
from outage.kubernetes.objects import ObjectRef, object_ref
from outage.snapshots.case_index import CaseIndex

NAMES_IT = re.compile(
    r"refused|timed? ?out|no such host|unreachable|not resolve|reset|unavailable|50[234]", re.I
)


def suspect_failing_dependencies(index: CaseIndex, signs: Signs) -> Iterator[SuspectDraft]:
    """Workloads that run and are not ready, or answer with errors, and whose logs name a dependency."""
    for one in troubled_workloads(index, signs):
        yield from _suspect(one)


def _suspect(one: Troubled) -> Iterator[SuspectDraft]:
    """What several callers say of one dependency weighs more than what one says."""
    for service in CallGraph.of(one.index).uses.get(str(one.about), {}).values():
        said = _said(one, service)
        if not said:
            continue
        others = _others(one, service)
        says = f"{one.about} cannot use {service.name}: {said[-1][:160]}"
        found = SuspectDraft(
            cause=Cause.DEPENDENCY_DOWN, about=service, says=says, explains=names_of(one.about)
        )
        found.effect, found.caller = True, one.about
        found.add(Strength.FITS, f"{len(said)} signs of {one.about.name} name {service.name}")
        found.add(Support.SYMPTOM if others else None, f"{len(others)} other callers say the same")
        found.onset = one.onset
        found.evidence_for = said[:5]
        found.settle = f"A connection to {service.name} from inside a pod of {one.about.name}."
        if one.index.get(service) is not None and one.index.ready_addresses(one.index.get(service) or {}):
            found.evidence_against.append(f"{service.name} has ready endpoints")
        yield found


def _said(one: Troubled, service: ObjectRef) -> list[str]:
    mine = {str(object_ref(pod, "Pod")) for pod in one.index.pods_of(one.about)} | {str(one.about)}
    word = re.compile(rf"(?<![\w-]){re.escape(service.name)}(?![\w-])")
    return [f.says for f in one.signs.all if _names(f, mine, word)]


def _names(finding: Finding, mine: set[str], word: re.Pattern[str]) -> bool:
    """Whether one of the workload's own signs speaks of the dependency, and says that it cannot be used."""
    facts = finding.facts
    unresolved = finding.sign is Sign.NAME_UNRESOLVED
    asked = f"{facts.target}: {facts.quoted}" if isinstance(facts, UnreachedFacts) else finding.quoted
    lost = unresolved or NAMES_IT.search(finding.quoted)
    return str(finding.about) in mine and bool(word.search(asked)) and bool(lost)


def _others(one: Troubled, service: ObjectRef) -> list[ObjectRef]:
    return [
        caller
        for caller in CallGraph.of(one.index).callers.get(str(service), [])
        if caller != one.about
        and any(f.about == caller or f.about.name.startswith(caller.name + "-") for f in one.signs.failing)
    ]


RULES = (
    CauseRule(
        suspect_failing_dependencies,
        entries=(
            CauseEntry(
                Cause.DEPENDENCY_DOWN,
                says="What the service depends on does not answer.",
                shows="logs and signs of a workload name a Service that does not answer",
                evidence="logs, failed connections; several callers count more than one",
                remedies=(Remedy.PERSON,),
                doubts=(Doubt.EXPLAINED,),
            ),
        ),
    ),
)
