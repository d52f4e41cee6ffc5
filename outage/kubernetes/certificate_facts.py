"""What a certificate says to everybody: whose it is, who signed it, until when. Never a key."""

import base64
import binascii
from datetime import datetime

from cryptography import x509

from outage.value import Manifest, Value

BEGIN = b"-----BEGIN CERTIFICATE-----"
SHELF = "certificates"
"""Where a trimmed Secret keeps what its certificates say, beside its hashed values."""


class ReadCertificate(Value):
    """One certificate, the first of its file."""

    subject: str
    issuer: str
    not_before: datetime
    not_after: datetime
    names: tuple[str, ...] = ()
    """The host names that it is good for."""
    own_authority: bool = False
    """Whether it may sign others."""


def read_certificate(text: bytes) -> ReadCertificate | None:
    """The facts of the first certificate of a PEM file; None when there is none that can be read."""
    if BEGIN not in text:
        return None
    try:
        found = x509.load_pem_x509_certificate(text[text.index(BEGIN) :])
    except ValueError:
        return None
    return ReadCertificate(
        subject=found.subject.rfc4514_string(),
        issuer=found.issuer.rfc4514_string(),
        not_before=found.not_valid_before_utc,
        not_after=found.not_valid_after_utc,
        names=_names(found),
        own_authority=_signs(found),
    )


def _names(found: x509.Certificate) -> tuple[str, ...]:
    try:
        names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (x509.ExtensionNotFound, ValueError):
        return ()
    return tuple(names.get_values_for_type(x509.DNSName))


def _signs(found: x509.Certificate) -> bool:
    try:
        return bool(found.extensions.get_extension_for_class(x509.BasicConstraints).value.ca)
    except (x509.ExtensionNotFound, ValueError):
        return False


def with_certificates(secret: Manifest) -> Manifest:
    """A Secret as the API gives it, with what its certificates say beside its values."""
    found: dict[str, Manifest] = {}
    for key, value in (secret.get("data") or {}).items():
        try:
            facts = read_certificate(base64.b64decode(value))
        except (binascii.Error, TypeError, ValueError):
            continue
        if facts is not None:
            found[key] = facts.model_dump(mode="json")
    return {**secret, SHELF: found} if found else secret


ODD = "oddValues"
"""Where a trimmed Secret keeps which of its values have an end that nobody sees."""


def with_odd_ends(secret: Manifest) -> Manifest:
    """A Secret as the API gives it, with the keys of short values that begin or end with white space."""
    found: dict[str, str] = {}
    for key, value in (secret.get("data") or {}).items():
        try:
            text = base64.b64decode(value).decode()
        except (binascii.Error, TypeError, ValueError):
            continue
        if text.strip() and text != text.strip() and len(text.strip().splitlines()) == 1:
            found[key] = "a line break" if text.strip(" \t") != text.strip() else "a blank"
    return {**secret, ODD: found} if found else secret


def odd_ends_in(secret: Manifest) -> dict[str, str]:
    """By key: what a value of a trimmed Secret has at its end and should hardly have."""
    return dict(secret.get(ODD) or {})


def certificates_in(manifest: Manifest) -> dict[str, ReadCertificate]:
    """What the certificates of a trimmed Secret, or of a ConfigMap, say, by key."""
    kept = {key: ReadCertificate.model_validate(one) for key, one in (manifest.get(SHELF) or {}).items()}
    if kept or not isinstance(manifest.get("data"), dict):
        return kept
    texts = {key: value for key, value in manifest["data"].items() if isinstance(value, str)}
    plain = {key: read_certificate(value.encode()) for key, value in texts.items()}
    return {key: one for key, one in plain.items() if one is not None}
