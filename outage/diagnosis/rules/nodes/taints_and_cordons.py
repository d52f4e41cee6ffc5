"""Nodes that are kept from the pods: taints and cordons."""

import re
from collections.abc import Iterator
from datetime import datetime

from outage.diagnosis.cause import Cause
from outage.diagnosis.findings import Signs
from outage.diagnosis.hypothesis import Risk
from outage.diagnosis.known_good.troubled_workloads import Troubled, troubled_workloads
from outage.diagnosis.remedies.finished_repairs import ABSENT, Words, drop_fields, open_node, retarget
from outage.diagnosis.remedies.remedy import Remedy
from outage.diagnosis.rules.rule import CauseEntry, CauseRule
from outage.diagnosis.rules.scheduling.scheduler_words import EXPECTED, unplaced_words
from outage.diagnosis.suspect import SuspectDraft, names_of
from outage.diagnosis.thresholds import RECENT_CHANGE
from outage.diagnosis.weighing.doubts import Doubt
from outage.diagnosis.weighing.strength import Strength, Trust
from outage.kubernetes.field_differences import FieldDifference, shown_value
from outage.kubernetes.object_times import changed_at, latest_of, parsed_moment
from outage.kubernetes.objects import annotations_of, dig, labels_of, object_ref
from outage.snapshots.case_index import CaseIndex
from outage.value import Manifest

TAINT = re.compile(r"untolerated taint|had taints? that the pod didn't tolerate", re.I)
CORDON = re.compile(
    r"(?:were|was) unschedulable|untolerated taint \{node\.kubernetes\.io/unschedulable", re.I
)
LIFECYCLE = ("node.kubernetes.io/", "node-role.kubernetes.io/", "node.cloudprovider.kubernetes.io/")
MAINTENANCE = re.compile(r"maint|drain|reboot|upgrade", re.I)


def suspect_taints_and_cordons(index: CaseIndex, signs: Signs) -> Iterator[SuspectDraft]:
    """Taints and cordons that the scheduler names."""
    for one in troubled_workloads(index, signs):
        text = " ".join(unplaced_words(one))
        if TAINT.search(text):
            yield from _taints(one)
        if CORDON.search(text):
            yield from _cordons(one)


def _taints(one: Troubled) -> Iterator[SuspectDraft]:
    if (fix := one.fix(r"/tolerations(?:/|$)")) is not None:
        says = f"{one.about}: lost a toleration that it needs"
        found = one.suspect(Cause.NODE_TAINTED, says, fix, EXPECTED)
        yield found.add(Strength.STATED, "the scheduler says that a taint is not tolerated")
        return
    for node in one.index.snapshot.kind("Node"):
        for at, taint in enumerate(dig(node, "spec.taints", [])):
            ours = not taint.get("key", "").startswith(LIFECYCLE) and not _tolerated(one.workload, taint)
            if ours and _named(one, taint):
                yield _intolerant(one, taint) or _taint(one, node, at, taint)


def _named(one: Troubled, taint: Manifest) -> bool:
    """Whether the scheduler speaks of this taint; where it gives no names, every one may be meant."""
    said = " ".join(unplaced_words(one))
    return "taint {" not in said or f"{{{taint.get('key')}:" in said.replace(" ", "")


def _intolerant(one: Troubled, taint: Manifest) -> SuspectDraft | None:
    """The others of the platform tolerate the taint: then the pods lack it, and the node is as it should be."""
    home = [other for other in one.index.workloads if object_ref(other).namespace == one.about.namespace]
    others = [other for other in home if object_ref(other) != one.about]
    tolerant = [other for other in others if _tolerated(other, taint)]
    if not tolerant or len(tolerant) * 2 < len(others):
        return None
    says = f"{one.about}: does not tolerate {taint.get('key')}, which {len(tolerant)} of its siblings do"
    found = one.suspect(Cause.NODE_TAINTED, says, None, "")
    found.add(Strength.STATED, "the scheduler says that a taint is not tolerated")
    found.add(Trust.SIBLINGS, f"{len(tolerant)} of {len(others)} siblings tolerate it")
    there = dig(one.workload, "spec.template.spec.tolerations", [])
    wanted = next(t for t in dig(tolerant[0], "spec.template.spec.tolerations", []) if _covers(t, taint))
    field = FieldDifference(pointer="/spec/template/spec/tolerations", wanted=[*there, wanted])
    words = Words(f"Let {one.about} tolerate {taint.get('key')}, as its siblings do", EXPECTED)
    return retarget(found, one.about, [field], words, live=shown_value(there), wanted=shown_value(wanted))


def _tolerated(workload: Manifest, taint: Manifest) -> bool:
    return any(_covers(one, taint) for one in dig(workload, "spec.template.spec.tolerations", []))


def _covers(toleration: Manifest, taint: Manifest) -> bool:
    return (
        toleration.get("key") in (None, "", taint.get("key"))
        and toleration.get("effect") in (None, "", taint.get("effect"))
        and (toleration.get("operator") == "Exists" or toleration.get("value", "") == taint.get("value", ""))
    )


def _taint(one: Troubled, node: Manifest, at: int, taint: Manifest) -> SuspectDraft:
    about = object_ref(node, "Node")
    word = f"{taint.get('key')}={taint.get('value', '')}:{taint.get('effect')}"
    found = SuspectDraft(
        cause=Cause.NODE_TAINTED,
        about=about,
        says=f"{about}: the taint {word} keeps {one.about} off",
        explains=names_of(one.about, about),
        field="spec.taints",
        live=word,
        wanted=ABSENT,
    )
    found.evidence_for = [finding.says for finding in one.findings][:4]
    found.add(Strength.STATED, "the scheduler says that a taint is not tolerated").time(
        changed_at(node), one.onset
    )
    was = one.index.baseline.get(about) if one.index.baseline else None
    if was is not None and taint.get("key") in [t.get("key") for t in dig(was, "spec.taints", [])]:
        return found.add(Doubt.THERE_WHEN_WELL, "the taint was there when all was well")
    if was is not None:
        found.add(Trust.BASELINE, "the baseline has no such taint")
    if was is None and found.changed_at and one.onset and one.onset - found.changed_at > RECENT_CHANGE:
        found.settle = f"Who is meant to run on {about}: the taint is older than the trouble, so it stays."
        return found
    whole = len(dig(node, "spec.taints", [])) == 1
    pointer = "/spec/taints" if whole else f"/spec/taints/{at}"
    words = Words(f"Remove the taint {word} from {about}", EXPECTED)
    drop_fields(found, about, [pointer], words, live=word, risk=Risk.LOW)
    found.field = "spec.taints"
    found.settle = "Whether somebody set the taint for maintenance."
    return found


def is_draining(index: CaseIndex, node: Manifest) -> bool:
    """Whether the node looks as if it were being emptied on purpose."""
    name = node["metadata"]["name"]
    marks = {**labels_of(node), **annotations_of(node)}
    if any(
        MAINTENANCE.search(key) and str(value).lower() not in ("false", "") for key, value in marks.items()
    ):
        return True
    return any(
        dig(pod, "metadata.deletionTimestamp") and dig(pod, "spec.nodeName") == name
        for pod in index.snapshot.kind("Pod")
    )


def _cordons(one: Troubled) -> Iterator[SuspectDraft]:
    cordoned = [node for node in one.index.snapshot.kind("Node") if dig(node, "spec.unschedulable")]
    for node in cordoned:
        about = object_ref(node, "Node")
        says = f"{about} is cordoned and {one.about} has no other node to go to"
        found = SuspectDraft(
            cause=Cause.NODE_CORDONED, about=about, says=says, explains=names_of(one.about, about)
        )
        found.field, found.live, found.wanted = "spec.unschedulable", "true", ABSENT
        found.evidence_for = [finding.says for finding in one.findings][:4]
        found.add(Strength.STATED, "the scheduler says that the nodes are unschedulable").time(
            _cordoned_at(node), one.onset
        )
        was = one.index.baseline.get(about) if one.index.baseline else None
        if was is not None and dig(was, "spec.unschedulable"):
            found.add(Doubt.THERE_WHEN_WELL, "it was cordoned when all was well")
            found.settle = f"Whether {about} may take pods again: it has long been kept empty on purpose."
            yield found
            continue
        if is_draining(one.index, node):
            found.add(Doubt.BEING_DRAINED)
            found.evidence_against.append("the node is being drained, or is marked for maintenance")
        open_node(found, EXPECTED)
        found.settle = "Whether somebody cordoned the node for maintenance."
        yield found


def _cordoned_at(node: Manifest) -> datetime | None:
    """When it was cordoned: its own taint tells, also after others have written to the node."""
    added = [
        parsed_moment(taint.get("timeAdded"))
        for taint in dig(node, "spec.taints", [])
        if taint.get("key") == "node.kubernetes.io/unschedulable"
    ]
    return latest_of(added) or changed_at(node)


RULES = (
    CauseRule(
        suspect_taints_and_cordons,
        entries=(
            CauseEntry(
                Cause.NODE_TAINTED,
                says="A taint keeps the pods off the nodes.",
                shows="the scheduler says that a taint is not tolerated",
                evidence="condition PodScheduled; spec.taints against the baseline and the siblings' tolerations",
                remedies=(Remedy.UNDO, Remedy.PUT_BACK, Remedy.DROP, Remedy.RETARGET, Remedy.PERSON),
                doubts=(Doubt.THERE_WHEN_WELL, Doubt.LONG_UNCHANGED),
            ),
            CauseEntry(
                Cause.NODE_CORDONED,
                says="The nodes that could run the pods are cordoned.",
                shows="the scheduler says that the nodes are unschedulable",
                evidence="spec.unschedulable",
                remedies=(Remedy.UNCORDON, Remedy.PERSON),
                doubts=(Doubt.BEING_DRAINED, Doubt.THERE_WHEN_WELL, Doubt.LONG_UNCHANGED),
            ),
        ),
    ),
)
