"""Following references to credentials: what a Block document names is read when it is used, and kept nowhere.

The documents come from the server's API over plain HTTP: Prefect's own client takes seconds to import.
"""

import base64
import os
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from blocks.prefect_api import PrefectApi, PrefectMissing
from outage.errors import FileError, OutageError, cut
from outage.kubernetes.objects import ObjectRef
from outage.platforms.access import ClusterReference, DatabaseReference, MonitoringReference
from outage.platforms.platform import Platform
from outage.value import Manifest, Value

Found = TypeVar("Found", bound=Value)
SecretReader = Callable[[ObjectRef], Manifest]
"""Reads a Kubernetes Secret with the identity of whoever asks."""


def read_block(api_url: str, slug: str, name: str, reference: type[Found]) -> Found:
    """What a Block document says.

    Args:
        api_url: Of the Prefect server.
        slug: Of the Block type: `cluster-access`.
        name: Of the document, as the platform file has it.
        reference: The value that documents of this type hold.

    Raises:
        FileError: There is no such document, or it does not fit. Permanent.
        PrefectUnreachable: The server is away. Transient.
    """
    what = f"read the Prefect block {slug}/{name}"
    try:
        with PrefectApi(api_url) as api:
            found = api.ask("GET", f"/block_types/slug/{slug}/block_documents/name/{name}")
    except PrefectMissing as error:
        raise FileError(
            f"{what}: the server has none of that name; make it in the UI under Blocks"
        ) from error
    try:
        fields = {key: value for key, value in found["data"].items() if key in reference.model_fields}
        return reference.model_validate(fields)
    except (ValidationError, KeyError, TypeError) as error:
        raise FileError(f"{what}: {_complaint(error)}") from error


def with_blocks(platform: Platform, api_url: str) -> Platform:
    """A platform with what its Block documents say in the place of the sections that they stand for.

    Raises:
        FileError: A document is not there or does not fit, or the file names a database document and no database.
        PrefectUnreachable: The server is away. Transient.
    """
    named = platform.blocks
    filled: dict[str, Value] = {}
    if named.cluster:
        filled["cluster"] = read_block(api_url, "cluster-access", named.cluster, ClusterReference)
    if named.database:
        if platform.database is None:
            raise FileError(
                f"use the Prefect block {named.database}: the platform file describes no database"
            )
        access = read_block(api_url, "database-access", named.database, DatabaseReference)
        filled["database"] = platform.database.model_copy(update={"access": access})
    if named.monitoring:
        found = read_block(api_url, "monitoring-access", named.monitoring, MonitoringReference)
        filled["monitoring"] = platform.monitoring.model_copy(update=found.model_dump(exclude_none=True))
    return platform.model_copy(update=filled)


def follow_reference(reference: str, secret: SecretReader) -> str:
    """The credential that a reference leads to, without the line break at its end.

    Args:
        reference: `file:/PATH`, `env:NAME` or `kubernetes:NAMESPACE/SECRET/KEY`.
        secret: Reads a Kubernetes Secret.

    Raises:
        FileError: It leads to nothing. Permanent.
    """
    form, _, place = reference.partition(":")
    try:
        match form:
            case "file":
                return Path(place).read_text(encoding="utf-8").rstrip("\r\n")
            case "env":
                return os.environ[place]
            case _:
                return _secret_value(place, secret)
    except KeyError as error:
        raise FileError(f"follow {reference} ({error.args[0]} is not there)") from error
    except (OSError, ValueError, OutageError) as error:
        raise FileError(f"follow {reference} ({cut(str(error))})") from error


def _secret_value(place: str, secret: SecretReader) -> str:
    namespace, name, key = place.split("/")
    data = secret(ObjectRef(kind="Secret", namespace=namespace, name=name)).get("data") or {}
    return base64.b64decode(data[key]).decode().rstrip("\r\n")


def kubeconfig_of(reference: str, folder: Path, secret: SecretReader) -> str:
    """The path of a kubeconfig: the file itself, or one that only its owner reads, for what is in no file.

    Args:
        reference: To a kubeconfig; as a variable it holds the text, or a path to it.
        folder: Where to put what is in no file.
        secret: Reads a Kubernetes Secret.

    Raises:
        FileError: It leads to nothing. Permanent.
    """
    form, _, place = reference.partition(":")
    if form == "file":
        return place
    text = follow_reference(reference, secret)
    if form == "env" and "\n" not in text:
        return text
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / (reference.replace(":", "-").replace("/", "-") + ".kubeconfig")
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
    return str(path)


def _complaint(error: Exception) -> str:
    """What is wrong with a document, without what stands in it."""
    if isinstance(error, ValidationError):
        first = error.errors(include_input=False)[0]
        return f"{'.'.join(str(part) for part in first['loc'])}: {first['msg'].removeprefix('Value error, ')}"
    return "it holds no data"
