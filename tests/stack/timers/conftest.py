"""A home with a policy, a record, and an incident; time is an argument."""

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import yaml

from blocks.clients import clients
from blocks.record import Record
from outage.incidents.incident import Incident
from outage.incidents.severity import Severity
from tests.blocks.channels.sent_messages import NOON

_numbers = count()
PAGER = {"kind": "pagerduty", "routing_key": {"env": "NOT_THERE"}, "drills": False}
CHAT = {"kind": "slack", "token": {"env": "NOT_THERE"}, "channel": "C0INCIDENTS"}
RUNGS = {"L1": ["managers"], "L2": ["ana"], "L3": ["bob"], "L4": ["bosses"]}
PEOPLE: dict[str, Any] = {"ana": {}, "bob": {}, "eve": {}, "max": {}}


@pytest.fixture
def home(tmp_path: Path, record_dsn: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A home of the test's own; its record is the session's."""
    monkeypatch.setenv("OUTAGE_HOME", str(tmp_path))
    monkeypatch.setenv("OUTAGE_RECORD_DSN", record_dsn)
    monkeypatch.setenv("OUTAGE_CONTEXT", "prod-eu")
    clients.cache_clear()
    yield tmp_path
    clients().record.close()
    clients.cache_clear()


@pytest.fixture
def policy(home: Path) -> Callable[..., None]:
    """Write the policy file."""

    def write(**more: Any) -> None:
        given = {
            "version": 1,
            "people": PEOPLE,
            "approvers": {"managers": ["max"], "bosses": ["eve", "max"]},
            "escalation": {"rungs": RUNGS},
            "channels": {"pager": PAGER, "chat": CHAT},
        }
        (home / "policy.yaml").write_text(yaml.safe_dump(given | more), encoding="utf-8")

    write()
    return write


@pytest.fixture
def record(home: Path) -> Record:
    """The record of the home."""
    return clients().record


@pytest.fixture
def incident(record: Record) -> Incident:
    """An open P1, opened at noon."""
    made = record.open_incident(f"timers-{next(_numbers)}", "auth is down", NOON)[0]
    return record.update(made.id, severity=Severity.P1)
