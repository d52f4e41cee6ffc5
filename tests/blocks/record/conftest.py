"""A record on a real PostgreSQL, and incidents of every test's own."""

from itertools import count

import pytest

from blocks.record import Record
from outage.incidents.incident import Incident
from tests.blocks.record.written import NOON

_keys = count()


@pytest.fixture
def key() -> str:
    """An incident key that no other test has."""
    return f"key-{next(_keys)}"


@pytest.fixture
def incident(record: Record, key: str) -> Incident:
    """A fresh open incident."""
    return record.open_incident(key, "auth-service is down", NOON)[0]
