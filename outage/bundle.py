"""A snapshot as files, and back: for bug reports, tests and post-mortems.

Promise: what is read back is equal to what was written, so it is diagnosed the same; ages and "recent" are
measured against the bundle's own `taken_at`. Redaction happened when the snapshot was taken.
"""

import json
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from outage.errors import FileError, cut
from outage.snapshot import LogTail, Snapshot
from outage.value import Manifest

HEAD = "snapshot.json"
VERSION = 1


def to_files(snapshot: Snapshot) -> dict[str, bytes]:
    """The files of a bundle by relative path: a head, the objects by kind, the logs as they read."""
    head = snapshot.model_dump(mode="json", exclude={"objects", "logs"})
    logs = [log.model_dump(exclude={"text"}) for log in snapshot.logs]
    files = {HEAD: _json({"version": VERSION, **head, "kinds": sorted(snapshot.objects), "logs": logs})}
    for kind, objects in snapshot.objects.items():
        files[f"objects/{kind}.json"] = _json(list(objects))
    for number, log in enumerate(snapshot.logs):
        files[_log_name(number, log.model_dump())] = log.text.encode()
    return files


def from_files(files: Mapping[str, bytes]) -> Snapshot:
    """Read a bundle back.

    Raises:
        FileError: A file is missing or is not what it should be; which one. Permanent.
    """
    head = dict(_read(files, HEAD))
    if head.pop("version", None) != VERSION:
        raise FileError(f"read the bundle: {HEAD} is of another version than {VERSION}")
    kinds, logs = head.pop("kinds", []), head.pop("logs", [])
    objects: dict[str, tuple[Manifest, ...]] = {
        kind: tuple(_read(files, f"objects/{kind}.json")) for kind in kinds
    }
    tails = [LogTail(**log, text=_text(files, _log_name(number, log))) for number, log in enumerate(logs)]
    try:
        return Snapshot.model_validate({**head, "objects": objects, "logs": tails})
    except ValidationError as error:
        raise FileError(f"read the bundle: {HEAD}: {cut(str(error.errors()[0]))}") from error


def _log_name(number: int, log: Mapping[str, Any]) -> str:
    life = ".previous" if log["previous"] else ""
    return f"logs/{number:03}-{log['namespace']}-{log['pod']}-{log['container']}{life}.log"


def _json(value: object) -> bytes:
    return json.dumps(value, indent=1, sort_keys=True, default=str).encode()


def _text(files: Mapping[str, bytes], name: str) -> str:
    if name not in files:
        raise FileError(f"read the bundle: {name} is not there")
    return files[name].decode("utf-8", errors="replace")


def _read(files: Mapping[str, bytes], name: str) -> Any:
    try:
        return json.loads(_text(files, name))
    except ValueError as error:
        raise FileError(f"read the bundle: {name} is not JSON: {cut(str(error))}") from error
