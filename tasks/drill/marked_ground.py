"""Where things may be broken."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from blocks.kubernetes import Cluster
from blocks.kubernetes.drill_writer import DrillWriter
from outage.incidents.fault import Fault
from outage.kubernetes.objects import ObjectRef, labels_of
from outage.plans.fence import Fence
from outage.verification.drills.drill_guards import CLUSTER_MARK, DRILLS_ALLOWED
from outage.verification.drills.fault_blast import is_cluster_wide


@dataclass(frozen=True)
class MarkedGround:
    """Where to break: the cluster with the drill's identity, and hands for what no API reaches."""

    cluster: Cluster
    namespace: str
    fence: Fence
    """Held on the ground: compared before each blow, and again before each request of one."""
    sql: Callable[[str], None] | None = None
    """Runs one statement in the platform's database, in the background when it is meant to stay."""
    nodes: Callable[[str, str], object] | None = None
    """Called with `stop` or `start` and the name of a node or of a part of the control plane."""

    @property
    def writer(self) -> DrillWriter:
        """The drill's own writing door to the cluster."""
        return DrillWriter(self.cluster, self.fence)


def marked_namespaces(cluster: Cluster, names: Iterable[str]) -> frozenset[str]:
    """Which of these namespaces their owners marked for drills; one that is not there carries no mark."""
    key, value = DRILLS_ALLOWED
    seen = {name: cluster.find(ObjectRef(kind="Namespace", name=name)) for name in names}
    return frozenset(name for name, one in seen.items() if one and labels_of(one).get(key) == value)


def forbidden_reason(ground: MarkedGround, fault: Fault) -> str | None:
    """Why nothing may be broken there, or None: asked again at the blow, whatever was asked before."""
    key, value = DRILLS_ALLOWED
    if ground.cluster.find(ObjectRef(kind="Namespace", name=ground.namespace)) is None:
        return f"namespace {ground.namespace} is not there"
    wanted = [ground.namespace, *([CLUSTER_MARK] if is_cluster_wide(fault) else [])]
    marked = marked_namespaces(ground.cluster, wanted)
    for name in wanted:
        if name not in marked:
            how = f"kubectl label namespace {name} {key}={value}"
            return f"namespace {name} is not marked for drills: {how}"
    elsewhere = [
        blow.target
        for blow in fault.blows
        if blow.target.namespace not in ("", ground.namespace, CLUSTER_MARK)
    ]
    if elsewhere:
        return f"the fault would break {elsewhere[0]}, outside of {ground.namespace}"
    return None
