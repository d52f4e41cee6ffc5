"""A pool's worker that is cut off: its people are told and called once, and told when it is back."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from blocks.clients import clients
from blocks.record import Record
from blocks.record.process_leases import LeaseOwner
from outage.people.outbox_message import MessageKind, OutboxMessage
from tasks.watch.silent_workers import look_after_workers, silence_id
from tests.blocks.channels.sent_messages import NOON

WORKER = LeaseOwner(machine="edge/boot/ns", pid=7, born=1)
PLATFORM = "version: 1\nname: {0}\nnamespace: {0}\npool: {1}\ncluster: {{name: {0}}}\n"
POLICY: dict[str, Any] = {
    "version": 1,
    "people": {"ana": {}, "max": {}},
    "approvers": {"managers": ["max"]},
    "escalation": {"rungs": {"L1": ["managers"], "L2": ["ana"]}},
    "channels": {
        "pager": {"kind": "pagerduty", "routing_key": {"env": "NOT_THERE"}, "drills": False},
        "chat": {"kind": "slack", "token": {"env": "NOT_THERE"}, "channel": "C0INCIDENTS"},
    },
}


@pytest.fixture
def record(tmp_path: Path, module_dsn: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Record]:
    """A home with two platforms in two pools, both carried."""
    (tmp_path / "platforms").mkdir()
    for name, pool in (("shop", "frankfurt"), ("pay", "lyon")):
        (tmp_path / f"platforms/{name}.yaml").write_text(PLATFORM.format(name, pool))
    (tmp_path / "policy.yaml").write_text(yaml.safe_dump(POLICY))
    monkeypatch.setenv("OUTAGE_HOME", str(tmp_path))
    monkeypatch.setenv("OUTAGE_RECORD_DSN", module_dsn)
    clients.cache_clear()
    opened = clients().record
    opened.rows("begin anew", "delete from outage.process_lease")
    opened.rows("begin anew", "delete from outage.silent_pool")
    opened.rows("begin anew", "delete from outage.outbox")
    for pool in ("frankfurt", "lyon"):
        opened.take_lease(f"runner/{pool}", WORKER, 3600)
    yield opened
    opened.close()
    clients.cache_clear()


def at(seconds: float) -> datetime:
    """So many seconds after noon."""
    return NOON + timedelta(seconds=seconds)


def told(record: Record, pool: str, since: datetime) -> list[tuple[MessageKind, str, str]]:
    """What was said of one silence."""
    return [(one.what, one.channel, one.turn) for one in said(record, pool, since)]


def said(record: Record, pool: str, since: datetime) -> list[OutboxMessage]:
    """The messages themselves."""
    return record.messages(silence_id(pool, since))


def nothing_told(record: Record) -> bool:
    """Whether nobody was told anything."""
    return record.channels_waiting() == []


def test_while_workers_renew_their_leases_nobody_is_told(record: Record) -> None:
    """Nor of a pool that none ever carried, nor of one that is followed within a minute."""
    record.rows("as if none ever came", "delete from outage.process_lease where name = 'runner/lyon'")
    for second in range(0, 300, 30):
        look_after_workers(at(second))
    record.give_lease_back("runner/frankfurt", WORKER)
    look_after_workers(at(300))
    look_after_workers(at(350))
    record.take_lease("runner/frankfurt", WORKER.model_copy(update={"pid": 8}), 3600)
    look_after_workers(at(355))
    look_after_workers(at(500))

    assert nothing_told(record)


def test_a_silent_worker_is_told_and_called_once_and_its_return_closes_the_page(record: Record) -> None:
    """The other pool's people hear of nothing; a later silence is another thread."""
    record.give_lease_back("runner/lyon", WORKER)
    for second in (0, 30, 59, 60, 61, 90):
        look_after_workers(at(second))

    assert told(record, "lyon", NOON) == [
        (MessageKind.ALERT, "chat", "1"),
        (MessageKind.PAGE, "pager", "L1/max"),
    ]
    text = said(record, "lyon", NOON)[0].body.text
    assert "No worker carries pool lyon: outages of pay are not answered" in text
    assert "None showed itself since 2030-01-01 12:00:00 UTC. Alerts are kept and wait for it." in text
    look_after_workers(at(60 + 30 * 60))
    assert told(record, "lyon", NOON)[2:] == [(MessageKind.PAGE, "pager", "L2/ana")]

    record.take_lease("runner/lyon", WORKER, 3600)
    for second in (2000, 2001):
        look_after_workers(at(second))
    assert [one[0] for one in told(record, "lyon", NOON)[3:]] == [
        MessageKind.RESOLVED,
        MessageKind.CALLED_OFF,
        MessageKind.CALLED_OFF,
    ]
    assert "is back after 33 min 20 s: what waited is answered now" in said(record, "lyon", NOON)[3].body.text

    record.give_lease_back("runner/lyon", WORKER)
    for second in (3000, 3100):
        look_after_workers(at(second))
    assert len(told(record, "lyon", at(3000))) == 2
    assert record.silent_pools() == {"lyon": at(3000)}
