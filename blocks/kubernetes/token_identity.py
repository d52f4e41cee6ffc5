"""Whose token a kubeconfig speaks with, as the token itself says; what it is worth the API server says elsewhere."""

import base64
import json
from datetime import UTC, datetime

from blocks.kubernetes.kubeconfig import read_access
from outage.errors import FileError
from outage.value import Value

ACCOUNT = "system:serviceaccount:"


class TokenIdentity(Value):
    """A ServiceAccount's token, without the token."""

    namespace: str
    account: str
    expires: datetime | None = None
    """None for one that lasts until its Secret is deleted."""


def token_identity(kubeconfig: str | None) -> TokenIdentity:
    """Read whose token a kubeconfig speaks with.

    Raises:
        FileError: It cannot be read, holds no bearer token, or the token is no ServiceAccount's. Permanent.
    """
    access = read_access(kubeconfig)
    what = f"read the token of {kubeconfig or 'the pod'}"
    try:
        header = access.headers().get("Authorization", "")
    except OSError as error:
        raise FileError(f"{what}: {error.strerror}") from error
    claims = _claims(header.partition(" ")[2]) if header.startswith("Bearer ") else {}
    subject = str(claims.get("sub", ""))
    if not subject.startswith(ACCOUNT):
        raise FileError(f"{what}: it is no ServiceAccount's token")
    namespace, _, account = subject.removeprefix(ACCOUNT).partition(":")
    until = claims.get("exp")
    expires = datetime.fromtimestamp(until, UTC) if isinstance(until, int | float) else None
    return TokenIdentity(namespace=namespace, account=account, expires=expires)


def _claims(token: str) -> dict[str, object]:
    parts = token.split(".")
    try:
        found = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (IndexError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
