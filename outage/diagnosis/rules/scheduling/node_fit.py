"""Pods that no node takes: selectors, affinity, host ports."""

import re
from collections.abc import Iterator

from outage.diagnosis.cause import Cause
from outage.diagnosis.findings import Signs
from outage.diagnosis.hypothesis import Risk
from outage.diagnosis.remedies.finished_repairs import (
    ANTI_AFFINITY,
    NODE_AFFINITY,
    Words,
    drop_fields,
    prefer_terms,
    required_terms,
    retarget,
)
from outage.diagnosis.remedies.remedy import Remedy
from outage.diagnosis.rules.rule import CauseEntry, CauseRule
from outage.diagnosis.rules.scheduling.scheduler_words import EXPECTED, unplaced_words
from outage.diagnosis.suspect import Suspect
from outage.diagnosis.troubled_workloads import Troubled, troubled_workloads
from outage.diagnosis.weighing.doubts import Doubt
from outage.diagnosis.weighing.strength import Strength, Trust
from outage.kubernetes.field_differences import FieldDifference, escape_pointer, shown_value
from outage.kubernetes.objects import ObjectRef, dig, labels_of, object_ref, selects_labels
from outage.kubernetes.readiness import is_ready
from outage.snapshots.case_index import CaseIndex

SELECTOR = re.compile(r"didn't match Pod's node affinity/selector|didn't match node selector", re.I)
ANTI = re.compile(r"didn't match pod anti-affinity|pod anti-affinity rules", re.I)
PORTS = re.compile(r"didn't have free ports", re.I)


def suspect_node_fit(index: CaseIndex, signs: Signs) -> Iterator[Suspect]:
    """One suspect per obstacle that the scheduler names."""
    for one in troubled_workloads(index, signs):
        text = " ".join(unplaced_words(one))
        if SELECTOR.search(text):
            yield from _selector(one)
        if ANTI.search(text):
            yield from _anti_affinity(one)
        if PORTS.search(text):
            yield from _host_port(one)


def _selector(one: Troubled) -> Iterator[Suspect]:
    fix = one.fix(r"/(?:nodeSelector|affinity)(?:/|$)")
    spec = dig(one.workload, "spec.template.spec", {})
    lost = _lost_label(one, spec.get("nodeSelector") or {})
    if lost is not None:
        yield lost
        return
    says = f"{one.about}: its node selector or affinity matches no node"
    found = one.suspect(Cause.NODE_SELECTOR_UNMATCHED, says, fix, EXPECTED)
    found.add(Strength.STATED, "the scheduler says that no node matches selector or affinity")
    sleeping = [
        node["metadata"]["name"]
        for node in one.index.snapshot.kind("Node")
        if selects_labels(spec.get("nodeSelector"), labels_of(node)) and not is_ready(node)
    ]
    if sleeping:
        found.add(Doubt.NODE_ASLEEP, f"node {sleeping[0]} would match and is not ready")
        found.evidence_against.append(f"node {sleeping[0]} has the labels and is not ready")
        found.repair = None
    elif fix is None:
        _put_right(one, found, spec.get("nodeSelector") or {})
    if _volume_elsewhere(one, spec.get("nodeSelector") or {}):
        found.add(Doubt.VOLUME_ELSEWHERE)
    yield found


def _volume_elsewhere(one: Troubled, selector: dict[str, str]) -> bool:
    """Whether some node has the labels and the scheduler holds the pod's volume against it."""
    said = " ".join(unplaced_words(one))
    matching = [node for node in one.index.snapshot.kind("Node") if selects_labels(selector, labels_of(node))]
    return bool(matching) and "volume node affinity conflict" in said


def _put_right(one: Troubled, found: Suspect, selector: dict[str, str]) -> None:
    """Without a known good form: drop selector keys that no node has, else prefer what the affinity requires."""
    nodes, terms = one.index.snapshot.kind("Node"), required_terms(one.workload, NODE_AFFINITY)
    unmatched = [
        key for key, value in selector.items() if not any(labels_of(n).get(key) == value for n in nodes)
    ]
    if nodes and unmatched:
        _drop_unmatched(one, found, selector, unmatched)
    elif nodes and terms:
        found.field, found.live = f"{NODE_AFFINITY.path}.{NODE_AFFINITY.terms}", shown_value(terms)
        prefer_terms(found, one.workload, NODE_AFFINITY, EXPECTED)
    else:
        found.settle = (
            "Which nodes these pods are meant for: no node has the labels and nothing recorded tells."
        )


def _drop_unmatched(one: Troubled, found: Suspect, selector: dict[str, str], unmatched: list[str]) -> None:
    """Remove only the keys that no node has; a person should agree."""
    prefix = "/spec/template/spec/nodeSelector"
    pointers = [f"{prefix}/{escape_pointer(key)}" for key in unmatched]
    if len(unmatched) == len(selector):
        pointers = [prefix]
    words = Words(f"Remove {', '.join(unmatched)} from the node selector of {one.about}", EXPECTED)
    drop_fields(found, one.about, pointers, words, live=f"{unmatched[0]}={selector[unmatched[0]]}")
    found.field = f"spec.template.spec.nodeSelector.{unmatched[0]}"


def _lost_label(one: Troubled, selector: dict[str, str]) -> Suspect | None:
    """The selector is as it was, but a node lost the label that the baseline knows."""
    if one.index.baseline is None or not selector:
        return None
    for node in one.index.snapshot.kind("Node"):
        was = one.index.baseline.get(object_ref(node, "Node"))
        gone = [
            k
            for k, v in selector.items()
            if was and labels_of(was).get(k) == v and labels_of(node).get(k) != v
        ]
        if gone:
            return _give_label_back(one, object_ref(node, "Node"), gone[0], selector[gone[0]])
    return None


def _give_label_back(one: Troubled, node: ObjectRef, key: str, value: str) -> Suspect:
    says = f"{node} lost the label {key}={value} that {one.about} selects"
    found = one.suspect(Cause.NODE_SELECTOR_UNMATCHED, says, None, "")
    found.about = node
    found.add(Strength.STATED, "the scheduler says that no node matches").add(
        Trust.BASELINE, "the baseline has the label on it"
    )
    field = FieldDifference(pointer=f"/metadata/labels/{escape_pointer(key)}", wanted=value)
    words = Words(f"Give {node} the label {key}={value} back", EXPECTED)
    return retarget(found, node, [field], words, risk=Risk.LOW)


def _anti_affinity(one: Troubled) -> Iterator[Suspect]:
    fix = one.fix(r"/affinity(?:/|$)")
    says = f"{one.about}: its required anti-affinity leaves no node for all of its pods"
    found = one.suspect(Cause.ANTI_AFFINITY_DEADLOCK, says, fix, EXPECTED)
    found.add(Strength.STATED, "the scheduler says that anti-affinity keeps the pods off")
    found.field = found.field or f"{ANTI_AFFINITY.path}.{ANTI_AFFINITY.terms}"
    if fix is None and required_terms(one.workload, ANTI_AFFINITY):
        found.live = "required"
        prefer_terms(found, one.workload, ANTI_AFFINITY, EXPECTED)
    yield found


def _host_port(one: Troubled) -> Iterator[Suspect]:
    fix = one.fix(r"/ports(?:/|$)|/hostNetwork$")
    says = f"{one.about}: its host port is taken on every node that could run it"
    found = one.suspect(Cause.HOST_PORT_CLASH, says, fix, EXPECTED)
    found.add(Strength.STATED, "the scheduler says that no node has the port free")
    if fix is None:
        _drop_host_port(one, found)
    yield found


def _drop_host_port(one: Troubled, found: Suspect) -> None:
    pointers = [
        f"/spec/template/spec/containers/{at}/ports/{number}/hostPort"
        for at, container in enumerate(dig(one.workload, "spec.template.spec.containers", []))
        for number, port in enumerate(container.get("ports") or [])
        if port.get("hostPort")
    ]
    if not pointers or dig(one.workload, "spec.template.spec.hostNetwork"):
        return
    taken = dig(one.workload, pointers[0][1:].replace("/", "."))
    words = Words(f"Remove the host port of {one.about}; the container port stays", EXPECTED)
    drop_fields(found, one.about, pointers, words, live=taken)


RULES = (
    CauseRule(
        suspect_node_fit,
        entries=(
            CauseEntry(
                Cause.NODE_SELECTOR_UNMATCHED,
                shows="the scheduler says that no node matches selector or affinity",
                evidence="condition PodScheduled; selector and affinity against the labels of the nodes",
                remedies=(Remedy.UNDO, Remedy.PUT_BACK, Remedy.DROP, Remedy.PREFER, Remedy.PERSON),
                doubts=(Doubt.NODE_ASLEEP, Doubt.VOLUME_ELSEWHERE, Doubt.LONG_UNCHANGED),
            ),
            CauseEntry(
                Cause.ANTI_AFFINITY_DEADLOCK,
                shows="the scheduler says that anti-affinity keeps the pods off",
                evidence="condition PodScheduled; required terms against the pods on the nodes",
                remedies=(Remedy.UNDO, Remedy.PUT_BACK, Remedy.PREFER, Remedy.PERSON),
                doubts=(Doubt.LONG_UNCHANGED,),
            ),
            CauseEntry(
                Cause.HOST_PORT_CLASH,
                shows="the scheduler says that no node has the port free",
                evidence="condition PodScheduled; hostPort and hostNetwork",
                remedies=(Remedy.UNDO, Remedy.PUT_BACK, Remedy.DROP, Remedy.PERSON),
                doubts=(Doubt.LONG_UNCHANGED,),
            ),
        ),
    ),
)
