"""As whom to speak to the platform's PostgreSQL: the reading or the writing role, and its password."""

import base64
from dataclasses import dataclass, field
from typing import Literal

from blocks.access.credentials import SecretReader, follow_reference
from blocks.kubernetes import Cluster
from blocks.kubernetes.api_client import ANSWER_SECONDS
from outage.errors import ClusterError, DatabaseRefused, FileError
from outage.kubernetes.objects import ObjectRef
from outage.platforms.access import DatabaseReference
from outage.platforms.platform import Database
from outage.value import Manifest

Role = Literal["reader", "writer"]


@dataclass(frozen=True)
class DatabaseCredentials:
    """A role and its password; printing it shows no password."""

    username: str
    password: str = field(repr=False)


def database_credentials(
    role: Role, cluster: Cluster, place: Database, namespace: str, within_seconds: float = ANSWER_SECONDS
) -> DatabaseCredentials:
    """The credentials of a role: from the platform's references, else from the Secret that it names.

    Args:
        role: Which of the two.
        cluster: Reads Secrets, as the identity that may.
        place: Which database.
        namespace: Of the Secret.
        within_seconds: For each read of a Secret.

    Raises:
        DatabaseRefused: There are none, or they may not be read. Permanent.
    """
    what = f"{'ask' if role == 'reader' else 'write to'} {place.name}"

    def secret(ref: ObjectRef) -> Manifest:
        return cluster.get(ref, within_seconds=within_seconds)

    try:
        if place.access:
            return _by_reference(role, place.access, what, secret)
        if not place.credentials_secret:
            raise DatabaseRefused(f"{what}: the platform file names no credentials_secret for it")
        ref = ObjectRef(kind="Secret", name=place.credentials_secret, namespace=namespace)
        data = secret(ref).get("data") or {}
        return DatabaseCredentials(
            *(base64.b64decode(data[f"{role}-{key}"]).decode() for key in ("username", "password"))
        )
    except KeyError as error:
        raise DatabaseRefused(f"{what}: {ref} has no key {error}") from error
    except (ClusterError, FileError) as error:
        raise DatabaseRefused(f"{what}: its credentials cannot be read ({error})") from error


def _by_reference(
    role: Role, access: DatabaseReference, what: str, secret: SecretReader
) -> DatabaseCredentials:
    if role == "reader":
        return DatabaseCredentials(access.reader_username, follow_reference(access.reader_password, secret))
    if access.writer_username is None or access.writer_password is None:
        raise DatabaseRefused(f"{what}: its access names no writing role")
    return DatabaseCredentials(access.writer_username, follow_reference(access.writer_password, secret))
