"""The difference between two pictures of one object, as a person reviews it: a unified diff of YAML.

Nothing secret is in it: values of Secrets, and of environment variables named like one, are replaced by whether
they change. Not by a hash, since a short password can be found from its hash.
"""

import difflib
import re
from typing import Any

import yaml

from outage.plans.preconditions import SERVER_FIELDS
from outage.value import Manifest

SECRET_NAME = re.compile(
    r"pass(word|wd)?|secret|token|credential|api_?key|private_?key|dsn|database_url", re.I
)
CONTEXT_LINES = 3
LINE_LIMIT = 400
"""Lines of one diff; a form with more is not read by anybody."""


def object_diff(before: Manifest | None, after: Manifest | None) -> str:
    """A unified diff of one object before and after; empty when nothing that counts differs."""
    lines = list(
        difflib.unified_diff(
            _lines(before, after, "before"),
            _lines(after, before, "after"),
            f"before {_name(before or after)}" if before else "nothing there",
            f"after {_name(after or before)}" if after else "nothing there",
            lineterm="",
            n=CONTEXT_LINES,
        )
    )
    if len(lines) > LINE_LIMIT:
        lines = [*lines[:LINE_LIMIT], f"… and {len(lines) - LINE_LIMIT} more lines"]
    return "\n".join(lines)


def _name(manifest: Manifest | None) -> str:
    manifest = manifest or {}
    return f"{str(manifest.get('kind', '?')).lower()}/{(manifest.get('metadata') or {}).get('name', '?')}"


def _lines(manifest: Manifest | None, other: Manifest | None, side: str) -> list[str]:
    if manifest is None:
        return []
    shown = readable_manifest(manifest, other, side)
    return yaml.safe_dump(
        shown, sort_keys=False, default_flow_style=False, allow_unicode=True, width=110
    ).splitlines()


def readable_manifest(manifest: Manifest, other: Manifest | None, side: str) -> Manifest:
    """The object without status and bookkeeping, and with everything secret replaced.

    Args:
        manifest: The object.
        other: The other side of the comparison, to say whether a secret value changes.
        side: `before` or `after`.
    """
    kept = {key: value for key, value in manifest.items() if key != "status"}
    meta = {
        key: value
        for key, value in (manifest.get("metadata") or {}).items()
        if key not in SERVER_FIELDS and value
    }
    notes = {
        key: value
        for key, value in (meta.get("annotations") or {}).items()
        if "last-applied-configuration" not in key
    }
    meta.pop("annotations", None)
    kept["metadata"] = meta | ({"annotations": notes} if notes else {})
    shown: Manifest = _Hider(side, manifest.get("kind") == "Secret").hide(kept, other)
    return shown


class _Hider:
    """Walks two sides of one object together and replaces what is secret on this one."""

    def __init__(self, side: str, secret: bool):
        self.side, self.secret = side, secret

    def hide(self, value: Any, other: Any) -> Any:
        """The value without anything secret."""
        if isinstance(value, dict):
            twin = other if isinstance(other, dict) else {}
            return {key: self._field(key, one, twin.get(key), value) for key, one in value.items()}
        if isinstance(value, list):
            twins = other if isinstance(other, list) else []
            return [self.hide(one, twins[at] if at < len(twins) else None) for at, one in enumerate(value)]
        return value

    def _field(self, key: str, value: Any, other: Any, around: dict[str, Any]) -> Any:
        if self.secret and key in ("data", "stringData") and isinstance(value, dict):
            there = other if isinstance(other, dict) else {}
            return {name: self._hidden(one, there.get(name)) for name, one in value.items()}
        if key == "value" and SECRET_NAME.search(str(around.get("name", ""))):
            return self._hidden(value, other)
        if isinstance(value, str) and SECRET_NAME.search(key) and not key.endswith(("Name", "Ref")):
            return self._hidden(value, other)
        return self.hide(value, other)

    def _hidden(self, value: Any, other: Any) -> str:
        return "(hidden)" if other is None or other == value else f"(hidden, the value {self.side})"
