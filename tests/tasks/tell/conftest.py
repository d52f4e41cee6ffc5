"""A home with a policy and a record, as the timers have it, and incidents of these tests' own."""

from itertools import count

import pytest

from blocks.record import Record
from outage.incidents.incident import Incident
from outage.incidents.severity import Severity
from tests.blocks.channels.sent_messages import NOON
from tests.stack.timers.conftest import home, policy, record

__all__ = ["home", "policy", "record"]
_keys = count()


@pytest.fixture
def incident(record: Record) -> Incident:
    """An open P1, opened at noon."""
    made = record.open_incident(f"told-{next(_keys)}", "auth is down", NOON)[0]
    return record.update(made.id, severity=Severity.P1)
