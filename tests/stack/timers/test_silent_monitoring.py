"""The monitoring's Watchdog: nobody is called while it is heard, somebody once it is not, and its return is said."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from blocks.record import Record
from blocks.record.record_pool import connect_record
from outage.people.escalation import Rung
from outage.people.outbox_message import MessageKind, OutboxMessage
from outage.people.watchdog import WatchdogRules, WatchdogState, watchdog_due
from tasks.tell.silent_monitoring import look_after_monitoring
from tests.blocks.channels.sent_messages import NOON

RULES = WatchdogRules(silent_after=timedelta(minutes=10))
LADDER = (Rung.L1, Rung.L2)
PAGE = {
    "kind": "statuspage",
    "page": "p",
    "token": {"env": "NOT_THERE"},
    "severities": ["P1"],
    "without_yes": True,
}


def at(minutes: float) -> datetime:
    """So many minutes after noon."""
    return NOON + timedelta(minutes=minutes)


@pytest.mark.parametrize(
    ("heard", "lost", "now", "due"),
    [
        pytest.param(0, None, 10, (False, False, ()), id="it is heard in time"),
        pytest.param(0, None, 10.1, (True, False, (Rung.L1,)), id="it is not"),
        pytest.param(None, None, 10.1, (True, False, (Rung.L1,)), id="it never was"),
        pytest.param(0, 11, 40, (True, False, (Rung.L1,)), id="nobody mended it for half an hour"),
        pytest.param(0, 11, 41, (True, False, LADDER), id="then the next rung is called"),
        pytest.param(0, 11, 500, (True, False, LADDER), id="and nobody after the last"),
        pytest.param(12, 11, 13, (False, True, ()), id="it is back"),
    ],
)
def test_who_is_called_follows_from_the_clock(
    heard: float | None, lost: float | None, now: float, due: Any
) -> None:
    """Healthy first."""
    state = WatchdogState(
        cluster="eu",
        heard_at=None if heard is None else at(heard),
        expected_at=NOON,
        lost_at=None if lost is None else at(lost),
    )
    found = watchdog_due(state, RULES, LADDER, at(now))

    assert (found.silent, found.back, found.rungs) == due


def test_a_policy_that_does_not_wait_for_it_calls_nobody() -> None:
    """Silence of what nobody set up is no news."""
    state = WatchdogState(cluster="eu", heard_at=NOON, expected_at=NOON)

    assert watchdog_due(state, WatchdogRules(), LADDER, at(9999)).rungs == ()


@pytest.fixture
def waiting(policy: Callable[..., None], record: Record) -> Iterator[Record]:
    """A policy that waits ten minutes; the session's record is left as it was."""
    _forget(record)
    policy(watchdog={"silent_after": "10m"})
    yield record
    _forget(record)


def _forget(record: Record) -> None:
    with connect_record(record.dsn) as connection:
        connection.execute("delete from outage.watchdog")
        connection.execute("delete from outage.outbox where starts_with(incident, 'watchdog-')")


def told(record: Record, lost_at: datetime, cluster: str = "eu") -> list[OutboxMessage]:
    """What was said of one silence."""
    return record.messages(WatchdogState(cluster=cluster, expected_at=lost_at).incident_at(lost_at))


def test_a_silence_is_told_and_called_once_and_its_end_closes_the_page(waiting: Record) -> None:
    """Once a minute it is looked; a night later it is silent anew, and that is another thread."""
    waiting.hear_watchdog("eu", NOON)
    for minute in (5, 10, 11, 12, 13):
        look_after_monitoring(at(minute))

    assert [(one.what, one.channel, one.turn) for one in told(waiting, at(11))] == [
        (MessageKind.ALERT, "chat", "1"),
        (MessageKind.PAGE, "pager", "L1/max"),
    ]
    assert "the monitoring of cluster eu is silent" in told(waiting, at(11))[0].body.text
    assert "It was heard last at 2030-01-01 12:00:00 UTC" in told(waiting, at(11))[0].body.text

    waiting.hear_watchdog("eu", at(14))
    look_after_monitoring(at(15))
    look_after_monitoring(at(16))
    assert [(one.what, one.channel) for one in told(waiting, at(11))][2:] == [
        (MessageKind.RESOLVED, "chat"),
        (MessageKind.CALLED_OFF, "pager"),
    ]
    assert "is heard again after 4 min" in told(waiting, at(11))[2].body.text

    look_after_monitoring(at(100))
    assert len(told(waiting, at(100))) == 2


def test_whoever_dies_between_the_mark_and_the_message_says_it_after_all(
    waiting: Record, policy: Callable[..., None]
) -> None:
    """Also where nobody can be called."""
    policy(watchdog={"silent_after": "10m"}, escalation={})
    waiting.hear_watchdog("eu", NOON)
    waiting.mark_watchdog("eu", at(11))
    look_after_monitoring(at(12))

    assert [one.what for one in told(waiting, at(11))] == [MessageKind.ALERT]


def test_what_was_never_heard_is_missed_too(waiting: Record) -> None:
    """A route that nobody wrote is as silent as a dead Alertmanager."""
    look_after_monitoring(NOON)
    look_after_monitoring(at(11))

    said = told(waiting, at(11), "")
    assert "It never was heard" in said[0].body.text
    waiting.hear_watchdog("eu", at(12))
    look_after_monitoring(at(13))
    assert said


def test_the_first_that_is_heard_is_the_one_that_was_waited_for(waiting: Record) -> None:
    """Nobody waits on for a cluster without a name."""
    look_after_monitoring(NOON)
    waiting.hear_watchdog("eu", at(1))

    assert [one.cluster for one in waiting.watchdogs()] == ["eu"]


def test_time_in_which_nobody_listened_is_no_silence(waiting: Record) -> None:
    """We were down for an hour; the monitoring has its ten minutes from our start."""
    waiting.hear_watchdog("eu", NOON)
    waiting.await_watchdogs(at(60))
    look_after_monitoring(at(65))
    assert told(waiting, at(65)) == []
    look_after_monitoring(at(71))

    assert told(waiting, at(71)) != []


def test_the_public_is_not_told(waiting: Record, policy: Callable[..., None]) -> None:
    """Nothing is known to fail."""
    policy(watchdog={"silent_after": "10m"}, channels={"public": PAGE})
    waiting.hear_watchdog("eu", NOON)
    look_after_monitoring(at(11))

    assert told(waiting, at(11)) == []


def test_a_policy_that_cannot_be_read_calls_nothing_off(waiting: Record, policy: Callable[..., None]) -> None:
    """A typing mistake is no sign of life."""
    waiting.hear_watchdog("eu", NOON)
    look_after_monitoring(at(11))
    policy(mode="nonsense")
    look_after_monitoring(at(12))

    assert [one.what for one in told(waiting, at(11))] == [MessageKind.ALERT, MessageKind.PAGE]


def test_two_clusters_are_two(waiting: Record) -> None:
    """One silent, one not."""
    waiting.hear_watchdog("eu", NOON)
    waiting.hear_watchdog("us", at(9))
    look_after_monitoring(at(11))

    assert told(waiting, at(11), "us") == []
    assert told(waiting, at(11), "eu") != []
