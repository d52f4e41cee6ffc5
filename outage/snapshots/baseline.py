"""The known-good picture of the platform's objects, recorded while it was verified healthy."""

import copy
from datetime import datetime

from outage.kubernetes.field_differences import FieldDifference, field_differences, shown_value
from outage.kubernetes.objects import ObjectRef, object_ref
from outage.snapshots.snapshot import Lists, Snapshot
from outage.text.redaction import hidden_text, hide_in_manifest
from outage.value import Manifest, Value


class Baseline(Value):
    """Normalised manifests (no status, no managedFields, no versions; Secret values as salted hashes)."""

    recorded_at: datetime
    objects: dict[str, tuple[Manifest, ...]]
    """By kind, like `Snapshot.objects`. A kind that could not be listed is absent."""
    lists: Lists | None = None
    """Which lists it was made of; None in old ones."""
    log_templates: dict[str, tuple[str, ...]] | None = None
    """What each workload complained of in its logs while all was well, as `template_kinds` gives it.

    Without secrets; a workload whose logs nobody read is absent. None in old ones: then no complaint is called new.
    """

    def get(self, ref: ObjectRef) -> Manifest | None:
        """The object as it was, or None when it was not there."""
        for one in self.objects.get(ref.kind, ()):
            meta = one["metadata"]
            if meta["name"] == ref.name and meta.get("namespace", "") == ref.namespace:
                return one
        return None

    def saw(self, kind: str, namespace: str | None = None, name: str | None = None) -> bool:
        """Whether it would hold such an object, had there been one; like `Snapshot.saw`."""
        if self.lists is not None:
            return kind in self.objects and self.lists.have(kind, namespace, name)
        return kind in self.objects and (not namespace or namespace in self.namespaces)

    @property
    def namespaces(self) -> frozenset[str]:
        """Where any object of it lives: there a kind without objects was looked for too."""
        return frozenset(_place(one)[0] for some in self.objects.values() for one in some)


def log_templates_in_words(baseline: Baseline) -> str:
    """How much it knows of the logs."""
    known = baseline.log_templates
    if known is None:
        return "nothing about logs: it was recorded before they were kept"
    count = sum(len(some) for some in known.values())
    kinds = f"{count} kind{'' if count == 1 else 's'} of error lines"
    return f"{kinds} in the logs of {len(known)} workload{'' if len(known) == 1 else 's'}"


SERVER_WRITES = frozenset(
    {"managedFields", "resourceVersion", "uid", "generation", "creationTimestamp", "selfLink"}
)
"""Metadata that the API server writes: it says when and who, not what."""
WOKEN = "outage.dev/asked-again"
"""Our own note on a workload whose controller was woken after its pods had been refused."""
NOISE = frozenset(
    {
        WOKEN,
        "kubectl.kubernetes.io/last-applied-configuration",
        "kubectl.kubernetes.io/restartedAt",
        "deployment.kubernetes.io/revision",
        "control-plane.alpha.kubernetes.io/leader",
        "endpoints.kubernetes.io/last-change-trigger-time",
    }
)
"""Annotations that change while nothing is changed."""


class Drift(Value):
    """One object that is not as it was when all was well."""

    about: ObjectRef
    missing: bool = False
    """It was there and is gone."""
    new: bool = False
    """It was not there."""
    fields: tuple[FieldDifference, ...] = ()
    """What differs, when it is there and was there; what is secret is hidden on both sides."""

    @property
    def says(self) -> str:
        """The drift as one sentence."""
        if self.missing:
            return f"{self.about} is gone"
        if self.new:
            return f"{self.about} is new"
        words = [
            f"{one.field} is {shown_value(one.live)}, was {shown_value(one.wanted)}"
            for one in self.fields[:4]
        ]
        return f"{self.about}: " + "; ".join(words)


def normalised(objects: Manifest) -> Manifest:
    """An object without status and without what the server or a restart writes into it."""
    plain = {key: value for key, value in copy.deepcopy(objects).items() if key != "status"}
    _plain_metadata(plain.get("metadata"))
    template = (plain.get("spec") or {}).get("template") if isinstance(plain.get("spec"), dict) else None
    if isinstance(template, dict):
        _plain_metadata(template.get("metadata"))
    return plain


def _plain_metadata(meta: Manifest | None) -> None:
    if not meta:
        return
    for key in SERVER_WRITES & set(meta):
        del meta[key]
    notes = {key: value for key, value in (meta.get("annotations") or {}).items() if key not in NOISE}
    meta.pop("annotations", None)
    if notes:
        meta["annotations"] = notes


PASSING = frozenset(
    {"Pod", "ReplicaSet", "Event", "EndpointSlice", "Endpoints", "ControllerRevision", "Lease", "Job"}
)
"""Kinds whose objects come and go by themselves; their drift says nothing."""


def drift_from_baseline(baseline: Baseline, snapshot: Snapshot) -> tuple[Drift, ...]:
    """Every object that is gone, new or different; what one of the two could not see is left out."""
    found: list[Drift] = []
    for kind in sorted(set(baseline.objects) & set(snapshot.objects) - PASSING):
        was = {_place(one): one for one in baseline.objects[kind]}
        live = {_place(one): one for one in snapshot.objects[kind]}
        gone = sorted(place for place in set(was) - set(live) if snapshot.saw(kind, *place))
        found += [Drift(about=object_ref(was[place], kind), missing=True) for place in gone]
        new = sorted(place for place in set(live) - set(was) if baseline.saw(kind, *place))
        found += [Drift(about=object_ref(live[place], kind), new=True) for place in new]
        found += _changed(kind, was, live)
    return tuple(found)


def _changed(
    kind: str, was: dict[tuple[str, str], Manifest], live: dict[tuple[str, str], Manifest]
) -> list[Drift]:
    places = sorted(set(was) & set(live))
    told = [(object_ref(live[one], kind), hidden_differences(kind, live[one], was[one])) for one in places]
    return [Drift(about=about, fields=fields) for about, fields in told if fields]


def hidden_differences(kind: str, live: Manifest, was: Manifest) -> tuple[FieldDifference, ...]:
    """What differs between an object and an earlier form of it, without what controllers own; secrets hidden.

    Args:
        kind: Of both: what machinery writes by itself differs by kind.
        live: What stands there now.
        was: The earlier form; what the server writes into it may be missing.
    """
    if not _fields(kind, live, was):
        return ()
    told = _fields(kind, hide_in_manifest(live, ""), hide_in_manifest(was, ""))
    return tuple(_without_hash(one) for one in told)


def _without_hash(one: FieldDifference) -> FieldDifference:
    """A difference without the hashes that stood for secrets: a short password can be found from its hash."""
    return FieldDifference(pointer=one.pointer, live=hidden_text(one.live), wanted=hidden_text(one.wanted))


def _fields(kind: str, live: Manifest, was: Manifest) -> tuple[FieldDifference, ...]:
    """What differs between an object and its known-good form, without what controllers own."""
    found = field_differences(normalised(live), normalised(was))
    owned = OWNED_BY_CONTROLLERS.get(kind, ())
    return tuple(one for one in found if not one.field.startswith(("kind", "apiVersion", *owned)))


OWNED_BY_CONTROLLERS = {
    "Node": ("spec.podCIDR", "metadata.annotations", "metadata.ownerReferences", "spec.providerID"),
    "PersistentVolumeClaim": ("metadata.annotations", "metadata.finalizers"),
    "PersistentVolume": ("metadata.annotations", "metadata.finalizers"),
    "ServiceAccount": ("secrets",),
    "HorizontalPodAutoscaler": ("metadata.annotations",),
    "Namespace": ("metadata.annotations",),
}
"""Fields that machinery writes by itself, by kind."""


def _place(manifest: Manifest) -> tuple[str, str]:
    meta = manifest["metadata"]
    return meta.get("namespace", "") or "", meta["name"]
