"""What nodes say of themselves."""

from collections.abc import Iterator
from datetime import timedelta

from outage.diagnosis.findings.finding import Finding
from outage.diagnosis.index import CaseIndex
from outage.errors import cut
from outage.kubernetes.object_times import condition_of, created_at, parsed_moment, since_condition
from outage.kubernetes.objects import dig, object_ref

PRESSURES = ("MemoryPressure", "DiskPressure", "PIDPressure", "NetworkUnavailable")


def node_signs(world: CaseIndex) -> Iterator[Finding]:
    """Nodes that are not ready or under pressure, and autoscalers that cannot measure."""
    for node in world.snapshot.kind("Node"):
        about = object_ref(node, "Node")
        state = condition_of(node, "Ready")
        born = created_at(node)
        if state and state.get("status") != "True" and not (born and world.now - born < timedelta(minutes=1)):
            says = f"{about}: not ready: {cut(state.get('message') or state.get('reason', '?'))}"
            since = since_condition(node, "Ready")
            yield Finding(sign="node-not-ready", about=about, says=says, since=since, evidence=("nodes",))
        for name in PRESSURES:
            if condition_of(node, name).get("status") == "True":
                since = since_condition(node, name)
                says = f"{about}: {name}"
                yield Finding(sign="node-pressure", about=about, says=says, since=since, evidence=("nodes",))
    yield from _autoscalers(world)


def _autoscalers(world: CaseIndex) -> Iterator[Finding]:
    for scaler in world.all("HorizontalPodAutoscaler"):
        state = condition_of(scaler, "ScalingActive")
        turned = parsed_moment(state.get("lastTransitionTime"))
        if state.get("status") == "False" and state.get("reason") != "ScalingDisabled":
            about = object_ref(scaler, "HorizontalPodAutoscaler")
            says = f"{about}: cannot measure {dig(scaler, 'spec.scaleTargetRef.name')}: {cut(state.get('message', ''))}"
            yield Finding(
                sign="autoscaler-blind", about=about, says=says, since=turned, evidence=("autoscalers",)
            )
