"""Pods without a node, by the scheduler's word: template changes that it names, and nodes that may not be seen."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from outage.diagnosis.cause import Cause
from outage.diagnosis.findings import Signs
from outage.diagnosis.findings.facts import Sign
from outage.diagnosis.known_good.troubled_workloads import Troubled, troubled_workloads
from outage.diagnosis.rules.rule import CauseRule
from outage.diagnosis.rules.scheduling.scheduler_words import EXPECTED, unplaced_words
from outage.diagnosis.suspect import SuspectDraft, names_of
from outage.diagnosis.weighing.strength import Strength, Support
from outage.kubernetes.objects import dig, noticed_generation, object_ref
from outage.snapshots.case_index import CaseIndex
from outage.value import Manifest


class SchedulerWord(NamedTuple):
    """One cause on nodes, as the scheduler words it."""

    cause: Cause
    pattern: re.Pattern[str]
    says: str
    """What follows upon "nodes that could run it"."""


SPEC = r"^/spec/template/spec"
OUT_OF_SIGHT = (
    SchedulerWord(
        Cause.NODE_NOT_READY,
        re.compile(r"taint \{node\.kubernetes\.io/(?:not-ready|unreachable|network-unavailable)", re.I),
        "are not ready",
    ),
    SchedulerWord(
        Cause.NODE_CORDONED,
        re.compile(r"(?:were|was) unschedulable|taint \{node\.kubernetes\.io/unschedulable", re.I),
        "are cordoned",
    ),
    SchedulerWord(
        Cause.NODE_TAINTED,
        re.compile(
            r"untolerated taint \{(?!node-role\.|node\.kubernetes\.io/(?!(?:disk|memory|pid)-pressure))", re.I
        ),
        "have a taint that it does not tolerate",
    ),
)
OF_THE_CLUSTER = re.compile(r"taint \{node-role\.kubernetes\.io/(?:control-plane|master)", re.I)


def suspect_unplaced_pods(index: CaseIndex, signs: Signs) -> Iterator[SuspectDraft]:
    """What the scheduler, or its silence, says of pods that have no node."""
    for one in troubled_workloads(index, signs):
        if one.trouble(Sign.POD_UNSCHEDULABLE) and not index.snapshot.saw("Node"):
            yield from _out_of_sight(one)
    for workload in index.workloads:
        if workload["kind"] == "DaemonSet" and noticed_generation(workload) and _on_no_node(workload):
            yield from _nowhere(Troubled(index, signs, workload))


def _out_of_sight(one: Troubled) -> Iterator[SuspectDraft]:
    """Nodes may not be read: the scheduler has seen them, and its word stands without a repair."""
    reasons = _reasons(unplaced_words(one))
    for cause, pattern, words in OUT_OF_SIGHT:
        named = [reason for reason in reasons if pattern.search(reason)]
        if not named:
            continue
        says = f"{one.about}: nodes that could run it {words}, says the scheduler: {named[0]}"
        found = one.suspect(cause, says, None, "", elsewhere=True)
        alone = len(named) == len(reasons)
        found.add(
            Strength.STATED if alone else Strength.FITS,
            "the scheduler says so" + ("" if alone else ", and more"),
        )
        found.evidence_against.append("the nodes themselves could not be seen")
        found.settle = (
            "The nodes, for who may read them: `kubectl describe nodes`. Nothing in reach mends it."
        )
        yield found


def _reasons(words: list[str]) -> list[str]:
    """What keeps a pod off the nodes, without what is so on every cluster."""
    said = words[0].partition(" nodes are available: ")[2].split(" preemption:")[0] if words else ""
    reasons = [reason.strip(" .") for reason in re.split(r", (?=\d)", said)]
    return [one for one in reasons if one and not OF_THE_CLUSTER.search(one)]


def _on_no_node(daemon_set: Manifest) -> bool:
    return bool(dig(daemon_set, "status.desiredNumberScheduled") == 0)


def _nowhere(one: Troubled) -> Iterator[SuspectDraft]:
    """A DaemonSet that is meant for no node any more, though others call what it serves."""
    fronts = [object_ref(service, "Service") for service in one.index.fronts(one.about)]
    missed = [each for about in fronts for each in one.signs.about(about, Sign.SERVICE_WITHOUT_ENDPOINTS)]
    fix = one.fix(SPEC + r"/(?:nodeSelector|affinity|tolerations)(?:/|$)") if missed else None
    if fix is not None:
        says = (
            f"{one.about}: no node is meant for it since its node selector, affinity or tolerations changed"
        )
        found = one.suspect(Cause.NODE_SELECTOR_UNMATCHED, says, fix, EXPECTED)
        found.without(Support.FAILING_PODS)  # it has none
        found.explains |= names_of(*fronts)
        found.evidence_for = [each.says for each in missed]
        yield found.add(
            Strength.CONTRADICTED, "its controller wants no pod, and a Service in front of it is empty"
        )


RULES = (
    CauseRule(
        suspect_unplaced_pods,
    ),
)
