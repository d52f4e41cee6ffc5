"""What of an object an approval is bound to: all that a person edits, nothing that controllers keep writing.

A failing object gets a new resourceVersion every few seconds, because its status changes. An approval bound to that
would be void before anybody read it. So it is bound to the uid and to a hash of the object without status,
bookkeeping and, unless the change itself writes them, without the fields that controllers move (replicas, taints).
"""

import copy
import hashlib
import json
from typing import Any

from outage.diagnosis.hypothesis import Change
from outage.kubernetes.field_managers import WRITER
from outage.kubernetes.objects import ObjectRef
from outage.plans.plan import Precondition
from outage.value import Manifest

NOT_EDITED = ("apiVersion", "kind", "status", "metadata")
"""Lists leave out the first two; nobody edits the third; of the fourth only labels and annotations count."""

BOOKKEEPING = (
    "deployment.kubernetes.io/",
    "kubectl.kubernetes.io/last-applied-configuration",
    "control-plane.alpha.kubernetes.io/",
    "endpoints.kubernetes.io/",
    "pv.kubernetes.io/",
    "volume.kubernetes.io/",
    "volume.beta.kubernetes.io/",
    "autoscaling.alpha.kubernetes.io/",
    "batch.kubernetes.io/",
)
"""Annotations that controllers (or kubectl beside its real change) write."""

SCALED = ("Deployment", "StatefulSet", "ReplicaSet")
"""Kinds whose replica count may belong to an autoscaler."""


def edited_fields(manifest: Manifest, change: Change | None = None) -> Manifest:
    """The part of an object that a person edits.

    Args:
        manifest: The object as the API gives it.
        change: The step it is asked for. Unless that writes the replica count, the count is left out.
    """
    kept: Manifest = {key: value for key, value in manifest.items() if key not in NOT_EDITED}
    meta = manifest.get("metadata") or {}
    for field in ("labels", "annotations"):
        if words := _edited_words(meta.get(field) or {}, field, manifest.get("kind", "")):
            kept[field] = words
    if manifest.get("kind") in SCALED and not _writes(change, "/spec/replicas"):
        kept["spec"] = _without(kept.get("spec"), "replicas")
    if manifest.get("kind") == "Node" and not _writes(change, "/spec/taints"):
        kept["spec"] = _without(
            kept.get("spec"), "taints"
        )  # the node's controller keeps them in step with its state
    return kept


def _without(spec: Any, field: str) -> dict[str, Any]:
    return {key: value for key, value in (spec or {}).items() if key != field}


def _edited_words(words: dict[str, str], field: str, kind: str) -> dict[str, str]:
    if field == "annotations" and kind == "Node":
        return {}  # the kubelet and the volume controllers write them all the time
    return {key: value for key, value in words.items() if not key.startswith(BOOKKEEPING)}


def _writes(change: Change | None, pointer: str) -> bool:
    """Whether a change writes this field, something inside it or something around it."""
    paths = [str(op.get("path", "")) for op in change.patch] if change else []
    return any(path.startswith(pointer) or pointer.startswith(f"{path}/") for path in paths)


def spec_hash(manifest: Manifest, change: Change | None = None) -> str:
    """A short hash of the edited part; equal hashes mean that nobody changed it."""
    body = json.dumps(edited_fields(manifest, change), sort_keys=True, default=str)
    return hashlib.sha256(body.encode()).hexdigest()[:16]


def precondition(live: Manifest | None, change: Change, follows: str | None = None) -> Precondition:
    """What must still hold when the change is written, taken from the object as it is now.

    Args:
        live: The object now; None when it is not there.
        change: What will be written.
        follows: Key of the earlier step of the plan that writes the same object, or None.
    """
    if live is None:
        return Precondition(follows=follows)
    meta = live.get("metadata") or {}
    return Precondition(
        uid=meta.get("uid"),
        resource_version=meta.get("resourceVersion"),
        generation=meta.get("generation"),
        spec_hash=spec_hash(live, change),
        follows=follows,
    )


def broken_precondition(expected: Precondition, live: Manifest | None, change: Change) -> str | None:
    """Why the precondition no longer holds, as half a sentence, or None when it does.

    Args:
        expected: What held when the plan was made.
        live: The object now; None when it is not there.
        change: What will be written.
    """
    if live is None:
        return None if expected.uid is None else "it is gone"
    if expected.uid is None:
        return "it exists by now"
    meta = live.get("metadata") or {}
    if meta.get("uid") != expected.uid:
        return "it was deleted and made anew"
    if meta.get("deletionTimestamp"):
        return "it is being deleted"
    if spec_hash(live, change) != expected.spec_hash:
        return f"somebody edited it{_by_whom(live)}"
    return None


def _by_whom(live: Manifest) -> str:
    """The newest writer that is not writing status, for the sentence."""
    fields = [
        one
        for one in (live.get("metadata") or {}).get("managedFields") or []
        if not one.get("subresource") and one.get("time")
    ]
    if not fields:
        return ""
    # Times are whole seconds: what we wrote ourselves in the same one is known, and edits nothing behind our back.
    newest = max(fields, key=lambda one: (str(one["time"]), one.get("manager") != WRITER))
    return f" ({newest.get('manager', 'unknown')} at {newest['time']})"


def is_restored(live: Manifest, before: Manifest, change: Change) -> Manifest:
    """The live object with everything that a person edits as it was before, and what controllers write as it is.

    Args:
        live: The object now.
        before: The object before the change.
        change: What was written.
    """
    wanted: Manifest = {key: value for key, value in live.items() if key in NOT_EDITED}
    was, now = edited_fields(before, change), edited_fields(live, change)
    meta = dict(live.get("metadata") or {})
    for field in ("labels", "annotations"):
        kept = {
            key: value
            for key, value in (meta.pop(field, None) or {}).items()
            if key not in now.get(field, {})
        }
        if words := kept | was.get(field, {}):
            meta[field] = words
    for field in (key for key in was if key not in ("labels", "annotations")):
        moved = live.get(field) or {}
        controlled = (
            {key: moved[key] for key in moved if key not in now[field]}
            if field == "spec" and field in now
            else {}
        )
        wanted[field] = {**was[field], **controlled} if controlled else was[field]
    wanted["metadata"] = meta
    return copy.deepcopy(wanted)


SERVER_FIELDS = ("resourceVersion", "uid", "creationTimestamp", "managedFields", "generation", "selfLink")
"""What the API server fills in itself and refuses or ignores in a new object."""


def precondition_anew(manifest: Manifest, target: ObjectRef) -> Manifest:
    """The object as it can be created again: named as the target, without what the server fills in."""
    fresh: dict[str, Any] = copy.deepcopy({key: value for key, value in manifest.items() if key != "status"})
    meta = {
        key: value
        for key, value in (fresh.get("metadata") or {}).items()
        if key not in (*SERVER_FIELDS, "deletionTimestamp", "deletionGracePeriodSeconds")
    }
    meta["name"] = target.name
    if target.namespace:
        meta["namespace"] = target.namespace
    fresh["metadata"] = meta
    fresh.setdefault("kind", target.kind)
    return fresh
