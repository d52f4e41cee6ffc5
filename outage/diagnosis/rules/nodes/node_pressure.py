"""Nodes that take no pods because their disk or memory runs out, and who used it up as far as they tell."""

import re
from collections.abc import Iterator

from outage.diagnosis.cause import Cause
from outage.diagnosis.findings import Signs
from outage.diagnosis.findings.facts import Sign
from outage.diagnosis.known_good.troubled_workloads import troubled_workloads
from outage.diagnosis.rules.rule import CauseRule
from outage.diagnosis.rules.scheduling.scheduler_words import unplaced_words
from outage.diagnosis.suspect import SuspectDraft, names_of
from outage.diagnosis.weighing.strength import Strength, Support
from outage.kubernetes.object_times import condition_of, parsed_moment
from outage.kubernetes.objects import ObjectRef, dig, object_ref
from outage.snapshots.case_index import CaseIndex
from outage.value import Manifest

PRESSURES = {
    "DiskPressure": ("node.kubernetes.io/disk-pressure", Cause.DISK_FULL, "disk"),
    "MemoryPressure": ("node.kubernetes.io/memory-pressure", Cause.OUT_OF_MEMORY, "memory"),
}
"""Condition of a node → the taint that the cluster gives it, the cause, what runs out."""
USER = re.compile(r"Container (?P<container>\S+) was using (?P<used>\S+),")
"""How the kubelet names who used most."""


def suspect_node_pressure(index: CaseIndex, signs: Signs) -> Iterator[SuspectDraft]:
    """Nodes under pressure that pods of the platform are kept off."""
    waiting = {one.about: " ".join(unplaced_words(one)) for one in troubled_workloads(index, signs)}
    for node in index.snapshot.kind("Node"):
        for condition, (taint, cause, what) in PRESSURES.items():
            kept_off = [about for about, said in waiting.items() if taint in said]
            if condition_of(node, condition).get("status") == "True" and kept_off:
                yield _suspect(index, signs, node, condition, cause, what, kept_off)


def _suspect(
    index: CaseIndex,
    signs: Signs,
    node: Manifest,
    condition: str,
    cause: Cause,
    what: str,
    kept_off: list[ObjectRef],
) -> SuspectDraft:
    about = object_ref(node, "Node")
    evicted = [
        pod
        for pod in index.all("Pod")
        if dig(pod, "spec.nodeName") == about.name and dig(pod, "status.reason") == "Evicted"
    ]
    said = [str(dig(pod, "status.message", "")) for pod in evicted]
    most = next((one for text in said if (one := USER.search(text))), None)
    says = f"the {what} of {about} runs out, so that it takes no pods"
    says += f"; container {most['container']} was using {most['used']} of it" if most else ""
    found = SuspectDraft(cause=cause, about=about, says=says, explains=names_of(about, *kept_off))
    found.explains |= {str(index.workload_of(pod)) for pod in evicted}
    found.field, found.live = f"status.conditions.{condition}", "True"
    found.onset = parsed_moment(condition_of(node, condition).get("lastTransitionTime"))
    found.add(Strength.STATED, "the node's own condition says so")
    found.add(Support.SYMPTOM, f"{len(kept_off)} workloads wait for it, and its taint keeps them off")
    found.add(Support.DETAIL, "the scheduler names the taint that this condition gives")
    found.evidence_for = [
        *said[:2],
        *(one.says for one in signs.of(Sign.NODE_PRESSURE) if one.about == about),
    ]
    found.evidence_for += [one.says for one in signs.failing][:3]
    found.settle = (
        f"What uses the {what} of {about.name}: a person makes room; the taint goes by itself then."
    )
    return found


RULES = (
    CauseRule(
        suspect_node_pressure,
    ),
)
