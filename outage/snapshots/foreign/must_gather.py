"""OpenShift's must-gather: `namespaces/NAMESPACE/GROUP/RESOURCE.yaml`, the cluster's own beside them, logs below pods.

Its layout is that of `oc adm inspect`, which writes it.
"""

from outage.errors import FileError
from outage.snapshots.foreign.archived_files import FileBodies, below
from outage.snapshots.foreign.gathered_archive import ArchivedCluster, manifests_in
from outage.snapshots.snapshot import Snapshot

ROOT, OF_CLUSTER = "namespaces", "cluster-scoped-resources"
KINDS = {
    "pods": "Pod",
    "services": "Service",
    "configmaps": "ConfigMap",
    "secrets": "Secret",
    "serviceaccounts": "ServiceAccount",
    "events": "Event",
    "endpoints": "Endpoints",
    "endpointslices": "EndpointSlice",
    "persistentvolumeclaims": "PersistentVolumeClaim",
    "resourcequotas": "ResourceQuota",
    "limitranges": "LimitRange",
    "deployments": "Deployment",
    "replicasets": "ReplicaSet",
    "statefulsets": "StatefulSet",
    "daemonsets": "DaemonSet",
    "controllerrevisions": "ControllerRevision",
    "jobs": "Job",
    "cronjobs": "CronJob",
    "networkpolicies": "NetworkPolicy",
    "ingresses": "Ingress",
    "ingressclasses": "IngressClass",
    "poddisruptionbudgets": "PodDisruptionBudget",
    "horizontalpodautoscalers": "HorizontalPodAutoscaler",
    "roles": "Role",
    "rolebindings": "RoleBinding",
    "clusterroles": "ClusterRole",
    "clusterrolebindings": "ClusterRoleBinding",
    "leases": "Lease",
    "nodes": "Node",
    "namespaces": "Namespace",
    "persistentvolumes": "PersistentVolume",
    "storageclasses": "StorageClass",
    "priorityclasses": "PriorityClass",
    "validatingwebhookconfigurations": "ValidatingWebhookConfiguration",
    "mutatingwebhookconfigurations": "MutatingWebhookConfiguration",
}
CURRENT = "current.log"


def is_must_gather(files: FileBodies) -> bool:
    """Whether this is one: namespaces with their groups of the API below them."""
    return any(len(name.split("/")) > 3 for name in below(files, ROOT) if name.startswith(f"{ROOT}/"))


def must_gather_snapshot(files: FileBodies, salt: str, wanted: tuple[str, ...] = ()) -> Snapshot:
    """The picture that a must-gather archive holds.

    Args:
        files: By their path in it; the folders that the tool puts around all do not matter.
        salt: Of the hashes that stand for the values of Secrets.
        wanted: Namespaces to look at closely; those with ill pods when none is named.

    Raises:
        FileError: It holds nothing with a date, or nothing of a wanted namespace. Permanent.
    """
    found = ArchivedCluster("must-gather archive", salt)
    for name, body in {**below(files, OF_CLUSTER), **below(files, ROOT)}.items():
        parts = name.split("/")
        if parts[0] == ROOT and "pods" in parts[2:3] and parts[-1].endswith(".log"):
            _log(found, parts, body)
        elif parts[-1].endswith((".yaml", ".yml")):
            _objects(found, parts, body)
    return found.snapshot(wanted)


def _log(found: ArchivedCluster, parts: list[str], body: bytes) -> None:
    """`namespaces/NAMESPACE/pods/POD/CONTAINER/CONTAINER/logs/current.log`."""
    if len(parts) == 8 and parts[6] == "logs":
        found.log(parts[1], parts[3], parts[4], body, previous=parts[7] != CURRENT)


def _objects(found: ArchivedCluster, parts: list[str], body: bytes) -> None:
    """`namespaces/NS/GROUP/RESOURCE.yaml`, `namespaces/NS/NS.yaml`, `…/RESOURCE/NAME.yaml`, the cluster's likewise."""
    stem = parts[-1].rpartition(".")[0]
    inside = parts[0] == ROOT
    kind, place = None, None
    if inside and len(parts) == 3 and stem == parts[1]:
        kind = "Namespace"
    elif inside and len(parts) == 5 and parts[2] == "pods":
        kind = "Pod"
    elif stem in KINDS and len(parts) == (4 if inside else 3):
        kind, place = KINDS[stem], parts[1] if inside else ""
    elif len(parts) > 3 and parts[-2] in KINDS:
        kind = KINDS[parts[-2]]
    if kind is None:
        return
    try:
        found.add(kind, place, manifests_in(body, "/".join(parts)))
    except FileError as error:
        found.missing.append(str(error))
