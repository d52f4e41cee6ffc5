"""An incident that is answered in this process; the letterbox, on a real record before a server that remembers."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import httpx
import pytest
from fastapi.testclient import TestClient

from blocks.prefect_api import PrefectApi
from blocks.record import Record
from flows.receive import Letterbox
from flows.receive_http import app
from stack.postgres import make_databases, with_database
from tests.flows.deliveries import MINUTE, NOON
from tests.flows.prefect_double import PrefectDouble, served
from tests.flows.story import Story, begun, opened

NUMBERS = count(1)
_names = count()


@pytest.fixture
def story(record_dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Story]:
    """An incident of its own, which recovers at the first plan unless told otherwise."""
    with opened(record_dsn, tmp_path, monkeypatch) as there:
        yield begun(there.record, monkeypatch, f"respond-{next(NUMBERS)}")  # type: ignore[arg-type]


@pytest.fixture
def prefect() -> Iterator[PrefectDouble]:
    """A server that remembers."""
    with served() as double:
        yield double


@pytest.fixture(scope="module")
def record(postgres: str) -> Iterator[Record]:
    """A real record of our own: the reconciler takes up what others leave lying."""
    make_databases(postgres, "receive")
    with Record.open(with_database(postgres, "receive")) as opened:
        yield opened


@pytest.fixture
def letterbox(record: Record, prefect: PrefectDouble) -> Letterbox:
    """The letterbox between them."""
    return Letterbox(record, PrefectApi(prefect.url), reopen_within=2 * MINUTE)


@pytest.fixture
def namespace() -> str:
    """A namespace that no other test has."""
    return f"receive-{next(_names)}"


@pytest.fixture
def client(letterbox: Letterbox, tmp_path: Path) -> Iterator[httpx.Client]:
    """A sender that knows the word."""
    (tmp_path / "token").write_text("word")
    made = app(letterbox, tmp_path / "token", lambda: NOON)
    with TestClient(made, raise_server_exceptions=False) as sender:
        sender.headers["Authorization"] = "Bearer word"
        yield sender
