"""Where a platform's credentials are: references in its file or in Prefect Blocks, followed when they are used."""

import base64
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from blocks.access.block_types import BLOCK_TYPES
from blocks.access.credentials import follow_reference, kubeconfig_of, read_block, with_blocks
from outage.errors import ClusterMissing, FileError
from outage.kubernetes.objects import ObjectRef
from outage.platforms.access import ClusterReference, DatabaseReference, MonitoringReference
from outage.platforms.platform import BlockNames, Database, Platform
from outage.value import Manifest
from tests.blocks.fake_api import fake_api

SECRET = ObjectRef(kind="Secret", namespace="ops", name="db")
PASSWORD = "correct-horse-battery"


def secret(asked: ObjectRef) -> Manifest:
    """A cluster with one Secret."""
    if asked != SECRET:
        raise ClusterMissing(f"read {asked}: it is not there")
    return {"data": {"password": base64.b64encode(f"{PASSWORD}\n".encode()).decode()}}


def test_each_form_of_a_reference_leads_to_its_credential(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the line break that editors put at the end."""
    (tmp_path / "password").write_text(f"{PASSWORD}\n")
    monkeypatch.setenv("DB_PASSWORD", PASSWORD)

    for reference in (f"file:{tmp_path}/password", "env:DB_PASSWORD", "kubernetes:ops/db/password"):
        assert follow_reference(reference, secret) == PASSWORD


@pytest.mark.parametrize(
    ("reference", "says"),
    [
        ("file:/nowhere/password", "follow file:/nowhere/password ("),
        ("env:NOT_SET_ANYWHERE", "follow env:NOT_SET_ANYWHERE (NOT_SET_ANYWHERE is not there"),
        ("kubernetes:ops/db/other", "follow kubernetes:ops/db/other (other is not there"),
        ("kubernetes:ops/other/password", "follow kubernetes:ops/other/password (read secret/other in ops"),
    ],
)
def test_a_reference_that_leads_to_nothing_is_one_sentence(reference: str, says: str) -> None:
    """It names the reference, which is no secret."""
    with pytest.raises(FileError, match=re.escape(says)):
        follow_reference(reference, secret)


@pytest.mark.parametrize(
    "given",
    [PASSWORD, "file:relative", "env:1BAD", "kubernetes:ops/db", "secret:Ops/db/key", "vault:a/b", ""],
)
def test_what_is_no_reference_is_refused_without_being_repeated(given: str) -> None:
    """Somebody pasted the credential itself: it must not stand in the error."""
    with pytest.raises(ValidationError) as refused:
        DatabaseReference(reader_username="r", reader_password=given)

    said = str(refused.value.errors(include_input=False)[0]["msg"])
    assert "file:/PATH" in said or "pattern" in said
    assert PASSWORD not in said


def test_a_kubeconfig_out_of_a_secret_is_a_file_for_its_owner_alone(tmp_path: Path) -> None:
    """Our connection reads files."""
    path = Path(kubeconfig_of("kubernetes:ops/db/password", tmp_path / "run", secret))

    assert path.read_text() == PASSWORD
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_kubeconfig_in_a_file_is_that_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And a variable may hold its path."""
    monkeypatch.setenv("MY_CONFIG", "/etc/one/config")

    assert kubeconfig_of("file:/etc/one/config", tmp_path, secret) == "/etc/one/config"
    assert kubeconfig_of("env:MY_CONFIG", tmp_path, secret) == "/etc/one/config"


@contextmanager
def server(**documents: dict[str, Any]) -> Iterator[str]:
    """A Prefect server with some Block documents, by `slug/name`."""

    def answer(path: str, _: dict[str, str]) -> tuple[int, Any]:
        for name, data in documents.items():
            slug, _, document = name.replace("_", "-").rpartition("--")
            if path == f"/block_types/slug/{slug}/block_documents/name/{document}":
                return 200, {"data": data}
        return 404, {"detail": "Block document not found"}

    with fake_api(answer) as (_, api):
        yield api.address


def test_a_platform_is_filled_in_from_the_blocks_that_it_names() -> None:
    """The documents stand for the sections of the file."""
    platform = Platform(
        name="shop",
        namespace="shop",
        database=Database(service="db", name="shop", credentials_secret="old"),
        blocks=BlockNames(cluster="prod", database="prod", monitoring="prod"),
    )
    documents = {
        "cluster_access__prod": {"reader_kubeconfig": "file:/etc/reader", "context": "prod"},
        "database_access__prod": {"reader_username": "watcher", "reader_password": "env:DB_PASSWORD"},
        "monitoring_access__prod": {"prometheus": "https://prom.example", "token": "file:/etc/token"},
    }
    with server(**documents) as url:
        filled = with_blocks(platform, url)

    assert filled.cluster == ClusterReference(reader_kubeconfig="file:/etc/reader", context="prod")
    assert filled.database
    assert filled.database.access
    assert filled.database.access.reader_username == "watcher"
    assert (filled.monitoring.prometheus, filled.monitoring.token) == (
        "https://prom.example",
        "file:/etc/token",
    )


def test_a_platform_that_names_no_block_asks_no_server() -> None:
    """Nothing listens there."""
    platform = Platform(name="shop", namespace="shop")

    assert with_blocks(platform, "http://127.0.0.1:9") == platform


def test_a_document_that_is_not_there_is_one_sentence() -> None:
    """With the place where it is made."""
    with (
        server() as url,
        pytest.raises(FileError, match="cluster-access/prod: the server has none of that name"),
    ):
        read_block(url, "cluster-access", "prod", ClusterReference)


def test_a_document_with_a_pasted_password_is_refused_without_showing_it() -> None:
    """Prefect took it; we do not use it, and say why."""
    wrong = {"reader_username": "r", "reader_password": PASSWORD}
    with server(database_access__prod=wrong) as url, pytest.raises(FileError) as refused:
        read_block(url, "database-access", "prod", DatabaseReference)

    assert "reader_password" in str(refused.value)
    assert PASSWORD not in str(refused.value)


@pytest.mark.parametrize(
    ("block_type", "reference"),
    zip(BLOCK_TYPES, (ClusterReference, DatabaseReference, MonitoringReference), strict=True),
    ids=lambda one: one.__name__,
)
def test_a_block_type_has_the_fields_of_its_reference_and_no_secret(block_type: Any, reference: Any) -> None:
    """What Prefect shows to every caller is where a credential is."""
    schema = block_type.model_json_schema()

    assert set(reference.model_fields) <= set(schema["properties"])
    assert schema["secret_fields"] == []
    assert block_type.get_block_type_slug() == block_type._block_type_slug
    assert all(schema["properties"][name].get("description") for name in reference.model_fields)
