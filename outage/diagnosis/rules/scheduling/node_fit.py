"""What is done where no node takes pods, and no known good template differs: labels, selectors, affinity, ports."""

from outage.diagnosis.cause import Cause
from outage.diagnosis.hypothesis import Risk
from outage.diagnosis.known_good.template_revisions import Fix
from outage.diagnosis.known_good.troubled_workloads import Troubled
from outage.diagnosis.remedies.finished_repairs import (
    ANTI_AFFINITY,
    NODE_AFFINITY,
    Words,
    drop_fields,
    prefer_terms,
    required_terms,
    retarget,
)
from outage.diagnosis.rules.scheduling.scheduler_words import EXPECTED, unplaced_words
from outage.diagnosis.suspect import SuspectDraft
from outage.diagnosis.weighing.doubts import Doubt
from outage.diagnosis.weighing.strength import Strength, Trust
from outage.kubernetes.field_differences import FieldDifference, escape_pointer, shown_value
from outage.kubernetes.objects import ObjectRef, dig, labels_of, object_ref, selects_labels
from outage.kubernetes.readiness import is_ready


def weigh_nodes(one: Troubled, found: SuspectDraft) -> None:
    """What speaks against an unmatched selector: a node that would match and sleeps, or a volume that holds the pod."""
    if sleeping := _sleeping(one):
        found.add(Doubt.NODE_ASLEEP, f"node {sleeping} would match and is not ready")
        found.evidence_against.append(f"node {sleeping} has the labels and is not ready")
        found.repair = None
    if _volume_elsewhere(one, _selector(one)):
        found.add(Doubt.VOLUME_ELSEWHERE)


def _selector(one: Troubled) -> dict[str, str]:
    return dig(one.workload, "spec.template.spec.nodeSelector") or {}


def _sleeping(one: Troubled) -> str:
    """A node that has the labels and is not ready; empty when there is none."""
    matching = [
        node["metadata"]["name"]
        for node in one.index.snapshot.kind("Node")
        if selects_labels(_selector(one), labels_of(node)) and not is_ready(node)
    ]
    return str(matching[0]) if matching else ""


def _volume_elsewhere(one: Troubled, selector: dict[str, str]) -> bool:
    """Whether some node has the labels and the scheduler holds the pod's volume against it."""
    said = " ".join(unplaced_words(one))
    matching = [node for node in one.index.snapshot.kind("Node") if selects_labels(selector, labels_of(node))]
    return bool(matching) and "volume node affinity conflict" in said


def put_selector_right(one: Troubled, found: SuspectDraft, _: str) -> None:
    """Without a known good form: drop selector keys that no node has, else prefer what the affinity requires."""
    selector = _selector(one)
    if _sleeping(one):
        return
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


def _drop_unmatched(
    one: Troubled, found: SuspectDraft, selector: dict[str, str], unmatched: list[str]
) -> None:
    """Remove only the keys that no node has; a person should agree."""
    prefix = "/spec/template/spec/nodeSelector"
    pointers = [f"{prefix}/{escape_pointer(key)}" for key in unmatched]
    if len(unmatched) == len(selector):
        pointers = [prefix]
    words = Words(f"Remove {', '.join(unmatched)} from the node selector of {one.about}", EXPECTED)
    drop_fields(found, one.about, pointers, words, live=f"{unmatched[0]}={selector[unmatched[0]]}")
    found.field = f"spec.template.spec.nodeSelector.{unmatched[0]}"


def lost_label(one: Troubled) -> SuspectDraft | None:
    """The selector is as it was, but a node lost the label that the baseline knows."""
    selector = _selector(one)
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


def _give_label_back(one: Troubled, node: ObjectRef, key: str, value: str) -> SuspectDraft:
    says = f"{node} lost the label {key}={value} that {one.about} selects"
    found = one.suspect(Cause.NODE_SELECTOR_UNMATCHED, says, None, "")
    found.about = node
    found.add(Strength.STATED, "the scheduler says that no node matches").add(
        Trust.BASELINE, "the baseline has the label on it"
    )
    field = FieldDifference(pointer=f"/metadata/labels/{escape_pointer(key)}", wanted=value)
    words = Words(f"Give {node} the label {key}={value} back", EXPECTED)
    return retarget(found, node, [field], words, risk=Risk.LOW)


def prefer_apart(one: Troubled, found: SuspectDraft, _: str) -> None:
    """Without a known good form: prefer what the anti-affinity requires."""
    found.field = f"{ANTI_AFFINITY.path}.{ANTI_AFFINITY.terms}"
    if required_terms(one.workload, ANTI_AFFINITY):
        found.live = "required"
        prefer_terms(found, one.workload, ANTI_AFFINITY, EXPECTED)


def about_resource(fix: Fix, what: str) -> Fix | None:
    """Only what of the known good form is about this resource."""
    pointer = f"/{escape_pointer(what)}"
    chosen = tuple(one for one in fix.chosen if one.pointer.endswith(pointer) or what in str(one.live))
    return fix.model_copy(update={"chosen": chosen}) if chosen else None


def drop_host_port(one: Troubled, found: SuspectDraft, _: str) -> None:
    """Without a known good form: the container port stays, the node's is let go."""
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
