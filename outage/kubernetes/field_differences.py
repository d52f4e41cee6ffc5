"""What separates a live object from the one that is wanted, field by field, and the patch between them.

Lists whose entries carry names (containers, env, ports, volumes, routes) are compared by name, so that one added
entry is one difference; others of one length entry by entry. Pointers are RFC 6901 into the live object.
"""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from outage.value import Manifest, Value

MISSING = "\x00missing"
"""Stands for "not there"; None is a value that JSON can hold."""

KEYS = ("name", "mountPath", "containerPort", "port", "key", "ip", "type", "host", "path")
"""What names an entry of a list, in order of preference."""


class FieldDifference(Value):
    """One field that differs."""

    pointer: str
    live: Any = MISSING
    wanted: Any = MISSING

    @property
    def field(self) -> str:
        """The pointer as a dotted path."""
        return ".".join(unescape_pointer(part) for part in self.pointer.split("/")[1:])

    def patch(self) -> dict[str, Any]:
        """The RFC 6902 operation that makes live what is wanted."""
        if self.wanted == MISSING:
            return {"op": "remove", "path": self.pointer}
        op = "add" if self.live == MISSING else "replace"
        return {"op": op, "path": self.pointer, "value": self.wanted}


def escape_pointer(part: str) -> str:
    """Escape one part of a JSON pointer."""
    return part.replace("~", "~0").replace("/", "~1")


def unescape_pointer(part: str) -> str:
    """Read one part of a JSON pointer."""
    return part.replace("~1", "/").replace("~0", "~")


def shown_value(value: Any) -> str:
    """A value as one short word for a sentence: a text as it is, all else as JSON, equal values alike."""
    if value == MISSING:
        return "(absent)"
    text = value if isinstance(value, str) else _json(value)
    return text if len(text) <= 120 else text[:119] + "…"


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, default=str)


def field_differences(live: Any, wanted: Any, pointer: str = "") -> tuple[FieldDifference, ...]:
    """Every field of `live` that is not as in `wanted`, deepest fields first named.

    Args:
        live: What stands there now.
        wanted: What should stand there.
        pointer: Where `live` sits in its object; empty for the whole object.
    """
    return tuple(_walk(live, wanted, pointer))


def patch_for(found: Iterable[FieldDifference]) -> tuple[dict[str, Any], ...]:
    """One RFC 6902 patch for several differences; entries are removed from the end of their list first."""
    found = tuple(found)
    keep = [one.patch() for one in found if one.wanted != MISSING]
    gone = sorted((one for one in found if one.wanted == MISSING), key=_position, reverse=True)
    return tuple(keep + [one.patch() for one in gone])


def _position(one: FieldDifference) -> tuple[tuple[int, str], ...]:
    parts = one.pointer.split("/")
    return tuple((int(part), "") if part.isdigit() else (-1, part) for part in parts)


def _walk(live: Any, wanted: Any, pointer: str) -> Iterator[FieldDifference]:
    if live == wanted:
        return
    if isinstance(live, dict) and isinstance(wanted, dict):
        for key in [*live, *(key for key in wanted if key not in live)]:
            here = f"{pointer}/{escape_pointer(str(key))}"
            yield from _walk(live.get(key, MISSING), wanted.get(key, MISSING), here)
    elif isinstance(live, list) and isinstance(wanted, list) and (key_name := _named_by(live, wanted)):
        yield from _walk_named(live, wanted, pointer, key_name)
    elif isinstance(live, list) and isinstance(wanted, list) and _side_by_side(live, wanted):
        for index, (one, other) in enumerate(zip(live, wanted, strict=True)):
            yield from _walk(one, other, f"{pointer}/{index}")
    else:
        yield FieldDifference(pointer=pointer, live=live, wanted=wanted)


def _walk_named(live: list[Any], wanted: list[Any], pointer: str, key: str) -> Iterator[FieldDifference]:
    meant = {one[key]: one for one in wanted}
    for index, one in enumerate(live):
        yield from _walk(one, meant.pop(one[key], MISSING), f"{pointer}/{index}")
    for one in meant.values():
        yield FieldDifference(pointer=f"{pointer}/-", wanted=one)


def _named_by(live: list[Any], wanted: list[Any]) -> str | None:
    """The key that names every entry of both lists exactly once."""
    entries = [*live, *wanted]
    if not entries or not all(isinstance(one, dict) for one in entries):
        return None
    for key in KEYS:
        if all(key in one for one in entries) and _unique(live, key) and _unique(wanted, key):
            return key
    return None


def _side_by_side(live: list[Any], wanted: list[Any]) -> bool:
    """Whether the entries answer each other by their place: as many, and no name that stands there twice."""
    entries = [*live, *wanted]
    named = all(isinstance(one, dict) for one in entries) and any(
        all(key in one for one in entries) for key in KEYS
    )
    return len(live) == len(wanted) and not named


def _unique(entries: list[Manifest], key: str) -> bool:
    return len({str(one[key]) for one in entries}) == len(entries)
