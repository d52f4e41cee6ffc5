"""The network itself: who cannot reach whom although nothing in the objects forbids it."""

from collections import Counter
from collections.abc import Iterator

from outage.diagnosis.calls.call_graph import CallGraph
from outage.diagnosis.calls.network_admission import is_admitted
from outage.diagnosis.cause import Cause
from outage.diagnosis.findings import Signs
from outage.diagnosis.remedies.remedy import Remedy
from outage.diagnosis.rules.rule import CauseEntry, CauseRule
from outage.diagnosis.suspect import SuspectDraft, names_of
from outage.diagnosis.weighing.doubts import Doubt
from outage.diagnosis.weighing.strength import Strength, Support
from outage.kubernetes.objects import ObjectRef, dig, object_ref
from outage.kubernetes.workloads import workload_ref
from outage.snapshots.case_index import CaseIndex
from outage.snapshots.snapshot import Reach
from outage.value import Manifest


def suspect_unreachable_pairs(index: CaseIndex, signs: Signs) -> Iterator[SuspectDraft]:
    """Callers that cannot reach Services which have ready endpoints and which policies let them reach."""
    lost = [(one, caller) for one in index.snapshot.reach if (caller := _lost(index, one)) is not None]
    if len(lost) < 2:
        return
    nodes = Counter(node for _, caller in lost for node in _nodes(index, caller))
    shared = sorted(node for node, number in nodes.items() if number == len(lost))
    # callers on two nodes accuse neither
    one_node = len(shared) == 1 and len(index.snapshot.kind("Node")) > 1
    node = shared[0] if one_node else ""
    about = ObjectRef(kind="Node", name=node) if one_node else object_ref(lost[0][1])
    where = f"from node {node}" if one_node else "between pods"
    says = f"The network {where} loses connections that nothing forbids"
    found = SuspectDraft(
        cause=Cause.NETWORK_LOSSY,
        about=about,
        says=says,
        explains=names_of(*(object_ref(c) for _, c in lost)),
    )
    found.effect = True
    found.evidence_for = [f"{one.source} cannot reach {one.target}: {one.answer}" for one, _ in lost][:6]
    found.add(Strength.FITS, f"{len(lost)} connections to ready endpoints fail").add(
        Support.SYMPTOM if one_node else None, where
    )
    found.settle = "Who reaches whom, pair by pair and node by node; the nodes' own network."
    yield found


def _lost(index: CaseIndex, one: Reach) -> Manifest | None:
    """The caller of a connection that fails for no reason the objects give."""
    if one.reached or one.by != "tcp":
        return None
    about = workload_ref(one.source, one.namespace)
    caller = next((w for w in index.workloads if object_ref(w) == about), None)
    parts = one.target.split(":")[0].split(".")
    home = parts[1] if len(parts) > 1 else one.namespace
    service = index.get(ObjectRef(kind="Service", name=parts[0], namespace=home))
    if caller is None or service is None or not index.ready_addresses(service):
        return None
    open_both = all(
        is_admitted(index, "Ingress", target, caller) and is_admitted(index, "Egress", caller, target)
        for target in index.behind(service)
    )
    return (
        caller
        if open_both and str(object_ref(service, "Service")) in CallGraph.of(index).uses.get(str(about), {})
        else None
    )


def _nodes(index: CaseIndex, caller: Manifest) -> set[str]:
    return {dig(pod, "spec.nodeName", "") for pod in index.pods_of(object_ref(caller))} - {""}


RULES = (
    CauseRule(
        suspect_unreachable_pairs,
        entries=(
            CauseEntry(
                Cause.NETWORK_LOSSY,
                says="The network between pods is slow or loses packets.",
                shows="connections to ready endpoints fail, and no object explains it",
                evidence="connections tried from inside pods, pair by pair",
                remedies=(Remedy.PERSON,),
                doubts=(Doubt.EXPLAINED,),
            ),
        ),
    ),
)
