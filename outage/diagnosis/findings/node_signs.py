"""What nodes say of themselves."""

from collections.abc import Iterator

from outage.diagnosis.findings.facts.sign_facts import (
    BlindAutoscalerFacts,
    NodePressureFacts,
    UnreadyNodeFacts,
)
from outage.diagnosis.findings.finding import Finding
from outage.diagnosis.thresholds import NODE_JOINING
from outage.kubernetes.object_times import condition_of, created_at, parsed_moment, since_condition
from outage.kubernetes.objects import dig, object_ref
from outage.snapshots.case_index import CaseIndex

PRESSURES = ("MemoryPressure", "DiskPressure", "PIDPressure", "NetworkUnavailable")


def node_signs(index: CaseIndex) -> Iterator[Finding]:
    """Nodes that are not ready or under pressure, and autoscalers that cannot measure."""
    for node in index.snapshot.kind("Node"):
        about = object_ref(node, "Node")
        state = condition_of(node, "Ready")
        born = created_at(node)
        if state and state.get("status") != "True" and not (born and index.now - born < NODE_JOINING):
            unready = UnreadyNodeFacts(quoted=state.get("message") or state.get("reason", "?"))
            yield Finding.of(about, unready, since_condition(node, "Ready"), ("nodes",))
        for name in PRESSURES:
            if condition_of(node, name).get("status") == "True":
                pressed = NodePressureFacts(condition=name)
                yield Finding.of(about, pressed, since_condition(node, name), ("nodes",))
    yield from _autoscalers(index)


def _autoscalers(index: CaseIndex) -> Iterator[Finding]:
    for scaler in index.all("HorizontalPodAutoscaler"):
        state = condition_of(scaler, "ScalingActive")
        turned = parsed_moment(state.get("lastTransitionTime"))
        if state.get("status") == "False" and state.get("reason") != "ScalingDisabled":
            about = object_ref(scaler, "HorizontalPodAutoscaler")
            target = str(dig(scaler, "spec.scaleTargetRef.name"))
            blind = BlindAutoscalerFacts(target=target, quoted=state.get("message", ""))
            yield Finding.of(about, blind, turned, ("autoscalers",))
