"""The network itself: who cannot reach whom although nothing in the objects forbids it."""

from collections import Counter
from collections.abc import Iterator

from outage.causes import Cause
from outage.diagnosis.admitting import admitted
from outage.diagnosis.graph import Calls
from outage.diagnosis.owned import WORKLOADS
from outage.diagnosis.signs import Signs
from outage.diagnosis.suspect import HINT, SYMPTOM, Suspect, names
from outage.diagnosis.world import World
from outage.objects import ObjectRef, dig, ref
from outage.snapshot import Reach
from outage.value import Manifest


def suspects(world: World, signs: Signs) -> Iterator[Suspect]:
    """Callers that cannot reach Services which have ready endpoints and which policies let them reach."""
    lost = [(one, caller) for one in world.snapshot.reach if (caller := _lost(world, one)) is not None]
    if len(lost) < 2:
        return
    nodes = Counter(node for _, caller in lost for node in _nodes(world, caller))
    shared = sorted(node for node, number in nodes.items() if number == len(lost))
    # callers on two nodes accuse neither
    one_node = len(shared) == 1 and len(world.snapshot.kind("Node")) > 1
    node = shared[0] if one_node else ""
    about = ObjectRef(kind="Node", name=node) if one_node else ref(lost[0][1])
    where = f"from node {node}" if one_node else "between pods"
    says = f"The network {where} loses connections that nothing forbids"
    found = Suspect(
        cause=Cause.NETWORK_LOSSY, about=about, says=says, explains=names(*(ref(c) for _, c in lost))
    )
    found.effect = True
    found.evidence_for = [f"{one.source} cannot reach {one.target}: {one.answer}" for one, _ in lost][:6]
    found.add(HINT, f"{len(lost)} connections to ready endpoints fail").add(SYMPTOM if one_node else 0, where)
    found.settle = "Who reaches whom, pair by pair and node by node; the nodes' own network."
    yield found


def _lost(world: World, one: Reach) -> Manifest | None:
    """The caller of a connection that fails for no reason the objects give."""
    if one.reached or one.by != "tcp":
        return None
    kind, _, name = one.source.partition("/")
    kinds = {known.lower(): known for known in WORKLOADS}
    about = ObjectRef(kind=kinds.get(kind, "Deployment"), name=name, namespace=one.namespace)
    caller = next((w for w in world.workloads if ref(w) == about), None)
    parts = one.target.split(":")[0].split(".")
    home = parts[1] if len(parts) > 1 else one.namespace
    service = world.get(ObjectRef(kind="Service", name=parts[0], namespace=home))
    if caller is None or service is None or not world.ready_addresses(service):
        return None
    open_both = all(
        admitted(world, "Ingress", target, caller) and admitted(world, "Egress", caller, target)
        for target in world.behind(service)
    )
    return (
        caller
        if open_both and str(ref(service, "Service")) in Calls.of(world).uses.get(str(about), {})
        else None
    )


def _nodes(world: World, caller: Manifest) -> set[str]:
    return {dig(pod, "spec.nodeName", "") for pod in world.pods_of(ref(caller))} - {""}
