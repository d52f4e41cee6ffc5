"""A record on a real PostgreSQL, and incidents of every test's own."""

from collections.abc import Iterator
from itertools import count

import pytest

from blocks.record import Record
from outage.incidents.incident import Incident
from tests.blocks.record.written import NOON

_keys = count()


@pytest.fixture(scope="module")
def record(record_dsn: str) -> Iterator[Record]:
    """The record itself."""
    with Record.open(record_dsn) as opened:
        yield opened


@pytest.fixture
def key() -> str:
    """An incident key that no other test has."""
    return f"key-{next(_keys)}"


@pytest.fixture
def incident(record: Record, key: str) -> Incident:
    """A fresh open incident."""
    return record.open_incident(key, "auth-service is down", NOON)[0]
