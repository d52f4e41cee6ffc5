"""The intake, on a real record before a server that remembers."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import httpx
import pytest
from fastapi.testclient import TestClient

from blocks.prefect_api import PrefectApi
from blocks.record import Record
from stack.intake.deliveries import Intake
from stack.intake.http_app import intake_app
from tests.stack.intake.prefect_double import PrefectDouble, served
from tests.stack.intake.sent_deliveries import MINUTE, NOON

_names = count()


@pytest.fixture
def prefect() -> Iterator[PrefectDouble]:
    """A server that remembers."""
    with served() as double:
        yield double


@pytest.fixture(scope="module")
def record(module_dsn: str) -> Iterator[Record]:
    """A real record of the module's own: the reconciler takes up what others leave lying."""
    with Record.open(module_dsn) as opened:
        yield opened


@pytest.fixture
def intake(record: Record, prefect: PrefectDouble) -> Intake:
    """The intake between them."""
    return Intake(record, PrefectApi(prefect.url), reopen_within=2 * MINUTE)


@pytest.fixture
def namespace() -> str:
    """A namespace that no other test has."""
    return f"receive-{next(_names)}"


@pytest.fixture
def client(intake: Intake, tmp_path: Path) -> Iterator[httpx.Client]:
    """A sender that knows the word."""
    (tmp_path / "token").write_text("word")
    made = intake_app(intake, tmp_path / "token", lambda: NOON)
    with TestClient(made, raise_server_exceptions=False) as sender:
        sender.headers["Authorization"] = "Bearer word"
        yield sender
