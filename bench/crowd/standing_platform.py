"""The practice platform's objects on a control plane that runs none of them: the recorded ones of a healthy ground.

What controllers and kubelets would have made (ReplicaSets, pods, slices, statuses) is written as it was recorded.
"""

import copy
from pathlib import Path
from typing import Any

from bench.specimen_files import read_specimen
from blocks.kubernetes.api_client import ApiClient
from blocks.kubernetes.api_kinds import kind_of
from outage.errors import ClusterConflict
from outage.value import Manifest

HEALTHY = Path(__file__).resolve().parents[2] / "tests" / "specimens" / "bundles" / "healthy.json.gz"
IN_ORDER = (
    *("Namespace", "Node", "PriorityClass", "ConfigMap", "Secret", "ServiceAccount", "Role", "RoleBinding"),
    *("PersistentVolume", "PersistentVolumeClaim", "NetworkPolicy", "PodDisruptionBudget", "Deployment"),
    *("HorizontalPodAutoscaler", "DaemonSet", "ReplicaSet", "Pod", "Service", "EndpointSlice", "Ingress"),
)
"""Owners before what they own."""
OF_THE_SERVER = ("uid", "resourceVersion", "creationTimestamp", "managedFields", "generation", "selfLink")


def stand_platform(api: ApiClient) -> None:
    """Write every object of the recorded platform, with its status and its owner's new identity."""
    seen = read_specimen(HEALTHY)
    born: dict[str, str] = {}
    for kind in IN_ORDER:
        for recorded in seen.kind(kind):
            _stand_object(api, kind, recorded, born)


def _stand_object(api: ApiClient, kind: str, recorded: Manifest, born: dict[str, str]) -> None:
    known, meta = kind_of(kind), recorded["metadata"]
    place, what = meta.get("namespace", ""), f"stand {kind} {meta['name']}"
    try:
        made = api.json("POST", known.path(place), what, body=_writable(kind, recorded, born))
    except ClusterConflict:  # the API server makes a few by itself
        return
    born[meta.get("uid", "")] = made["metadata"]["uid"]
    if status := recorded.get("status"):
        path = known.path(place, meta["name"], "status")
        api.json("PATCH", path, what, body={"status": status}, content_type="application/merge-patch+json")


def _writable(kind: str, recorded: Manifest, born: dict[str, str]) -> dict[str, Any]:
    """An object as a writer may send it."""
    one: dict[str, Any] = copy.deepcopy({key: value for key, value in recorded.items() if key != "status"})
    one["metadata"] = {key: value for key, value in one["metadata"].items() if key not in OF_THE_SERVER}
    for owner in one["metadata"].get("ownerReferences") or []:
        owner["uid"] = born.get(owner["uid"], owner["uid"])
    if kind == "Secret":  # values were never recorded, only that they were there
        one |= {"stringData": one.pop("data", None) or {}, "type": "Opaque"}
    if kind == "PersistentVolume" and (claim := one["spec"].get("claimRef")):
        claim.pop("uid", None)
        claim.pop("resourceVersion", None)
    return one
