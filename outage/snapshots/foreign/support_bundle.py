"""Troubleshoot's support bundle: `cluster-resources/KIND/NAMESPACE.json`, and logs under `pods/logs`.

Its layout is read off the tool's own constants (replicatedhq/troubleshoot, pkg/constants). It holds no Secrets.
"""

from outage.errors import FileError
from outage.snapshots.foreign.archived_files import FileBodies, below
from outage.snapshots.foreign.gathered_archive import ArchivedCluster, manifests_in
from outage.snapshots.snapshot import Snapshot

ROOT = "cluster-resources"
BY_NAMESPACE = {
    "pods": "Pod",
    "services": "Service",
    "deployments": "Deployment",
    "replicasets": "ReplicaSet",
    "statefulsets": "StatefulSet",
    "daemonsets": "DaemonSet",
    "jobs": "Job",
    "cronjobs": "CronJob",
    "ingress": "Ingress",
    "network-policy": "NetworkPolicy",
    "resource-quota": "ResourceQuota",
    "limitranges": "LimitRange",
    "events": "Event",
    "pvcs": "PersistentVolumeClaim",
    "roles": "Role",
    "rolebindings": "RoleBinding",
    "endpoints": "Endpoints",
    "endpointslices": "EndpointSlice",
    "serviceaccounts": "ServiceAccount",
    "leases": "Lease",
    "configmaps": "ConfigMap",
    "pod-disruption-budgets": "PodDisruptionBudget",
}
OF_CLUSTER = {
    "namespaces": "Namespace",
    "nodes": "Node",
    "pvs": "PersistentVolume",
    "storage-classes": "StorageClass",
    "ingress-classes": "IngressClass",
    "clusterroles": "ClusterRole",
    "clusterrolebindings": "ClusterRoleBinding",
    "priorityclasses": "PriorityClass",
}
ERRORS = "-errors.json"
PREVIOUS = "-previous"


def is_support_bundle(files: FileBodies) -> bool:
    """Whether this is one: it has the folder of the cluster's resources."""
    return bool(below(files, ROOT))


def support_bundle_snapshot(files: FileBodies, salt: str, wanted: tuple[str, ...] = ()) -> Snapshot:
    """The picture that a support bundle holds.

    Args:
        files: By their path in it, with or without the folder that the tool puts around all.
        salt: Of hashes of what is secret.
        wanted: Namespaces to look at closely; those with ill pods when none is named.

    Raises:
        FileError: It holds nothing with a date, or nothing of a wanted namespace. Permanent.
    """
    found = ArchivedCluster("support bundle", salt)
    found.missing.append("Secrets: a support bundle holds none")
    for name, body in below(files, ROOT).items():
        _file(found, name.split("/")[1:], body)
    return found.snapshot(wanted)


def _file(found: ArchivedCluster, parts: list[str], body: bytes) -> None:
    """One file, by its path below the root."""
    folder, stem = parts[0], parts[-1].removesuffix(".json")
    if parts[-1].endswith(ERRORS) and len(parts) == 1:
        if body.strip() not in (b"", b"null", b"{}", b"[]"):
            found.missing.append(f"{parts[0].removesuffix(ERRORS)}: the tool could not list all of them")
    elif parts[:2] == ["pods", "logs"] and len(parts) == 5 and parts[-1].endswith(".log"):
        container = parts[4].removesuffix(".log")
        if not container.endswith("-logs-errors"):
            previous = container.endswith(PREVIOUS)
            found.log(parts[2], parts[3], container.removesuffix(PREVIOUS), body, previous=previous)
    elif len(parts) == 1 and stem in OF_CLUSTER:
        _list(found, OF_CLUSTER[stem], "", parts, body)
    elif len(parts) == 2 and folder in BY_NAMESPACE and parts[-1].endswith(".json"):
        _list(found, BY_NAMESPACE[folder], stem, parts, body)


def _list(found: ArchivedCluster, kind: str, place: str, parts: list[str], body: bytes) -> None:
    try:
        found.add(kind, place, manifests_in(body, "/".join(parts)))
    except FileError as error:
        found.missing.append(str(error))
