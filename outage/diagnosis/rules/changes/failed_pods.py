"""Pods that nobody owns and that have ended badly: nothing makes them again, and nothing else would speak of them."""

from collections.abc import Iterator
from datetime import datetime

from outage.diagnosis.cause import Cause
from outage.diagnosis.edges.last_words import failed_container, last_words
from outage.diagnosis.findings import Signs
from outage.diagnosis.rules.rule import CauseRule
from outage.diagnosis.suspect import SuspectDraft, names_of
from outage.diagnosis.thresholds import FAILED_JOB
from outage.diagnosis.weighing.strength import Strength, Support
from outage.errors import cut
from outage.kubernetes.object_times import latest_of, parsed_moment
from outage.kubernetes.objects import dig, object_ref, owner_ref
from outage.snapshots.case_index import CaseIndex
from outage.text.logs.trouble_kinds import TroubleKind, trouble_kind
from outage.value import Manifest


def suspect_failed_pods(index: CaseIndex, signs: Signs) -> Iterator[SuspectDraft]:
    """Pods of the platform without an owner that failed lately, unless they were evicted."""
    for pod in index.all("Pod"):
        at = _ended(pod)
        bare = owner_ref(pod) is None and dig(pod, "status.phase") == "Failed"
        if bare and at and index.now - at < FAILED_JOB and dig(pod, "metadata.namespace") in index.home:
            yield _suspect(index, signs, pod, at)


def _ended(pod: Manifest) -> datetime | None:
    """When its last container ended; None for one that was evicted, whose containers are gone."""
    states = dig(pod, "status.containerStatuses", [])
    return latest_of(parsed_moment(dig(one, "state.terminated.finishedAt")) for one in states)


def _suspect(index: CaseIndex, signs: Signs, pod: Manifest, at: datetime) -> SuspectDraft:
    about, container = object_ref(pod, "Pod"), failed_container(pod)
    ended: Manifest = next(
        (
            dig(one, "state.terminated", {})
            for one in dig(pod, "status.containerStatuses", [])
            if one.get("name") == container
        ),
        {},
    )
    line = last_words(index, pod, container)
    killed = ended.get("reason") == "OOMKilled"
    memory = killed or trouble_kind(line) is TroubleKind.OUT_OF_HEAP
    said = "the node killed it for memory" if killed else f"it said: {cut(line, 160) or 'nothing'}"
    says = f"{about} failed and nothing makes it again: exit {ended.get('exitCode', '?')}; {said}"
    cause = Cause.OUT_OF_MEMORY if memory else Cause.APPLICATION_ERROR
    found = SuspectDraft(cause=cause, about=about, says=says, explains=names_of(about))
    found.add(Strength.CONTRADICTED, "the pod is marked as failed, and nobody owns it")
    found.add(Support.DETAIL if not signs.failing else None, "nothing else fails")
    found.field, found.live = "status.phase", "Failed"
    found.evidence_for = [cut(line, 200)] if line else []
    found.onset, found.alone = at, True
    found.settle = (
        "What it was for, and whether it may run again: who made it knows. Nothing is put back by us."
    )
    return found


RULES = (
    CauseRule(
        suspect_failed_pods,
    ),
)
