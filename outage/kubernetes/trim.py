"""Objects without what nobody reads, so that 5,000 pods fit in little memory."""

import json
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from outage.kubernetes.certificate_facts import with_certificates, with_odd_ends
from outage.kubernetes.object_times import MACHINERY
from outage.kubernetes.readiness import is_ready
from outage.text.redaction import hide_secret
from outage.value import Manifest

CROWD = 300
"""Pods of one namespace up to which every pod is kept whole."""


def trim_object(manifest: Manifest, salt: str) -> Manifest:
    """An object with managedFields reduced to who, when and a few fields, and a Secret's values hashed."""
    meta = manifest.get("metadata") or {}
    fields = meta.pop("managedFields", None)
    meta.pop("selfLink", None)
    if fields:
        meta["managedFields"] = [_who_and_when(entry) for entry in fields]
    if manifest.get("kind") != "Secret":
        return manifest
    return hide_secret(with_odd_ends(with_certificates(manifest)), salt)


FIELDS_OWNED = 6
"""Fields of one writer that are kept: who owns more applied the whole object, which tells nothing of a change."""


def _who_and_when(entry: Manifest) -> Manifest:
    kept: Manifest = {
        key: entry[key] for key in ("manager", "operation", "time", "subresource") if key in entry
    }
    by_hand = entry.get("manager") not in MACHINERY and entry.get("subresource") != "status"
    if by_hand and entry.get("operation") == "Update":
        owned = list(islice(_owned_paths(entry.get("fieldsV1") or {}, ""), FIELDS_OWNED + 1))
        if 0 < len(owned) <= FIELDS_OWNED:
            kept["fields"] = owned
    return kept


def _owned_paths(owned: Manifest, path: str) -> Iterator[str]:
    """The leaves of a tree of owned fields, as dotted paths with the names of list entries: `containers[web].image`."""
    for key, inner in owned.items():
        kind, _, name = key.partition(":")
        if kind not in ("f", "k"):
            continue
        here = f"{path}[{_entry_name(name)}]" if kind == "k" else f"{path}.{name}" if path else name
        if any(one[:2] in ("f:", "k:") for one in inner):
            yield from _owned_paths(inner, here)
        else:
            yield here


def _entry_name(keys: str) -> str:
    """What names an entry of a list, of the JSON that its owner is written with."""
    try:
        return ",".join(str(value) for value in json.loads(keys).values())
    except (ValueError, AttributeError):
        return keys


def is_healthy_pod(pod: Manifest) -> bool:
    """Whether a pod is of no interest by itself: running and ready, or completed, and not restarted."""
    status = pod.get("status") or {}
    if pod["metadata"].get("deletionTimestamp"):
        return False
    if status.get("phase") == "Succeeded":
        return True
    restarts = sum(one.get("restartCount", 0) for one in status.get("containerStatuses") or [])
    return status.get("phase") == "Running" and is_ready(pod) and restarts == 0


def outline_object(pod: Manifest) -> Manifest:
    """A healthy pod of a crowd: who it is, where it runs, what selects it; a tenth of the whole."""
    meta, spec, status = pod["metadata"], pod.get("spec") or {}, pod.get("status") or {}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": _some(
            meta,
            "name",
            "namespace",
            "uid",
            "labels",
            "ownerReferences",
            "creationTimestamp",
            "resourceVersion",
        ),
        "spec": {
            **_some(spec, "nodeName", "nodeSelector", "serviceAccountName"),
            "containers": [
                _some(one, "name", "image", "ports", "resources") for one in spec.get("containers", [])
            ],
        },
        "status": {
            **_some(status, "phase", "podIP", "startTime"),
            "conditions": [
                _some(one, "type", "status", "lastTransitionTime") for one in status.get("conditions") or []
            ],
        },
    }


def _some(source: Manifest, *keys: str) -> dict[str, Any]:
    return {key: source[key] for key in keys if key in source}


EVENT_KEYS = (
    "type",
    "reason",
    "message",
    "count",
    "firstTimestamp",
    "lastTimestamp",
    "eventTime",
    "series",
    "source",
    "reportingComponent",
)


def slim_event(event: Manifest) -> Manifest:
    """An event as far as anybody reads it."""
    involved = event.get("involvedObject") or {}
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": _some(event["metadata"], "name", "namespace", "uid", "creationTimestamp"),
        "involvedObject": _some(involved, "kind", "name", "namespace", "uid", "fieldPath", "apiVersion"),
        **{key: event[key] for key in EVENT_KEYS if event.get(key) is not None},
    }


def last_seen(event: Manifest) -> str:
    """When an event was last seen, in the API's own format, which sorts."""
    series = event.get("series") or {}
    stamps = (series.get("lastObservedTime"), event.get("lastTimestamp"), event.get("eventTime"))
    return next((str(one) for one in stamps if one), str(event["metadata"].get("creationTimestamp") or ""))


def first_seen(event: Manifest) -> str:
    """When an event was first seen."""
    stamps = (event.get("firstTimestamp"), event.get("eventTime"))
    return next((str(one) for one in stamps if one), str(event["metadata"].get("creationTimestamp") or ""))


def merged_events(events: Iterable[Manifest], keep: int = 1_000) -> list[Manifest]:
    """The same sentence about the same object once, with its counts added; Warning first, newest first."""
    merged: dict[tuple[str, ...], Manifest] = {}
    for event in events:
        involved = event["involvedObject"]
        key = (
            involved.get("kind", ""),
            involved.get("namespace", ""),
            involved.get("name", ""),
            event.get("reason", ""),
            event.get("message", ""),
        )
        merged[key] = _together(merged[key], event) if key in merged else event
    newest = sorted(merged.values(), key=last_seen, reverse=True)
    return sorted(newest, key=lambda event: event.get("type") != "Warning")[:keep]


def _together(one: Manifest, other: Manifest) -> Manifest:
    late = max(one, other, key=last_seen)
    count = int(one.get("count") or 1) + int(other.get("count") or 1)
    return {**late, "count": count, "firstTimestamp": min(first_seen(one), first_seen(other))}
