"""JSON patches as values: applying one, turning one round, seeing whether one already holds. Pure."""

import copy
from typing import Any

import jsonpatch
import jsonpointer

from outage.errors import ClusterRejected, cut
from outage.value import Manifest

Patch = tuple[dict[str, Any], ...]


class MissingPointer:
    """The type of what is not there; equal to nothing but itself."""


MISSING = MissingPointer()


def patched_object(manifest: Manifest, patch: Patch) -> Manifest:
    """The object with the patch applied; the given one stays as it is.

    Raises:
        ClusterRejected: The patch does not fit the object, as the API server would say. Permanent.
    """
    try:
        result: Manifest = jsonpatch.apply_patch(copy.deepcopy(manifest), [dict(one) for one in patch])
    except (jsonpatch.JsonPatchException, jsonpointer.JsonPointerException, KeyError, TypeError) as error:
        name = (manifest.get("metadata") or {}).get("name", "?")
        raise ClusterRejected(
            f"apply a patch to {manifest.get('kind', '?')} {name}: {cut(str(error))}"
        ) from error
    return result


def with_sections(patch: Patch, manifest: Manifest) -> Patch:
    """The patch, and before it the maps that it adds to and the object lacks: JSON Patch makes none by itself.

    Args:
        patch: Adds keys to top-level maps of the object, as to `/data`.
        manifest: The object as it is.
    """
    added = [one["path"].split("/")[1] for one in patch if one["op"] == "add" and one["path"].count("/") > 1]
    lacking = [name for name in dict.fromkeys(added) if manifest.get(name) is None]
    return (*({"op": "add", "path": f"/{name}", "value": {}} for name in lacking), *patch)


def way_back(before: Manifest, patch: Patch) -> Patch:
    """The patch that undoes another, field by field, on the object that the other one left."""
    return tuple(jsonpatch.make_patch(patched_object(before, patch), before).patch)


def patch_between(before: Manifest, after: Manifest) -> Patch:
    """The patch that makes one object of another."""
    return tuple(jsonpatch.make_patch(before, after).patch)


def touched_pointers(before: Manifest, patch: Patch) -> tuple[str, ...]:
    """JSON pointers of the fields that the patch really changes on this object."""
    return tuple(op["path"] for op in jsonpatch.make_patch(before, patched_object(before, patch)).patch)


def at(manifest: Manifest, pointer: str) -> Any:
    """What stands at a JSON pointer, or `MISSING`."""
    try:
        return jsonpointer.resolve_pointer(manifest, pointer, MISSING)
    except (jsonpointer.JsonPointerException, TypeError, ValueError):
        return MISSING


def is_within(small: Any, large: Any) -> bool:
    """Whether all that one value says is in the other, which may say more (the server fills in defaults)."""
    if isinstance(small, dict):
        return isinstance(large, dict) and all(
            key in large and is_within(one, large[key]) for key, one in small.items()
        )
    if isinstance(small, list):
        return (
            isinstance(large, list)
            and len(small) == len(large)
            and all(is_within(one, other) for one, other in zip(small, large, strict=True))
        )
    return bool(small == large)


def patch_holds(live: Manifest, before: Manifest, patch: Patch) -> bool:
    """Whether the live object already is what the patch makes of `before`, at every field that it touches.

    A field that the patch removes may be there again as it was: the server fills in defaults. That alone proves
    nothing, so something else that the patch writes must be there.

    Args:
        live: The object now.
        before: The object before the patch.
        patch: RFC 6902.
    """
    wanted, proven = patched_object(before, patch), False
    pointers = touched_pointers(before, patch)
    for pointer in pointers:
        there, here = at(wanted, pointer), at(live, pointer)
        if there is MISSING and here is not MISSING and len(pointers) > 1 and here == at(before, pointer):
            continue
        if not (there is here or (MISSING not in (there, here) and is_within(there, here))):
            return False
        proven = True
    return proven or not pointers


def says_so(live: Manifest, patch: Patch) -> bool:
    """Whether a live object already has every value of a patch, when the object before is not known.

    Adding to or removing from a list cannot be told that way: then the answer is no.
    """
    return bool(patch) and all(_says(live, op) for op in patch)


def _says(live: Manifest, op: dict[str, Any]) -> bool:
    last = op["path"].rsplit("/", 1)[-1]
    here = at(live, op["path"])
    match op["op"]:
        case "test":
            return True
        case "replace":
            return here is not MISSING and is_within(op["value"], here)
        case "add":
            return (
                not (last == "-" or last.isdigit()) and here is not MISSING and is_within(op["value"], here)
            )
        case "remove":
            return not last.isdigit() and here is MISSING
        case _:
            return False
