"""Put back what a drill touched, from pictures taken before, and look whether everything is as it was."""

from collections.abc import Mapping
from typing import Any

from blocks.cluster import Cluster
from blocks.cluster.kinds import path_of
from outage.errors import ClusterConflict, ClusterMissing, ClusterRejected
from outage.fault import Fault
from outage.fence import anew, edited
from outage.objects import ObjectRef
from outage.value import Manifest
from tasks.inject.blows import give
from tasks.inject.ground import Ground, ask, create, delete

TRIES = 5

Pictures = Mapping[ObjectRef, Manifest | None]


def take_pictures(ground: Ground, fault: Fault) -> dict[ObjectRef, Manifest | None]:
    """Every object that the fault's blows and mends touch, as it is now; None for what does not exist."""
    touched = [blow.target for blow in (*fault.blows, *fault.mends) if blow.do != "sql"]
    return {target: ground.cluster.find(target) for target in dict.fromkeys(touched)}


def mend(ground: Ground, fault: Fault, pictures: Pictures) -> tuple[ObjectRef, ...]:
    """Run the fault's own mends, then put back every object that is not as in its picture.

    Source: the fault's own entry in the catalogue.
    Changes: the touched objects, back to their pictures.
    Take back: nothing to take back.

    Returns:
        Objects that still differ from their pictures; empty when everything is as it was.
    """
    for blow in fault.mends:
        try:
            give(ground, blow)
        except (ClusterConflict, ClusterMissing):
            continue  # the response healed it already; the pictures decide below
    for target, before in pictures.items():
        put_back(ground.cluster, target, before)
    return differing(ground.cluster, pictures)


def differing(cluster: Cluster, pictures: Pictures) -> tuple[ObjectRef, ...]:
    """Which objects are not as in their pictures."""
    return tuple(target for target, before in pictures.items() if not _same(before, cluster.find(target)))


def put_back(cluster: Cluster, target: ObjectRef, before: Manifest | None) -> None:
    """Make one object as it was, whoever changed it since."""
    for _ in range(TRIES):
        live = cluster.find(target)
        if _same(before, live):
            return
        try:
            _restore(cluster, target, before, live)
        except (ClusterConflict, ClusterMissing):
            continue  # a controller moved it: look again


def _restore(cluster: Cluster, target: ObjectRef, before: Manifest | None, live: Manifest | None) -> None:
    if before is None:
        delete(cluster, target)
    elif live is None:
        create(cluster, target, before)
    else:
        whole = anew(before, target)
        kept = {key: live["metadata"].get(key) for key in ("uid", "resourceVersion")}
        body = {**whole, "metadata": {**whole["metadata"], **kept}}
        try:
            ask(cluster, "PUT", path_of(target), f"put back {target}", body)
        except ClusterRejected:  # an immutable field: the object is made anew
            delete(cluster, target)
            create(cluster, target, before)


def _same(before: Manifest | None, live: Manifest | None) -> bool:
    if before is None or live is None:
        return before is None and live is None
    if before.get("kind") in ("Deployment", "StatefulSet"):
        before, live = _without_restart(before), _without_restart(live)
    alike = _replicas(before) == _replicas(live) and _taints(before) == _taints(live)
    return alike and edited(before) == edited(live)


def _without_restart(manifest: Manifest) -> Manifest:
    """A restart is no difference: the pods are those of the same template."""
    template = (manifest.get("spec") or {}).get("template") or {}
    meta = dict(template.get("metadata") or {})
    notes = {key: value for key, value in (meta.get("annotations") or {}).items() if "restartedAt" not in key}
    meta.pop("annotations", None)
    whole = {**template, "metadata": {**meta, **({"annotations": notes} if notes else {})}}
    return {**manifest, "spec": {**manifest["spec"], "template": whole}}


def _replicas(manifest: Manifest) -> bool:
    """Whether it is scaled to nothing: an autoscaler may move the count, but never from or to none."""
    return bool((manifest.get("spec") or {}).get("replicas", 1))


def _taints(manifest: Manifest) -> list[dict[str, Any]]:
    """A node's taints, but those that its controller keeps in step with its state."""
    found = (manifest.get("spec") or {}).get("taints") or []
    return [one for one in found if not str(one.get("key", "")).startswith("node.kubernetes.io/")]
