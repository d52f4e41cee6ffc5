"""Where things may be broken, and the requests that do it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from blocks.kubernetes import Cluster
from blocks.kubernetes.api_kinds import api_path_of, filled_in, kind_of
from blocks.retry import wait_until
from outage.errors import ClusterConflict, ClusterMissing
from outage.incidents.fault import Fault
from outage.kubernetes.objects import ObjectRef, labels_of
from outage.plans.preconditions import precondition_anew
from outage.value import Manifest

DRILLS_ALLOWED = ("outage.dev/drills", "allowed")
"""The label that a namespace must carry before anything in it is broken on purpose."""

MANAGER = "outage-drill"
GONE_WITHIN_SECONDS = 20.0
"""A predecessor whose finalizers work is gone by then."""
LOOK_EVERY_SECONDS = 0.5


@dataclass(frozen=True)
class MarkedGround:
    """Where to break: the cluster with the drill's identity, and hands for what no API reaches."""

    cluster: Cluster
    namespace: str
    sql: Callable[[str], None] | None = None
    """Runs one statement in the platform's database, in the background when it is meant to stay."""
    nodes: Callable[[str, str], object] | None = None
    """Called with `stop` or `start` and the name of a node or of a part of the control plane."""


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


def create_object(cluster: Cluster, target: ObjectRef, manifest: Manifest) -> None:
    """Create an object, waiting while its predecessor goes."""
    kind = kind_of(target.kind)
    body = filled_in(kind, precondition_anew(manifest, target))

    def created() -> bool:
        try:
            ask_cluster(cluster, "POST", kind.path(target.namespace), f"create {target}", body)
        except ClusterConflict:  # one that was deleted is still going
            return False
        return True

    if not wait_until(created, GONE_WITHIN_SECONDS, LOOK_EVERY_SECONDS):
        raise ClusterConflict(f"create {target}: something of that name is still there")


def delete_object(cluster: Cluster, target: ObjectRef) -> None:
    """Delete an object; one that is not there is fine."""
    body = {"apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": "Background"}
    try:
        cluster.request("DELETE", api_path_of(target), f"delete {target}", body=body)
    except ClusterMissing:
        return


def ask_cluster(
    cluster: Cluster, method: str, path: str, what: str, body: Any, content_type: str = "application/json"
) -> Manifest:
    """One request under the drill's own name, so that managedFields tell who broke it."""
    answer: Manifest = cluster.json(
        method, path, what, query={"fieldManager": MANAGER}, body=body, content_type=content_type
    )
    return answer
