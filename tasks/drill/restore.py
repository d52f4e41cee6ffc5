"""Put back what a drill touched, from pictures taken before, and look whether everything is as it was.

Promise: no picture holds the values of a Secret. They are kept as hashes, which tell whether a Secret is as it was;
putting it back is for the fault's own mends.
"""

from collections.abc import Mapping
from typing import Any

from blocks.installation.secret_salt import installation_salt
from blocks.kubernetes import Cluster
from blocks.kubernetes.drill_writer import DrillWriter
from blocks.retry import wait_until
from outage.errors import ClusterConflict, ClusterMissing, ClusterRejected
from outage.incidents.fault import Fault
from outage.kubernetes.objects import ObjectRef, dig, noticed_generation
from outage.plans.preconditions import edited_fields, precondition_anew
from outage.text.redaction import hide_secret
from outage.value import Manifest
from tasks.drill.injection import inject_step
from tasks.drill.marked_ground import MarkedGround

TRIES = 5
NO_PICTURE = ("sql", "stop-part", "start-part")
"""Blows at what the API does not know: what the database holds, processes of the control plane."""

READ_AT_THE_START = ("ConfigMap", "Secret")
"""What containers read when they start: pods that started on a wrong value keep it."""

REFUSES_PODS = ("ResourceQuota", "LimitRange")
"""What keeps pods from being made: a controller that was refused tries again only after minutes."""
READY_WITHIN_SECONDS = 60.0
READY_EVERY_SECONDS = 1.0
"""Pods that come back later are told of as an outage, which they are by then."""

Pictures = Mapping[ObjectRef, Manifest | None]


def take_before_images(ground: MarkedGround, fault: Fault) -> dict[ObjectRef, Manifest | None]:
    """Every object that the fault's blows and mends touch, as it is now; None for what does not exist."""
    touched = [blow.target for blow in (*fault.blows, *fault.mends) if blow.do not in NO_PICTURE]
    return {target: _seen(ground.cluster, target) for target in dict.fromkeys(touched)}


def restore(ground: MarkedGround, fault: Fault, pictures: Pictures) -> tuple[ObjectRef, ...]:
    """Run the fault's own mends, then put back every object that is not as in its picture.

    Source: the fault's own entry in the catalogue.
    Changes: the touched objects, back to their pictures.
    Take back: nothing to take back.

    Returns:
        Objects that still differ from their pictures; empty when everything is as it was.
    """
    for blow in fault.mends:
        try:
            inject_step(ground, blow)
        except (ClusterConflict, ClusterMissing):
            continue  # the response healed it already; the pictures decide below
        except ClusterRejected:
            if blow.do != "patch":
                raise  # a hand that failed; a patch that does not fit any more was given already
    changed = [target for target, before in pictures.items() if put_back(ground, target, before)]
    if any(target.kind in (*READ_AT_THE_START, *REFUSES_PODS) for target in changed):
        _start_anew(ground, fault)
    await_pods_again(ground.cluster, fault)
    return differing_objects(ground.cluster, pictures)


def await_pods_again(cluster: Cluster, fault: Fault) -> bool:
    """Give the workloads that a fault struck a minute to have their pods again; whether they have."""
    struck = {blow.target for blow in fault.blows if blow.target.kind in ("Deployment", "StatefulSet")}
    again = wait_until(
        lambda: all(_is_whole(cluster.find(one)) for one in struck), READY_WITHIN_SECONDS, READY_EVERY_SECONDS
    )
    return bool(again)


def _is_whole(workload: Manifest | None) -> bool:
    """Whether a workload has all its pods; one that is not there misses none."""
    if workload is None:
        return True
    wanted, ready = dig(workload, "spec.replicas", 1), dig(workload, "status.readyReplicas", 0)
    return bool(noticed_generation(workload) and ready >= wanted)


def _start_anew(ground: MarkedGround, fault: Fault) -> None:
    """Restart what the fault restarted: its pods started on the wrong value, and nobody healed them."""
    for blow in fault.blows:
        if blow.do == "restart":
            inject_step(ground, blow)


def differing_objects(cluster: Cluster, pictures: Pictures) -> tuple[ObjectRef, ...]:
    """Which objects are not as in their pictures."""
    return tuple(target for target, before in pictures.items() if not _same(before, _seen(cluster, target)))


def _seen(cluster: Cluster, target: ObjectRef) -> Manifest | None:
    """The object as a picture may hold it."""
    live = cluster.find(target)
    return hide_secret(live, installation_salt()) if live is not None and target.kind == "Secret" else live


def put_back(ground: MarkedGround, target: ObjectRef, before: Manifest | None) -> bool:
    """Make one object as it was, whoever changed it since; tells whether that took a write."""
    if before is not None and target.kind == "Secret":
        return False  # its picture holds hashes
    for tried in range(TRIES):
        live = ground.cluster.find(target)
        if _same(before, live):
            return tried > 0
        try:
            _restore(ground.writer, target, before, live)
        except (ClusterConflict, ClusterMissing):
            continue  # a controller moved it: look again
    return True


def _restore(writer: DrillWriter, target: ObjectRef, before: Manifest | None, live: Manifest | None) -> None:
    if before is None:
        writer.delete(target)
    elif live is None:
        writer.create(target, before)
    else:
        whole = precondition_anew(before, target)
        kept = {key: live["metadata"].get(key) for key in ("uid", "resourceVersion")}
        body = {**whole, "metadata": {**whole["metadata"], **kept}}
        try:
            writer.replace(target, body, f"put back {target}")
        except ClusterRejected:  # an immutable field: the object is made anew
            writer.delete(target)
            writer.create(target, before)


def _same(before: Manifest | None, live: Manifest | None) -> bool:
    if before is None or live is None:
        return before is None and live is None
    if before.get("kind") in ("Deployment", "StatefulSet"):
        before, live = _without_restart(before), _without_restart(live)
    alike = _replicas(before) == _replicas(live) and _taints(before) == _taints(live)
    return alike and edited_fields(before) == edited_fields(live)


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
