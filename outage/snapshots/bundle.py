"""A case as files, and back: for bug reports, tests and post-mortems.

Promise: what is read back is equal to what was written, in the same order, so it is diagnosed the same; ages and
"recent" are measured against the bundle's own `taken_at`. Whoever saves one hides the secrets first.
"""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from outage.errors import FileError, cut
from outage.incidents.severity import Severity
from outage.platforms.platform import Platform
from outage.platforms.platform_file import dump_platform, read_platform
from outage.snapshots.baseline import Baseline
from outage.snapshots.case import Case
from outage.snapshots.snapshot import LogTail, Snapshot
from outage.text.redaction import hide_in_manifest
from outage.value import Manifest, Value

HEAD = "snapshot.json"
PLATFORM = "platform.yaml"
BASELINE = "baseline.json"
FLOOR = "floor.json"
VERSION = 1
Read = TypeVar("Read", bound=Value)


Discover = Callable[[Snapshot, str], Platform]
"""Describes the platform that lives in a namespace: for old bundles, beside which nobody kept it."""


def without_secrets(case: Case, salt: str) -> Case:
    """The case as it may leave this machine: secrets are hashed alike in the snapshot and in the baseline."""
    baseline = case.baseline
    if baseline is not None:
        hidden = {
            kind: tuple(hide_in_manifest(one, salt) for one in some)
            for kind, some in baseline.objects.items()
        }
        baseline = baseline.model_copy(update={"objects": hidden})
    return case.model_copy(update={"snapshot": shareable_snapshot(case.snapshot, salt), "baseline": baseline})


def shareable_snapshot(snapshot: Snapshot, salt: str) -> Snapshot:
    """The snapshot as it may leave this machine: secrets that people wrote into plain fields are hashed too."""
    objects = {
        kind: tuple(hide_in_manifest(one, salt) for one in manifests)
        for kind, manifests in snapshot.objects.items()
    }
    return snapshot.model_copy(update={"objects": objects})


def all_files(case: Case) -> dict[str, bytes]:
    """The files of a bundle by relative path, with everything beside the snapshot."""
    files = to_files(case.snapshot)
    files[PLATFORM] = dump_platform(case.platform).encode()
    if case.baseline is not None:
        files[BASELINE] = _json(case.baseline.model_dump(mode="json"))
    if case.floor is not Severity.NONE:
        files[FLOOR] = _json({"floor": case.floor})
    return files


def to_files(snapshot: Snapshot) -> dict[str, bytes]:
    """The files of a snapshot by relative path: a head, the objects by kind, the logs as they read."""
    head = snapshot.model_dump(mode="json", exclude={"objects", "logs"})
    logs = [log.model_dump(exclude={"text"}) for log in snapshot.logs]
    files = {HEAD: _json({"version": VERSION, **head, "kinds": list(snapshot.objects), "logs": logs})}
    for kind, objects in snapshot.objects.items():
        files[f"objects/{kind}.json"] = _json(list(objects))
    for number, log in enumerate(snapshot.logs):
        files[_log_name(number, log)] = log.text.encode()
    return files


def from_all_files(files: Mapping[str, bytes], folder: Path, discover: Discover) -> Case:
    """Read a case back: the snapshot with everything that lies beside it.

    Args:
        files: By relative path.
        folder: Where they come from, for messages.
        discover: Asked only when no platform lies there.

    Raises:
        FileError: A file is missing or is not what it should be; which one. Permanent.
    """
    snapshot = from_files(files)
    if not snapshot.namespaces:
        raise FileError(f"read the bundle: {HEAD} names no namespace")
    baseline = None
    if PLATFORM in files:
        platform = read_platform(_text(files, PLATFORM), str(folder / PLATFORM))
    else:
        platform = discover(snapshot, snapshot.namespaces[0])
    if BASELINE in files:
        baseline = _model(Baseline, _read(files, BASELINE), BASELINE)
        for kind, objects in baseline.objects.items():
            _objects(list(objects), f"{BASELINE}: {kind}")
    beside = {"floor": Severity.NONE} if FLOOR not in files else _mapping(_read(files, FLOOR), FLOOR)
    parts = {"snapshot": snapshot, "platform": platform, "baseline": baseline}
    return _model(Case, {**beside, **parts}, FLOOR)


def from_files(files: Mapping[str, bytes]) -> Snapshot:
    """Read a snapshot back.

    Raises:
        FileError: A file is missing or is not what it should be; which one. Permanent.
    """
    head = _mapping(_read(files, HEAD), HEAD)
    if head.pop("version", None) != VERSION:
        raise FileError(f"read the bundle: {HEAD} is of another version than {VERSION}")
    kinds, logs = head.pop("kinds", []), head.pop("logs", [])
    if not isinstance(kinds, list) or not isinstance(logs, list):
        raise FileError(f"read the bundle: {HEAD} holds no list of kinds and of logs")
    objects = {str(kind): _of_kind(files, str(kind)) for kind in kinds}
    tails = [_log(files, number, log) for number, log in enumerate(logs)]
    return _model(Snapshot, {**head, "objects": objects, "logs": tails}, HEAD)


def save_case(case: Case, folder: Path, salt: str) -> None:
    """Write a case as a bundle without secrets, for `outage investigate --from` tomorrow.

    Args:
        case: What was seen, and what was known beside it.
        folder: Made when it is not there; what a bundle had before is replaced.
        salt: Of the installation: the same secret has the same hash in all of its bundles.

    Raises:
        FileError: A file or folder cannot be written. Permanent.
    """
    write_bundle_files(all_files(without_secrets(case, salt)), folder)


def write_bundle_files(files: Mapping[str, bytes], folder: Path) -> None:
    """Write a bundle, to be read by its owner alone: what an outage shows is nobody else's business.

    Raises:
        FileError: A file or folder cannot be written. Permanent.
    """
    try:
        for name, content in files.items():
            _write(folder / name, content)
    except OSError as error:
        raise FileError(f"write bundle {folder}: {error.strerror}") from error


def _write(path: Path, content: bytes) -> None:
    for parent in reversed([one for one in path.parents if not one.exists()]):
        parent.mkdir(mode=0o700, exist_ok=True)
    path.touch(mode=0o600)
    path.chmod(0o600)
    path.write_bytes(content)


def read_bundle_files(folder: Path, discover: Discover) -> Case:
    """Read a case back from its folder.

    Args:
        folder: An own bundle, or that of an incident.
        discover: Asked only when no platform lies there.

    Raises:
        FileError: There is none, or a file is not what it should be; which one. Permanent.
    """
    if not folder.is_dir():
        raise FileError(f"read bundle {folder}: there is no such folder")
    try:
        paths = [path for path in sorted(folder.rglob("*")) if path.is_file()]
        files = {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}
    except OSError as error:
        raise FileError(f"read bundle {folder}: {error.strerror}") from error
    return from_all_files(files, folder, discover)


def _of_kind(files: Mapping[str, bytes], kind: str) -> tuple[Manifest, ...]:
    name = f"objects/{kind}.json"
    return _objects(_read(files, name), name)


def _objects(found: Any, name: str) -> tuple[Manifest, ...]:
    """Objects of which each has a name: all that everybody takes for granted."""
    whole = isinstance(found, list) and all(
        isinstance(one, dict)
        and isinstance(meta := one.get("metadata"), dict)
        and isinstance(meta.get("name"), str)
        and isinstance(meta.get("namespace") or "", str)
        for one in found
    )
    if not whole:
        raise FileError(f"read the bundle: {name} is no list of objects with names")
    return tuple(found)


def _log(files: Mapping[str, bytes], number: int, head: Any) -> LogTail:
    log = _model(LogTail, {**_mapping(head, HEAD), "text": ""}, HEAD)
    return log.model_copy(update={"text": _text(files, _log_name(number, log))})


def _log_name(number: int, log: LogTail) -> str:
    life = ".previous" if log.previous else ""
    return f"logs/{number:03}-{log.namespace}-{log.pod}-{log.container}{life}.log"


def _model(kind: type[Read], body: Any, name: str) -> Read:
    try:
        return kind.model_validate(body)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or kind.__name__
        raise FileError(f"read the bundle: {name}: {place}: {cut(first['msg'])}") from error


def _mapping(value: Any, name: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise FileError(f"read the bundle: {name} holds no keys")
    return dict(value)


def _json(value: object) -> bytes:
    return json.dumps(value, indent=1, default=str).encode()


def _text(files: Mapping[str, bytes], name: str) -> str:
    if name not in files:
        raise FileError(f"read the bundle: {name} is not there")
    return files[name].decode("utf-8", errors="replace")


def _read(files: Mapping[str, bytes], name: str) -> Any:
    try:
        return json.loads(_text(files, name))
    except (ValueError, RecursionError) as error:
        raise FileError(f"read the bundle: {name} is not JSON: {cut(str(error))}") from error
