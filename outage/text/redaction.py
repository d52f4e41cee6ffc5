"""Secrets out of text and manifests, before anything is kept, shown or sent.

Text loses them; manifests have them replaced by a salted hash, so that two pictures can still be compared.
"""

from __future__ import annotations

import copy
import hashlib
import json
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from outage.text.secret_patterns import (
    CLIENTS,
    HARMLESS,
    MANIFEST_RULES,
    MYSQL,
    NAMES_OF_SECRETS,
    PASSWORD_FLAGS,
    RULES,
    SECRET_NAME,
    SECRET_WORDS,
    counts_something,
    is_address,
)

if TYPE_CHECKING:  # errors redact themselves: this must cost nothing to import, and import no error
    from outage.value import Manifest

__all__ = [
    "GONE",
    "SECRET_NAME",
    "SECRET_WORDS",
    "hidden_text",
    "hide_in_manifest",
    "hide_secret",
    "printable",
    "printable_at",
    "redact",
    "salted_hash",
]

GONE = "[redacted]"
HIDDEN = "(hidden)"
HASH = re.compile(r"hash:[0-9a-f]{16}")
REFERENCE = re.compile(r"\$\([\w.-]+\)|\$\{[\w.:-]+\}|\$[A-Z_][A-Z0-9_]*|\$http_\w+|<[\w -]+>|%[sdv]|\*+")
"""What stands for a value that is elsewhere, and is none itself."""
AMOUNT = re.compile(r"\d+(?:\.\d+)?\s?(?:ns|us|ms|s|m|h|d|[KMG]i?B?)?")
PLACE = re.compile(r"/(?:env/\d+/value|(?:args|command)/\d+)$")
"""Where a patch writes a value whose name stands elsewhere."""


def redact(text: str) -> str:
    """The text without passwords, tokens, keys and credentials in URLs."""
    return _replaced(text, RULES, lambda _: GONE)


def _replaced(
    text: str, rules: tuple[tuple[tuple[str, ...], re.Pattern[str]], ...], instead: Callable[[str], str]
) -> str:
    """The text with the `value` of each match replaced.

    Logs are long and mostly harmless: looking for words is twenty times cheaper than looking for patterns.
    """
    small = text.lower()
    for hints, pattern in rules:
        if any(hint in small for hint in hints):
            text = pattern.sub(lambda found: _without_value(found, instead), text)
    return text


def _without_value(found: re.Match[str], instead: Callable[[str], str]) -> str:
    """One match with its value replaced and its quotes kept, so that JSON stays JSON."""
    parts, value = found.groupdict(), found["value"]
    quote = value[0] if value[0] in "'\"" and value[-1] == value[0] and len(value) > 1 else ""
    bare = value[1:-1] if quote else value
    if _harmless(bare) or f"hash:{bare}" in found[0] or ("key" in parts and not _tells(parts["key"], bare)):
        return found[0]
    quote = quote or ('"' if (parts.get("sign") or "").startswith('"') and ":" in parts["sign"] else "")
    start, end = found.start("value") - found.start(), found.end("value") - found.start()
    return f"{found[0][:start]}{quote}{instead(bare)}{quote}{found[0][end:]}"


def _tells(name: str, value: str) -> bool:
    """Whether a value is a secret because of its name; an address is none, nor is a number of something."""
    number = counts_something(name) and AMOUNT.fullmatch(value)
    return bool(SECRET_NAME.search(name)) and not is_address(value) and not number


def _harmless(value: str) -> bool:
    bare = value.strip("'\"")
    done = bare.startswith((GONE[:-1], HIDDEN[:-1], "hash:"))
    return done or bare.lower() in HARMLESS or bool(REFERENCE.fullmatch(bare))


def salted_hash(value: str, salt: str) -> str:
    """A salted hash that tells whether two values are the same, and nothing else."""
    return "hash:" + hashlib.blake2b(value.encode(), key=salt.encode()[:64], digest_size=8).hexdigest()


def hidden_text(value: Any) -> Any:
    """A value with "(hidden)" wherever a hash stands for a secret: a short password can be found from its hash."""
    if isinstance(value, dict):
        return {key: hidden_text(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [hidden_text(inner) for inner in value]
    return HASH.sub(HIDDEN, value) if isinstance(value, str) else value


def hide_secret(manifest: Manifest, salt: str) -> Manifest:
    """A Secret with its keys, and a hash in place of each value; also in what kubectl left behind."""
    shown = dict(manifest)
    for shelf in ("data", "stringData"):
        if shown.get(shelf):
            shown[shelf] = {
                key: value if HASH.fullmatch(str(value)) else salted_hash(str(value), salt)
                for key, value in shown[shelf].items()
            }
    meta = dict(shown.get("metadata") or {})
    notes = {
        key: value for key, value in (meta.get("annotations") or {}).items() if "last-applied" not in key
    }
    if meta.get("annotations"):
        meta["annotations"] = notes
    return {**shown, "metadata": meta}


def hide_in_manifest(value: Any, salt: str) -> Any:
    """Any manifest with the secrets that people write into plain fields hashed: env values, flags, annotations.

    For what leaves this machine (bundles, reports); never for what will be written back to a cluster. Addresses
    stay, also under a name that speaks of a secret: diagnosis follows them.

    Args:
        value: A manifest or any part of one; it is left as it is.
        salt: One and the same makes hashes comparable, also with those of a baseline.

    Returns:
        The same shape.
    """
    if isinstance(value, dict):
        if isinstance(value.get("value"), str) and "name" in value:
            inner = _named(str(value["name"]), value["value"], salt)
            return {**{key: hide_in_manifest(one, salt) for key, one in value.items()}, "value": inner}
        said = [word for key in ("command", "args") for word in _words(value.get(key))]
        return {
            key: _arguments(inner, said, salt)
            if key in ("command", "args")
            else _named(str(key), inner, salt)
            for key, inner in value.items()
        }
    if isinstance(value, list | tuple):
        return _arguments(value, _words(value), salt)
    return _hash_in_text(value, salt) if isinstance(value, str) else value


def _words(value: Any) -> list[str]:
    return [one for one in value if isinstance(one, str)] if isinstance(value, list | tuple) else []


def _arguments(value: Any, said: list[str], salt: str) -> Any:
    """A list, in which a flag may give its value away in the next entry: `--requirepass`, `hunter22`."""
    if not isinstance(value, list | tuple):
        return hide_in_manifest(value, salt)
    mysql = any(MYSQL.search(one) for one in said)
    flags = PASSWORD_FLAGS | {flag for name, flag in CLIENTS if any(name in one for one in said)}
    shown: list[Any] = []
    for at, one in enumerate(value):
        before = value[at - 1] if at else None
        if isinstance(one, str) and isinstance(before, str) and _asks(before, one, flags):
            shown.append(_once(one, salt))
        elif mysql and isinstance(one, str) and re.fullmatch(r"-p\S+", one):
            shown.append("-p" + _once(one[2:], salt))
        else:
            shown.append(hide_in_manifest(one, salt))
    return shown


def _asks(flag: str, value: str, flags: frozenset[str] | set[str]) -> bool:
    """Whether a flag's value is a secret that stands in the entry behind it."""
    if flag in flags:
        return True
    named = flag.startswith("-") and "=" not in flag and " " not in flag and SECRET_NAME.search(flag)
    return bool(named) and not value.startswith("-") and not is_address(value)


def _named(name: str, value: Any, salt: str) -> Any:
    """What stands under a name: all of it is hidden when the name says that it is a secret."""
    if isinstance(value, str) and name.endswith("last-applied-configuration"):
        return _hide_in_json(value, salt)
    secret = bool(SECRET_NAME.search(name)) and name not in NAMES_OF_SECRETS
    if isinstance(value, str) and secret and _tells(name, value):
        return _once(value, salt)
    if (
        secret
        and isinstance(value, int | float)
        and not isinstance(value, bool)
        and not counts_something(name)
    ):
        return _once(str(value), salt)
    if isinstance(value, str) and name.lower().endswith("authorization"):
        return _once(value, salt)
    return hide_in_manifest(value, salt)


def _hide_in_json(text: str, salt: str) -> str:
    try:
        return json.dumps(hide_in_manifest(json.loads(text), salt), separators=(",", ":"))
    except ValueError:
        return GONE


def _once(value: str, salt: str) -> str:
    """Hash a value, unless that has been done or it is none."""
    return value if _harmless(value) else salted_hash(value, salt)


def _hash_in_text(text: str, salt: str) -> str:
    return _replaced(text, MANIFEST_RULES, lambda value: salted_hash(value, salt))


def printable(value: Any) -> Any:
    """Any JSON of ours as it may be printed: manifests, patches and sentences without anything secret.

    Never for what is written to a cluster or kept in the record: both need the true values.
    """
    return _redacted(hidden_text(hide_in_manifest(_without_payloads(value), "")))


def _redacted(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _redacted(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_redacted(inner) for inner in value]
    return redact(value) if isinstance(value, str) else value


def _without_payloads(value: Any) -> Any:
    """Without the values of Secrets, and without those of patches that only their place makes secret."""
    if isinstance(value, list | tuple):
        return [_without_payloads(inner) for inner in value]
    if not isinstance(value, dict):
        return value
    if value.get("kind") == "Secret" and isinstance(value.get("metadata"), dict):
        value = hide_secret(value, "")
    of_secret = isinstance(value.get("target"), dict) and value["target"].get("kind") == "Secret"
    shown = {key: _without_payloads(inner) for key, inner in value.items()}
    if isinstance(shown.get("patch"), list):
        shown["patch"] = [_without_written(one, of_secret) for one in shown["patch"]]
    return shown


def _without_written(operation: Any, of_secret: bool) -> Any:
    """An operation of a JSON patch without a secret that it writes; its diff shows what its neighbours are."""
    if not isinstance(operation, dict) or "value" not in operation:
        return operation
    path, value = str(operation.get("path", "")), operation["value"]
    if of_secret and path.startswith(("/data", "/stringData")):
        return {**operation, "value": HIDDEN}
    if isinstance(value, str) and PLACE.search(path) and not (is_address(value) or AMOUNT.fullmatch(value)):
        return {**operation, "value": _once(value, "")}
    last = path.rsplit("/", 1)[-1].replace("~1", "/").replace("~0", "~")
    return {**operation, "value": _named(last, value, "")}


def printable_at(manifest: Manifest, pointer: str, value: Any) -> Any:
    """A value as it may be printed if it stood at a place of an object: its neighbours tell whether it is secret.

    Args:
        manifest: The object; not changed.
        pointer: RFC 6901; what does not lead anywhere is taken as the name of the value alone.
        value: What stands there now, or should.
    """
    parts = [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]
    whole = {**copy.deepcopy(manifest)}
    here = _reached(whole, parts[:-1])
    last = parts[-1] if parts else ""
    if isinstance(here, list):
        at = int(last) if last.isdigit() and int(last) < len(here) else len(here)
        here[at : at + 1] = [value]
    elif isinstance(here, dict):
        at_key: int | str = last
        here[last] = value
    else:
        return hidden_text(_named(last, value, ""))
    shown = _reached(hide_in_manifest(whole, ""), parts[:-1])
    return hidden_text(shown[at if isinstance(here, list) else at_key])


def _reached(value: Any, parts: list[str]) -> Any:
    for part in parts:
        if isinstance(value, list) and part.isdigit() and int(part) < len(value):
            value = value[int(part)]
        elif isinstance(value, dict) and part in value:
            value = value[part]
        else:
            return None
    return value
