"""What of the live platform is not as its manifests say, and what beside it is not of the platform at all.

An object is compared with what the API server makes of its manifest: then defaults, addresses and ports that the
server chose are the same on both sides, and whatever differs was put there, changed or taken away by somebody. No
list of ours says which fields select, which lists are merged by name and which values are defaults.
"""

import copy
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from practice.platform.platform_manifests import Manifest


class ManifestKey(NamedTuple):
    """What an object is known by."""

    kind: str
    namespace: str
    """Empty for the whole cluster's."""
    name: str


UNCOMPARED = ("apiVersion", "kind", "metadata", "status")
"""Of the metadata only the labels are compared: controllers keep notes of their own in the annotations."""
NOTES = "kubectl.kubernetes.io/"
"""Annotations of a pod template that kubectl writes: when it was restarted. Without them the pods would be re-made."""
LAST_APPLIED = f"{NOTES}last-applied-configuration"
"""`apply` writes it anew; kept by a replacement, it would hold what the manifest does not say."""
OTHER_KINDS = (
    *("ResourceQuota", "LimitRange", "CronJob", "Job", "Pod", "StatefulSet", "Role", "PriorityClass"),
    *("ValidatingWebhookConfiguration", "MutatingWebhookConfiguration"),
)
"""Kinds of which the platform has none, and that change how it fares."""
KUBERNETES_OWN = {("ServiceAccount", "default"), ("ConfigMap", "kube-root-ca.crt")}
"""What every namespace has."""


def object_key(item: Manifest) -> ManifestKey:
    """Return what an object is known by."""
    meta = item["metadata"]
    return ManifestKey(item["kind"], meta.get("namespace", ""), meta["name"])


def named_manifest(item: ManifestKey) -> str:
    """Return an object as a person writes it."""
    return f"{item.kind}/{item.name}"


def completed_manifest(document: Manifest, live: Manifest) -> Manifest:
    """Return a manifest with what it leaves to others filled in from the live object.

    A count of replicas that it does not state is an autoscaler's; at none the autoscaler sleeps, and it is not kept.
    """
    whole = copy.deepcopy(document)
    whole["metadata"] = {**noted_fields(live["metadata"]), **whole["metadata"]}
    spec, now = whole.get("spec", {}), live.get("spec", {})
    if "replicas" not in spec and now.get("replicas"):
        spec["replicas"] = now["replicas"]
    if "claimRef" in spec and "claimRef" in now:
        spec["claimRef"] = now["claimRef"]  # by now it says which claim of that name it is
    notes = now.get("template", {}).get("metadata", {}).get("annotations") or {}
    if kept := {name: value for name, value in notes.items() if name.startswith(NOTES)}:
        meta = spec["template"].setdefault("metadata", {})
        meta["annotations"] = {**meta.get("annotations", {}), **kept}
    return whole


def noted_fields(meta: Mapping[str, Any]) -> dict[str, Any]:
    """Return what controllers note on an object and a manifest says nothing of."""
    notes = {name: value for name, value in (meta.get("annotations") or {}).items() if name != LAST_APPLIED}
    kept = {"annotations": notes, "finalizers": meta.get("finalizers")}
    return {name: value for name, value in kept.items() if value}


def repairs_needed(live: Manifest, meant: Manifest) -> dict[str, Any]:
    """Return the merge patch that makes a live object what is meant; empty when it is."""
    return manifest_difference(compared_objects(live), compared_objects(meant))


def compared_objects(item: Manifest) -> dict[str, Any]:
    """Return the parts of an object that its manifest decides, and those alone."""
    parts = {name: value for name, value in item.items() if name not in UNCOMPARED}
    return {**parts, "metadata": {"labels": item["metadata"].get("labels") or {}}}


def manifest_difference(live: Mapping[str, Any], meant: Mapping[str, Any]) -> dict[str, Any]:
    """Return a JSON merge patch: what is not meant becomes null, a list is replaced whole."""
    patch: dict[str, Any] = {name: None for name, value in live.items() if value is not None}
    for name, value in meant.items():
        before = live.get(name)
        patch.pop(name, None)
        if isinstance(value, Mapping) and isinstance(before, Mapping):
            if inside := manifest_difference(before, value):
                patch[name] = inside
        elif value != before:
            patch[name] = value
    return patch


def differing_paths(patch: Mapping[str, Any], above: str = "") -> list[str]:
    """Return where a merge patch changes something, as `spec.selector.track`; never what it writes there."""
    found = []
    for name, value in patch.items():
        path = f"{above}.{name}" if above else name
        found += differing_paths(value, path) if isinstance(value, Mapping) and value else [path]
    return found


def foreign_objects(found: Iterable[Manifest], known: Sequence[Manifest]) -> list[ManifestKey]:
    """Return the objects in the platform's namespaces that are not of the platform, and what bars the whole cluster.

    What another object made goes with it, and a Job or a pod that has ended changes nothing any more.

    Args:
        found: Live objects of any namespace.
        known: Every manifest that is the ground's own.
    """
    ours = {object_key(item) for item in known}
    namespaces = {one.namespace for one in ours} - {"", "kube-system"}
    return sorted(
        object_key(item)
        for item in found
        if (item["metadata"].get("namespace") in namespaces or is_clusters(item))
        and object_key(item) not in ours
        and (item["kind"], item["metadata"]["name"]) not in KUBERNETES_OWN
        and not item["metadata"].get("ownerReferences")
        and not has_ended(item)
    )


def is_clusters(item: Manifest) -> bool:
    """Tell whether an object rules the whole cluster and did not come with it."""
    in_none = "namespace" not in item["metadata"]
    return in_none and item["kind"] in OTHER_KINDS and not item["metadata"]["name"].startswith("system-")


def has_ended(item: Manifest) -> bool:
    """Tell whether a Job or a pod is done."""
    status = item.get("status") or {}
    done = {each["type"] for each in status.get("conditions") or [] if each["status"] == "True"}
    if item["kind"] == "Job":
        return bool(done & {"Complete", "Failed"})
    return item["kind"] == "Pod" and status.get("phase") in ("Succeeded", "Failed")
