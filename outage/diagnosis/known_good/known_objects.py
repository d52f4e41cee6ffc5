"""What an object should look like, by the order of trust: the baseline, then what was last applied.

What was last applied counts only when the object is older than the trouble: a re-created object's may be the fault
itself. For pod templates older revisions count as well; they are in `revisions`.
"""

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from outage.diagnosis.weighing.strength import Trust
from outage.kubernetes.field_differences import FieldDifference, field_differences
from outage.kubernetes.object_times import created_at
from outage.kubernetes.objects import ObjectRef, annotations_of
from outage.snapshots.case_index import CaseIndex
from outage.value import Manifest, Value

LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
NEVER_DEFAULTED = frozenset(
    [
        "nodeSelector",
        "affinity",
        "tolerations",
        "command",
        "args",
        "env",
        "envFrom",
        "livenessProbe",
        "readinessProbe",
        "startupProbe",
        "volumes",
        "volumeMounts",
        "initContainers",
        "imagePullSecrets",
        "hostAliases",
        "dnsConfig",
        "priorityClassName",
        "lifecycle",
        "serviceAccountName",
        "topologySpreadConstraints",
        "runtimeClassName",
        "hostNetwork",
        "limits",
        "requests",
        "data",
        "selector",
    ]
)
"""Fields that the API server never fills in: when an applied manifest lacks them, somebody else set them."""


class KnownObjects(Value):
    """A known good form of an object or template."""

    manifest: Manifest
    source: str
    """In words: `the baseline`, `revision 3`, `the last applied manifest`."""
    trust: Trust
    revision: str | None = None
    """Name of the ReplicaSet or ControllerRevision it comes from."""
    number: str | None = None
    """Of that revision, as `kubectl rollout undo --to-revision` counts."""
    serves: bool = False
    """Whether it is a revision that has ready pods now."""


def known_objects(index: CaseIndex, about: ObjectRef, onset: datetime | None) -> Iterator[KnownObjects]:
    """Known good forms of an object, most trusted first."""
    if index.baseline is not None and (was := index.baseline.get(about)) is not None:
        yield KnownObjects(manifest=was, source="the baseline", trust=Trust.BASELINE)
    live = index.get(about)
    if live is not None and (applied := last_applied(live, onset)) is not None:
        yield KnownObjects(manifest=applied, source="the last applied manifest", trust=Trust.HISTORY)


class KnownDifference(Value):
    """What a known good form has otherwise than the live object."""

    known: KnownObjects
    fields: tuple[FieldDifference, ...]
    """At least one."""


def known_difference(
    index: CaseIndex,
    about: ObjectRef,
    onset: datetime | None,
    sections: Sequence[str] = ("spec",),
    prefix: str = "/",
) -> KnownDifference | None:
    """What the most trusted known good form that differs has otherwise.

    Args:
        index: The picture and the baseline.
        about: The live object.
        onset: When the trouble began, None when nobody tells.
        sections: The first keys of the manifest that are compared.
        prefix: JSON pointer that the fields of interest begin with.

    Returns:
        None when no known good form differs there, or the object is not there.
    """
    live = index.get(about)
    for known in known_objects(index, about, onset) if live is not None else ():
        differing = (
            one
            for section in sections
            for one in field_differences(
                (live or {}).get(section), known.manifest.get(section), f"/{section}"
            )
        )
        if fields := tuple(one for one in differing if one.pointer.startswith(prefix)):
            return KnownDifference(known=known, fields=fields)
    return None


def last_applied(live: Manifest, onset: datetime | None) -> Manifest | None:
    """What was last applied, laid over the live object; None when it may be the fault itself."""
    text, born = annotations_of(live).get(LAST_APPLIED), created_at(live)
    if not text or (onset and born and born >= onset):
        return None
    try:
        applied = json.loads(text)
    except ValueError:
        return None
    return overlay_manifest(live, applied) if isinstance(applied, dict) else None


def overlay_manifest(live: Any, applied: Any) -> Any:
    """What live would be as applied: fields that were never applied keep the server's defaults."""
    if isinstance(live, dict) and isinstance(applied, dict):
        kept = {key: value for key, value in live.items() if key in applied or key not in NEVER_DEFAULTED}
        return {**kept, **{key: overlay_manifest(live.get(key), value) for key, value in applied.items()}}
    if isinstance(live, list) and isinstance(applied, list):
        return [overlay_manifest(_same_entry(live, one), one) for one in applied]
    return applied


def _same_entry(live: list[Any], one: Any) -> Any:
    for key in ("name", "mountPath", "containerPort", "port", "key"):
        if isinstance(one, dict) and key in one:
            matches = (other for other in live if isinstance(other, dict) and other.get(key) == one[key])
            return next(matches, None)
    return None
