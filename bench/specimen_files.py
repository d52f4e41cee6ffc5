"""Pictures of the practice ground as small files: specimens that are diagnosed again in the unit tests."""

import gzip
import json
from pathlib import Path

from outage.kubernetes.objects import ObjectRef, object_ref
from outage.snapshots.baseline import Baseline, normalised
from outage.snapshots.bundle import from_files, to_files
from outage.snapshots.snapshot import Snapshot
from outage.text.redaction import salted_hash, shareable_snapshot
from outage.value import Manifest

SALT = "practice"
"""Of the pictures: the practice ground's secrets are nobody's, and pictures must be equal from run to run."""
LINES_KEPT = 40
"""Of each container's log."""


def keep_specimen(path: Path, seen: Snapshot, well: Snapshot) -> None:
    """Keep a picture as one small file: no secrets, no long logs, nothing of namespaces that nobody asks about.

    Args:
        path: Of the file; its folder is made.
        seen: The picture.
        well: One of the same ground while it was well. Each ground has passwords of its own: what is as in that
            picture is kept as such, so that pictures of two grounds can be compared.
    """
    called = seen.lists.listed.get("NetworkPolicy", ()) if seen.lists else ()
    homes = (*seen.namespaces, *called, "kube-system", "")
    seen = seen.model_copy(update={"objects": {**seen.objects, "Secret": as_raised(seen, well)}})
    objects = {
        kind: tuple(
            one for one in some if one["metadata"].get("namespace", "") in homes and _telling(kind, one)
        )
        for kind, some in shareable_snapshot(seen, SALT).objects.items()
    }
    logs = tuple(one.model_copy(update={"text": _end(one.text)}) for one in seen.logs)
    evidence = tuple(one.model_copy(update={"came_back": ""}) for one in seen.evidence if one.unseen)
    small = seen.model_copy(update={"objects": objects, "logs": logs, "evidence": evidence})
    files = {name: content.decode() for name, content in to_files(small).items()}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(json.dumps(files).encode(), mtime=0))


def as_raised(seen: Snapshot, well: Snapshot) -> tuple[Manifest, ...]:
    """The Secrets of a picture, with one and the same hash for each value that is as it was when all was well."""
    was = {object_ref(one, "Secret"): one.get("data") or {} for one in well.kind("Secret")}
    return tuple(_as_raised(one, was.get(object_ref(one, "Secret"), {})) for one in seen.kind("Secret"))


def _as_raised(secret: Manifest, was: dict[str, str]) -> Manifest:
    about = object_ref(secret, "Secret")
    data = secret.get("data") or {}
    return {**secret, "data": {key: _same(about, key, value, was.get(key)) for key, value in data.items()}}


def _same(about: ObjectRef, key: str, value: str, was: str | None) -> str:
    return salted_hash(f"{about.namespace}/{about.name}/{key} as raised", SALT) if value == was else value


def _telling(kind: str, one: Manifest) -> bool:
    """Events that only say that all goes its way are left out."""
    return (
        kind != "Event"
        or one.get("type") == "Warning"
        or one.get("reason") in ("ScalingReplicaSet", "Preempted")
    )


def _end(text: str) -> str:
    return "\n".join(text.splitlines()[-LINES_KEPT:])


def read_specimen(path: Path) -> Snapshot:
    """Read such a file back."""
    files: dict[str, str] = json.loads(gzip.decompress(path.read_bytes()))
    return from_files({name: text.encode() for name, text in files.items()})


def baseline_of(seen: Snapshot) -> Baseline:
    """A picture as the known-good one."""
    objects = {kind: tuple(normalised(one) for one in some) for kind, some in seen.objects.items()}
    return Baseline(recorded_at=seen.taken_at, objects=objects)
