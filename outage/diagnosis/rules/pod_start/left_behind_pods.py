"""Pods of a StatefulSet that are still of a bad revision after the template was put right."""

from collections.abc import Iterator

from outage.diagnosis.cause import Cause
from outage.diagnosis.findings import Signs
from outage.diagnosis.hypothesis import Repair
from outage.diagnosis.known_good.controller_revisions import (
    MARK,
    controller_revisions,
    gone_back_from,
    live_revisions,
    made_from,
    never_ready,
)
from outage.diagnosis.known_good.troubled_workloads import Troubled, troubled_workloads
from outage.diagnosis.remedies.statefulset_forced_rollback import deleting, never_replaced
from outage.diagnosis.rules.rule import CauseRule
from outage.diagnosis.suspect import SuspectDraft, names_of
from outage.diagnosis.weighing.strength import Strength, Support, Trust
from outage.kubernetes.objects import dig, labels_of, noticed_generation, object_ref
from outage.snapshots.case_index import CaseIndex
from outage.value import Manifest


def suspect_left_behind_pods(index: CaseIndex, signs: Signs) -> Iterator[SuspectDraft]:
    """One suspect per StatefulSet that waits for pods of a revision it has left, and whose live one has not failed."""
    for one in troubled_workloads(index, signs):
        if one.about.kind != "StatefulSet" or not noticed_generation(one.workload):
            continue
        left = [pod for pod in one.pods if _left_behind(one, pod)]
        if left and not any(one.is_current(pod) for pod in one.pods):
            yield _suspect(one, left)


def _left_behind(one: Troubled, pod: Manifest) -> bool:
    """Whether the pod is of a bad revision: one that somebody went back from, or that never made it ready."""
    if one.is_current(pod) or not never_replaced(one.workload, pod):
        return False
    kept = controller_revisions(one.index, one.about)
    its = [revision for revision in kept if made_from(pod, dig(revision, "metadata.name", ""))]
    live = live_revisions(one.index, one.workload)
    return any(gone_back_from(revision, live) for revision in its) or never_ready(pod)


def _suspect(one: Troubled, left: list[Manifest]) -> SuspectDraft:
    pod = object_ref(left[0], "Pod")
    mark = labels_of(left[0])[MARK]
    says = f"{pod} is still of revision {mark}, which {one.about} has left: it is not replaced before it is ready"
    found = SuspectDraft(
        Cause.BAD_TEMPLATE, pod, says, names_of(one.about, *(object_ref(each, "Pod") for each in left))
    )
    found.field, found.live = f"metadata.labels.{MARK}", mark
    found.wanted = dig(one.workload, "status.updateRevision")
    found.evidence_for = [finding.says for finding in one.findings][:6]
    found.add(Strength.STATED, "its label names another revision than the live one")
    found.add(
        Trust.HISTORY,
        "the live template is another one, and pods are replaced in order: the controller waits",
    )
    found.add(Support.SYMPTOM, f"{len(left)} pods of {one.about.name} fail in this way").time(None, one.onset)
    words = ", ".join(f"pod/{each['metadata']['name']}" for each in left)
    summary = f"Delete {words}: {one.about} makes it anew from the template as it stands now"
    found.repair = Repair(summary=summary, changes=tuple(deleting(one.about, each) for each in left))
    found.settle = "Whether the new pod becomes ready. Its volume claims are kept."
    return found


RULES = (
    CauseRule(
        suspect_left_behind_pods,
    ),
)
