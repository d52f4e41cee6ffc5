"""Where things may be broken."""

from collections.abc import Callable
from dataclasses import dataclass

from blocks.kubernetes import Cluster
from blocks.kubernetes.drill_writer import DrillWriter
from outage.incidents.fault import Fault
from outage.kubernetes.objects import ObjectRef, labels_of
from outage.plans.fence import Fence

DRILLS_ALLOWED = ("outage.dev/drills", "allowed")
"""The label that a namespace must carry before anything in it is broken on purpose."""


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


def forbidden_reason(ground: MarkedGround, fault: Fault) -> str | None:
    """Why nothing may be broken there, or None."""
    key, value = DRILLS_ALLOWED
    namespace = ground.cluster.find(ObjectRef(kind="Namespace", name=ground.namespace))
    if namespace is None:
        return f"namespace {ground.namespace} is not there"
    if labels_of(namespace).get(key) != value:
        how = f"kubectl label namespace {ground.namespace} {key}={value}"
        return f"namespace {ground.namespace} is not marked for drills: {how}"
    elsewhere = [
        blow.target
        for blow in fault.blows
        if blow.target.namespace not in ("", ground.namespace, "kube-system")
    ]
    if elsewhere:
        return f"the fault would break {elsewhere[0]}, outside of {ground.namespace}"
    return None
