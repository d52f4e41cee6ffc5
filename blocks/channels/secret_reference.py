"""Reading a secret from where it stands; nothing but the channel that needs it ever holds it."""

import base64
import binascii
import os
from contextlib import closing

from blocks.kubernetes import Cluster
from blocks.settings import Settings
from outage.errors import ChannelUnusable, ClusterError, FileError, cut
from outage.kubernetes.objects import ObjectRef
from outage.people.channel_settings import SecretKey, SecretReference


def read_secret(reference: SecretReference) -> str:
    """The secret.

    Raises:
        ChannelUnusable: It is not there, cannot be read or is empty; says where, never what.
    """
    try:
        found = _found(reference).strip()
    except (OSError, UnicodeDecodeError, FileError, ClusterError, binascii.Error) as error:
        raise ChannelUnusable(f"read the secret in {reference}: {cut(str(error))}") from error
    if not found:
        raise ChannelUnusable(f"read the secret in {reference}: it is not there, or empty")
    return found


def _found(reference: SecretReference) -> str:
    if reference.file is not None:
        return reference.file.expanduser().read_text(encoding="utf-8")
    if reference.secret is not None:
        return _in_cluster(reference.secret)
    return os.environ.get(reference.env or "", "")


def _in_cluster(key: SecretKey) -> str:
    settings = Settings()
    path = settings.reader_kubeconfig or settings.kubeconfig
    with closing(Cluster.from_kubeconfig(path, context=settings.context, identity="reader")) as cluster:
        ref = ObjectRef(kind="Secret", namespace=key.namespace, name=key.name)
        data = cluster.get(ref).get("data") or {}
    return base64.b64decode(str(data.get(key.key, ""))).decode("utf-8")
