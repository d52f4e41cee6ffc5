"""Nodes that do not answer, kube-proxy that is missing, a control plane that has stopped."""

from collections.abc import Iterator

from outage.diagnosis.cause import Cause
from outage.diagnosis.findings import Signs
from outage.diagnosis.findings.container_signs import container_statuses
from outage.diagnosis.findings.facts import Sign
from outage.diagnosis.hypothesis import Repair
from outage.diagnosis.remedies.finished_repairs import Words, close_node
from outage.diagnosis.remedies.remedy import Remedy
from outage.diagnosis.remedies.single_repairs import delete_change
from outage.diagnosis.rules.rule import CauseEntry, CauseRule
from outage.diagnosis.suspect import SuspectDraft, names_of
from outage.diagnosis.thresholds import STALE_LEASE
from outage.diagnosis.weighing.doubts import Doubt
from outage.diagnosis.weighing.strength import Strength, Support
from outage.errors import cut
from outage.kubernetes.object_times import changed_at, condition_of, parsed_moment
from outage.kubernetes.objects import ObjectRef, dig, object_ref
from outage.kubernetes.readiness import is_ready
from outage.snapshots.case_index import CaseIndex
from outage.value import Manifest


def suspect_node_health(index: CaseIndex, signs: Signs) -> Iterator[SuspectDraft]:
    """Nodes, their proxies, the scheduler and the controller manager."""
    down = signs.of(Sign.NODE_NOT_READY)
    for finding in down:
        yield _not_ready(index, signs, finding.about, len(down))
    yield from _proxies(index)
    yield from _stalled(index, signs)


def on_node(index: CaseIndex, node: str) -> set[str]:
    """The workloads that have pods on a node, and the node itself."""
    pods = [pod for pod in index.snapshot.kind("Pod") if dig(pod, "spec.nodeName") == node]
    return {str(index.workload_of(pod)) for pod in pods} | names_of(ObjectRef(kind="Node", name=node))


def _not_ready(index: CaseIndex, signs: Signs, about: ObjectRef, together: int) -> SuspectDraft:
    node = index.get(about) or {}
    state = condition_of(node, "Ready")
    why = cut(state.get("message") or state.get("reason", "it says nothing"))
    found = SuspectDraft(
        cause=Cause.NODE_NOT_READY, about=about, says=f"{about} is not ready: {why}", explains=set()
    )
    found.explains = on_node(index, about.name) | _waiting_pods(index, signs)
    found.field, found.live, found.wanted = "status.conditions.Ready", state.get("status"), "True"
    found.onset = parsed_moment(state.get("lastTransitionTime"))
    found.add(Strength.STATED, "the node's Ready condition says so")
    hurt = [one for one in signs.failing if one.about != about]
    found.add(Support.SYMPTOM if hurt else None, "pods that lived on it are missing")
    found.evidence_for = [why, *(one.says for one in hurt[:4])]
    if state.get("status") == "Unknown":
        found.add(Support.SYMPTOM, "its kubelet has stopped reporting")
    nodes = len(index.snapshot.kind("Node"))
    found.settle = "The kubelet and the runtime on the node itself; its network."
    if together == nodes and nodes > 1:
        found.evidence_against.append("all nodes at once: look at the control plane or the network first")
        return found
    if not dig(node, "spec.unschedulable") and nodes > together:
        words = f"Cordon {about}, so that nothing new goes there; its kubelet must be started on the node"
        close_node(found, Words(words, "Stateless pods come up on the other nodes."))
    return found


def _waiting_pods(index: CaseIndex, signs: Signs) -> set[str]:
    found = set()
    for one in signs.of(Sign.POD_UNSCHEDULABLE, Sign.POD_STUCK_LEAVING):
        pod = index.get(one.about)
        if pod is not None and (
            one.sign is Sign.POD_STUCK_LEAVING or "not-ready" in one.quoted or "unreachable" in one.quoted
        ):
            found |= names_of(index.workload_of(pod), one.about)
    return found


def _proxies(index: CaseIndex) -> Iterator[SuspectDraft]:
    """A node without a ready kube-proxy, on a cluster that runs it as a DaemonSet."""
    for workload in index.workloads:
        about = object_ref(workload)
        if about.kind != "DaemonSet" or "kube-proxy" not in about.name:
            continue
        ready = {
            dig(pod, "spec.nodeName")
            for pod in index.pods_of(about)
            if container_statuses(pod) and all(status.get("ready") for status in container_statuses(pod))
        }
        for node in index.snapshot.kind("Node"):
            name = node["metadata"]["name"]
            if name not in ready and is_ready(node):
                yield _proxy(index, about, workload, name)


def _proxy(index: CaseIndex, about: ObjectRef, workload: Manifest, node: str) -> SuspectDraft:
    says = f"kube-proxy does not run on node {node}: pods there cannot reach Services"
    found = SuspectDraft(
        cause=Cause.NODE_PROXY_DOWN, about=about, says=says, explains=on_node(index, node) | names_of(about)
    )
    found.add(Strength.CONTRADICTED, f"no ready kube-proxy pod on {node}").time(changed_at(workload), None)
    broken = [pod for pod in index.pods_of(about) if dig(pod, "spec.nodeName") == node]
    if broken:
        target = object_ref(broken[0], "Pod")
        change = delete_change(target, f"it is not ready on {node}", "kube-proxy runs on the node again.")
        words = f"Delete {target}; its DaemonSet makes a new one"
        found.repair = Repair(summary=words, changes=(change,))
    found.settle = "Whether pods on the node reach pod addresses and not Service addresses."
    return found


def _stalled(index: CaseIndex, signs: Signs) -> Iterator[SuspectDraft]:
    """Pods that nobody places and nobody speaks of; leases that nobody renews."""
    waiting = signs.of(Sign.POD_UNSCHEDULED)
    for name in ("kube-scheduler", "kube-controller-manager"):
        lease = index.get(ObjectRef(kind="Lease", name=name, namespace="kube-system"))
        renewed = parsed_moment(dig(lease, "spec.renewTime")) if lease else None
        stale = renewed is not None and index.now - renewed > STALE_LEASE
        if not stale and not (name == "kube-scheduler" and waiting):
            continue
        about = ObjectRef(kind="Lease", name=name, namespace="kube-system")
        found = SuspectDraft(
            cause=Cause.CONTROL_PLANE_STALLED, about=about, says=f"{name} does not work", explains=set()
        )
        found.explains = {str(one.about) for one in waiting}
        found.explains |= {str(index.workload_of(pod)) for one in waiting if (pod := index.get(one.about))}
        if stale and renewed is not None:
            found.field, found.live = "spec.renewTime", renewed.isoformat()
            found.add(
                Strength.STATED,
                f"its lease was last renewed {int((index.now - renewed).total_seconds())} s ago",
            )
        found.add(
            Strength.CONTRADICTED if waiting else None, "pods wait without a node and without any event"
        )
        found.add(
            Support.NEWCOMER if stale and waiting else None, "pods wait without a node and without any event"
        )
        found.alone = stale
        found.onset = renewed if stale else min((one.since for one in waiting if one.since), default=None)
        found.evidence_for = [one.says for one in waiting[:4]]
        found.settle = (
            "The control plane's own processes: that needs access to its node. Nothing applied takes effect."
        )
        yield found


RULES = (
    CauseRule(
        suspect_node_health,
        entries=(
            CauseEntry(
                Cause.NODE_NOT_READY,
                says="A node does not answer.",
                shows="the node's Ready condition is False or Unknown",
                evidence="condition Ready, the lease, the pods that lived on it",
                remedies=(Remedy.CORDON, Remedy.PERSON),
            ),
            CauseEntry(
                Cause.NODE_PROXY_DOWN,
                says="kube-proxy does not run on a node, so Services cannot be reached from there.",
                shows="no kube-proxy pod is ready on a node",
                evidence="the pods of the DaemonSet kube-proxy by node",
                remedies=(Remedy.REPLACE_POD, Remedy.PERSON),
                doubts=(Doubt.LONG_UNCHANGED,),
            ),
            CauseEntry(
                Cause.CONTROL_PLANE_STALLED,
                says="The scheduler or the controller manager does not work.",
                shows="pods wait without a node and without any event, or the lease is not renewed",
                evidence="leases in kube-system; pods without nodeName",
                remedies=(Remedy.PERSON,),
            ),
        ),
    ),
)
