"""Where this process runs, when that is a pod of the very cluster which it heals."""

import socket
import ssl
from pathlib import Path

from blocks.kubernetes import Cluster
from blocks.kubernetes.kubeconfig import SERVICE_ACCOUNT
from outage.errors import ClusterError
from outage.kubernetes.objects import ObjectRef, dig
from outage.policies.guards.guard_view import OwnPlace


def place_of_responder(
    cluster: Cluster, node: str | None = None, folder: Path = SERVICE_ACCOUNT, pod: str | None = None
) -> OwnPlace | None:
    """Where this process runs; None on a machine of its own, and in a pod of another cluster.

    Args:
        cluster: The cluster that is healed, as the reading identity.
        node: The pod's node by the downward API; None asks the API server.
        folder: Where a pod finds its service account.
        pod: Name of the pod; None for the host's name, which it is unless the pod uses its node's network.
    """
    try:
        namespace = (folder / "namespace").read_text(encoding="utf-8").strip()
    except OSError:
        return None
    if not _of_this_cluster(cluster, folder / "ca.crt"):
        return None
    return OwnPlace(
        namespace=namespace, node=node or _node_of(cluster, pod or socket.gethostname(), namespace)
    )


def _of_this_cluster(cluster: Cluster, authority: Path) -> bool:
    """Whether the healed cluster is vouched for by the authority of the pod's own; who cannot tell says yes."""
    trusted = cluster.access.tls.get_ca_certs(binary_form=True) if cluster.access.tls else []
    try:
        mine = ssl.create_default_context(cafile=str(authority)).get_ca_certs(binary_form=True)
    except OSError:
        return True
    return not trusted or bool(set(mine) & set(trusted))


def _node_of(cluster: Cluster, pod: str, namespace: str) -> str:
    try:
        found = cluster.find(ObjectRef(kind="Pod", name=pod, namespace=namespace))
    except ClusterError:
        return ""  # not known: then no node is written to
    return str(dig(found or {}, "spec.nodeName", ""))
