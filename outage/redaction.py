"""Secrets out of text and manifests, before anything is kept, shown or sent.

Text loses them; manifests have them replaced by a salted hash, so that two pictures can still be compared.
"""

import hashlib
import json
import re
from collections.abc import Callable
from typing import Any

from outage.snapshot import Snapshot
from outage.value import Manifest

GONE = "[redacted]"
SECRET_WORDS = (
    r"pass(?:word|wd|phrase)?|pwd|secret|token|api[-_]?key|access[-_]?key|private[-_]?key|credentials?"  # noqa: S105 - words, not a secret
)

_PEM = re.compile(r"-----BEGIN [A-Z0-9 ]+-----.*?(?:-----END [A-Z0-9 ]+-----|\Z)", re.DOTALL)
_URL = re.compile(
    r"(?P<scheme>\b[a-zA-Z][a-zA-Z0-9+.-]{1,20}://)(?P<user>[^\s/:@'\"]{0,128}):(?P<password>[^\s@/'\"]{1,256})@"
)
_HEADER = re.compile(
    r"(?i)\b(authorization|proxy-authorization|cookie|set-cookie|x-api-key)(['\"]?\s*[:=]\s*)[^\r\n]{1,4096}"
)
_BEARER = re.compile(r"(?i)\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{12,}")
_JWT = re.compile(r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*")
_CLOUD = re.compile(
    r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b|\bgh[pousr]_[A-Za-z0-9]{20,}\b|\bxox[abprs]-[A-Za-z0-9-]{10,}"
)
_PAIR = re.compile(
    rf"(?i)(?P<key>(?:{SECRET_WORDS})[\w.-]{{0,32}})(?P<sign>['\"]?\s*(?:=|:(?!\d))\s*)"
    r"(?P<value>\"[^\"]{1,512}\"|'[^']{1,512}'|[^\s,;&'\"}\])]{3,512})"
)
SECRET_NAME = re.compile(
    rf"(?i)(?:{SECRET_WORDS})(?!.*(?:name|file|path|ref|enabled|ttl|expir|length|url|host)$)"
)
"""Names of settings whose value is a secret: `DB_PASSWORD`, but not `PASSWORD_FILE`."""


def redact(text: str) -> str:
    """The text without passwords, tokens, keys and credentials in URLs."""
    small = text.lower()
    for hints, pattern, instead in _RULES:
        if any(hint in small for hint in hints):
            text = pattern.sub(instead, text)
    return text


def _pair(found: re.Match[str]) -> str:
    value = found["value"]
    if value.strip("'\"").lower() in HARMLESS or GONE in value:
        return found[0]
    return f"{found['key']}{found['sign']}{GONE}"


HARMLESS = frozenset(
    [
        "true",
        "false",
        "null",
        "none",
        "nil",
        "yes",
        "no",
        "authentication",
        "invalid",
        "expired",
        "missing",
        "required",
        "wrong",
        "incorrect",
        "failed",
    ]
)
"""What stands after such a word without being a secret: `password: authentication failed`."""


_RULES: tuple[tuple[tuple[str, ...], re.Pattern[str], str | Callable[[re.Match[str]], str]], ...] = (
    (("-----begin",), _PEM, GONE),
    (("://",), _URL, rf"\g<scheme>\g<user>:{GONE}@"),
    (("authorization", "cookie", "x-api-key"), _HEADER, rf"\1\2{GONE}"),
    (("bearer", "basic"), _BEARER, rf"\1 {GONE}"),
    (("eyj",), _JWT, GONE),
    (("akia", "asia", "gh", "xox"), _CLOUD, GONE),
    (("pass", "pwd", "secret", "token", "key", "credential"), _PAIR, _pair),
)
"""Words without which a pattern cannot match, the pattern, and what stands there afterwards. Logs are long and
mostly harmless: looking for words is twenty times cheaper than looking for patterns."""


def hashed(value: str, salt: str) -> str:
    """A salted hash that tells whether two values are the same, and nothing else."""
    return "hash:" + hashlib.blake2b(value.encode(), key=salt.encode()[:64], digest_size=8).hexdigest()


def hide_secret(manifest: Manifest, salt: str) -> Manifest:
    """A Secret with its keys, and a hash in place of each value; also in what kubectl left behind."""
    shown = dict(manifest)
    for shelf in ("data", "stringData"):
        if shown.get(shelf):
            shown[shelf] = {key: hashed(str(value), salt) for key, value in shown[shelf].items()}
    meta = dict(shown.get("metadata") or {})
    notes = {
        key: value for key, value in (meta.get("annotations") or {}).items() if "last-applied" not in key
    }
    if meta.get("annotations"):
        meta["annotations"] = notes
    return {**shown, "metadata": meta}


def hide_in_manifest(value: Any, salt: str) -> Any:
    """Any manifest with the secrets that people write into plain fields hashed: env values, flags, annotations.

    For what leaves this machine (bundles, reports); never for what will be written back to a cluster.
    """
    if isinstance(value, dict):
        if isinstance(value.get("value"), str) and SECRET_NAME.search(str(value.get("name", ""))):
            return {**value, "value": _once(value["value"], salt)}
        return {key: _field(str(key), inner, salt) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [hide_in_manifest(inner, salt) for inner in value]
    return _hash_in_text(value, salt) if isinstance(value, str) else value


def _field(key: str, value: Any, salt: str) -> Any:
    if isinstance(value, str) and key.endswith("last-applied-configuration"):
        return _hide_in_json(value, salt)
    if isinstance(value, str) and SECRET_NAME.search(key) and key not in NAMES_OF_SECRETS:
        return _once(value, salt)
    return hide_in_manifest(value, salt)


def _hide_in_json(text: str, salt: str) -> str:
    try:
        return json.dumps(hide_in_manifest(json.loads(text), salt), separators=(",", ":"))
    except ValueError:
        return GONE


NAMES_OF_SECRETS = frozenset({"secret", "secretName", "tokenAudience"})
"""Fields of the API that name a Secret and hold none."""


def _once(value: str, salt: str) -> str:
    """Hash a value, unless that has been done."""
    return value if value.startswith("hash:") else hashed(value, salt)


def _hash_in_text(text: str, salt: str) -> str:
    if "://" in text:
        text = _URL.sub(lambda m: f"{m['scheme']}{m['user']}:{_once(m['password'], salt)}@", text)
    if "=" in text or ":" in text:
        text = _PAIR.sub(lambda m: _hash_pair(m, salt), text)
    return _PEM.sub(GONE, _JWT.sub(GONE, text))


def _hash_pair(found: re.Match[str], salt: str) -> str:
    value = found["value"]
    if value.strip("'\"").lower() in HARMLESS or "hash:" in found[0] or not SECRET_NAME.search(found["key"]):
        return found[0]
    return f"{found['key']}{found['sign']}{hashed(value, salt)}"


def shareable(snapshot: Snapshot, salt: str) -> Snapshot:
    """The snapshot as it may leave this machine: secrets that people wrote into plain fields are hashed too."""
    objects = {
        kind: tuple(hide_in_manifest(one, salt) for one in manifests)
        for kind, manifests in snapshot.objects.items()
    }
    return snapshot.model_copy(update={"objects": objects})
