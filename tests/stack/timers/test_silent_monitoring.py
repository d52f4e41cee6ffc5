"""The monitoring's Watchdog: nobody is called while it is heard, somebody once it is not, and its return is said."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from blocks.clients import clients
from blocks.record import Record
from blocks.record.record_pool import connect_record
from outage.people.escalation import Rung
from outage.people.outbox_message import MessageKind, OutboxMessage
from outage.people.watchdog import WatchdogRules, WatchdogState, watchdog_due
from tasks.doctor.connectivity import examine_watchdog, examine_watchdogs
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
    look_after_monitoring(at(14))
    assert [one.what for one in told(waiting, at(11), "")] == [
        MessageKind.ALERT,
        MessageKind.PAGE,
        MessageKind.RESOLVED,
        MessageKind.CALLED_OFF,
    ]
    assert [one.cluster for one in waiting.watchdogs()] == ["eu"]


def test_the_first_that_is_heard_is_the_one_that_was_waited_for(waiting: Record) -> None:
    """Nobody waits on for a cluster without a name."""
    look_after_monitoring(NOON)
    waiting.hear_watchdog("eu", at(1))
    look_after_monitoring(at(2))

    assert [one.cluster for one in waiting.watchdogs()] == ["eu"]


WAITS = {"silent_after": "10m"}


@pytest.mark.parametrize(
    ("clusters", "heard", "missed"),
    [
        pytest.param(("eu", "us"), ("eu", "us"), [], id="both are heard"),
        pytest.param(("eu", "us"), ("eu",), ["us"], id="a further cluster is silent from the beginning"),
        pytest.param(("eu", "us"), (), ["eu", "us"], id="none was ever heard"),
        pytest.param(("eu", ""), ("eu",), [""], id="one file gives its cluster no name"),
        pytest.param(("eu", "eu"), (), ["eu"], id="two platforms of one cluster are one monitoring"),
        pytest.param((), (), [""], id="no platform file: whatever is heard first"),
        pytest.param((), ("eu",), [], id="no platform file, and something was heard"),
    ],
)
def test_each_cluster_of_a_platform_file_is_waited_for_by_name(
    waiting: Record, home: Path, clusters: tuple[str, ...], heard: tuple[str, ...], missed: list[str]
) -> None:
    """From the start on, whether or not it ever was heard; that another one lives is no sign of its life."""
    for number, cluster in enumerate(clusters):
        write_platform(home, f"shop-{number}", cluster)
    for minute in range(12):
        for cluster in heard:
            waiting.hear_watchdog(cluster, at(minute))
        look_after_monitoring(at(minute))

    assert [one.cluster for one in waiting.watchdogs() if one.lost_at] == missed
    assert all(told(waiting, at(11), one) for one in missed)


def test_a_cluster_that_no_platform_is_of_any_more_is_given_up(waiting: Record, home: Path) -> None:
    """It never was heard: whoever was called for it is called off, and nobody waits on."""
    gone = write_platform(home, "mail", "us")
    write_platform(home, "shop", "eu")
    look_after_monitoring(NOON)
    waiting.hear_watchdog("eu", at(10))
    look_after_monitoring(at(11))
    gone.write_text("version: 1\nname: [half of\n", encoding="utf-8")
    look_after_monitoring(at(12))
    assert [one.what for one in told(waiting, at(11), "us")] == [MessageKind.ALERT, MessageKind.PAGE]

    gone.unlink()
    look_after_monitoring(at(13))
    look_after_monitoring(at(14))
    assert [one.what for one in told(waiting, at(11), "us")][2:] == [
        MessageKind.RESOLVED,
        MessageKind.CALLED_OFF,
    ]
    assert "is not waited for any more" in told(waiting, at(11), "us")[2].body.text
    assert [one.cluster for one in waiting.watchdogs()] == ["eu"]


def write_platform(home: Path, name: str, cluster: str) -> Path:
    """A platform file of the home's, on a cluster of that name."""
    (home / "platforms").mkdir(exist_ok=True)
    path = home / "platforms" / f"{name}.yaml"
    given = {"version": 1, "name": name, "namespace": name}
    path.write_text(
        yaml.safe_dump(given | ({"cluster": {"name": cluster}} if cluster else {})), encoding="utf-8"
    )
    return path


@pytest.mark.parametrize(
    ("heard", "ok", "says"),
    [
        (NOON, True, "the monitoring of cluster us was heard 5 min ago"),
        (NOON - timedelta(hours=1), False, "the monitoring of cluster us was heard last 1 h 5 min ago"),
        (None, False, "the monitoring of cluster us was never heard: route its Watchdog alert to our intake"),
    ],
)
def test_the_doctor_says_which_monitoring_is_not_heard(heard: datetime | None, ok: bool, says: str) -> None:
    """A response works without it, so it is no reason to fail; but nobody would be told of an outage."""
    state = WatchdogState(cluster="us", heard_at=heard, expected_at=at(4))
    found = examine_watchdog(state, timedelta(minutes=10), at(5))

    assert (found.ok, found.needed) == (ok, False)
    assert found.says.startswith(says)


def test_the_doctor_names_each_cluster_that_is_waited_for(waiting: Record, home: Path) -> None:
    """Also when the timers have not begun to wait."""
    for cluster in ("eu", "us"):
        write_platform(home, cluster, cluster)
    waiting.hear_watchdog("eu", datetime.now(UTC))
    found = {one.says.split(" was ")[0]: one.ok for one in examine_watchdogs(clients())}

    assert found == {"the monitoring of cluster eu": True, "the monitoring of cluster us": False}


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
