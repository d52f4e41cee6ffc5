"""The difference between two pictures of one object, as a person reviews it: a unified diff of YAML.

Nothing secret is in it (`outage.text.redaction`): each secret is replaced by whether it changes. Not by a hash, since a
short password can be found from its hash.
"""

import difflib

import yaml

from outage.plans.preconditions import SERVER_FIELDS
from outage.text.redaction import HASH, HIDDEN, hide_in_manifest, hide_secret
from outage.value import Manifest

CONTEXT_LINES = 3
LINE_LIMIT = 400
"""Lines of one diff; a form with more is not read by anybody."""


def object_diff(before: Manifest | None, after: Manifest | None) -> str:
    """A unified diff of one object before and after; empty when nothing that counts differs."""
    was, will = _as_yaml(before), _as_yaml(after)
    lines = list(
        difflib.unified_diff(
            _marked(was, will, "before").splitlines(),
            _marked(will, was, "after").splitlines(),
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


def _as_yaml(manifest: Manifest | None) -> str:
    """One side, with equal hashes for equal secrets."""
    if manifest is None:
        return ""
    return yaml.safe_dump(
        _readable(manifest), sort_keys=False, default_flow_style=False, allow_unicode=True, width=110
    )


def _marked(text: str, other: str, side: str) -> str:
    """One side with words in place of hashes; several secrets that stay are numbered, so that a swap shows."""
    there = set(HASH.findall(other))
    stay = [one for one in dict.fromkeys(HASH.findall(min(text, other))) if one in there and one in text]
    numbers = {one: f"(hidden {number})" for number, one in enumerate(stay, 1)} if len(stay) > 1 else {}
    alone = f"(hidden, the value {side})" if other else HIDDEN
    return HASH.sub(lambda one: numbers.get(one[0], HIDDEN) if one[0] in there else alone, text)


def _readable(manifest: Manifest) -> Manifest:
    """The object without status and bookkeeping, and with a hash in place of everything secret."""
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
    bare = hide_secret(kept, "") if manifest.get("kind") == "Secret" else kept
    shown: Manifest = hide_in_manifest(bare, "")
    return shown
