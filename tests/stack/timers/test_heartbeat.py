"""Our own sign of life: given while all is well, kept back when it is not, and never a reason to stop."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from blocks.settings import Settings
from outage.people.watchdog import WatchdogState
from stack.timers.heartbeat import HeartbeatState, give_heartbeat, keep_heartbeat, last_heartbeat
from stack.watch_status import heartbeat_line, watchdog_lines, with_awaited
from tests.blocks.channels.fake_service import Asked, FakeService, Given, serving
from tests.blocks.channels.sent_messages import NOON

SECRET = "0c5b8f6e-2222-4444-8888-d0d0d0d0d0d0"
MINUTE = timedelta(minutes=1)


class Snitch(FakeService):
    """A service that counts signs of life."""

    status = 200

    def answer(self, asked: Asked) -> Given:
        """By path: the secret is the path."""
        return Given(self.status if asked.path == f"/{SECRET}" else 404, {})


@pytest.fixture
def snitch() -> Iterator[Snitch]:
    """The service."""
    with serving(Snitch()) as up:
        yield up


def settings(home: Path, url: str, method: str = "GET") -> Settings:
    """Settings with that URL."""
    return Settings(home=home, heartbeat_url=url, heartbeat_method=method)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_sign_of_life_is_given_while_all_is_well(tmp_path: Path, snitch: Snitch, method: str) -> None:
    """Asked once, as the service wants it."""
    state = give_heartbeat(settings(tmp_path, f"{snitch.url}/{SECRET}", method), lambda _: [], NOON)

    assert (state.given, state.says) == (True, "")
    assert [one.method for one in snitch.asked] == [method]


def test_none_is_given_when_something_is_sick(tmp_path: Path, snitch: Snitch) -> None:
    """That is what calls somebody."""
    sick = ["runner: its loop did not go round for 90 s"]
    state = give_heartbeat(settings(tmp_path, f"{snitch.url}/{SECRET}"), lambda _: sick, NOON)

    assert not state.given
    assert state.says == "no sign of life was given: runner: its loop did not go round for 90 s"
    assert snitch.asked == []


@pytest.mark.parametrize("broken", ["status", "away", "no URL"])
def test_a_url_that_fails_is_said_without_its_secret(tmp_path: Path, snitch: Snitch, broken: str) -> None:
    """It is the URL itself that is secret."""
    snitch.status = 503
    url = {
        "status": f"{snitch.url}/{SECRET}",
        "away": f"http://127.0.0.1:9/{SECRET}",
        "no URL": f"ht!tp:{SECRET}",
    }
    state = give_heartbeat(settings(tmp_path, url[broken]), lambda _: [], NOON)
    keep_heartbeat(settings(tmp_path, url[broken]), state)
    line = heartbeat_line(url[broken], last_heartbeat(settings(tmp_path, url[broken])), NOON)

    assert line is not None
    assert line.wrong
    assert not state.given
    assert SECRET not in str(line) + state.model_dump_json()


def test_status_says_when_nobody_tries_any_more() -> None:
    """The timers are dead, and nothing else would tell."""
    last = HeartbeatState(at=NOON, host="hc.example", given=True)

    lines = [heartbeat_line("https://hc.example/x", last, NOON + after) for after in (MINUTE, 10 * MINUTE)]

    assert heartbeat_line(None, None, NOON) is None
    assert [one and one.wrong for one in lines] == [None, "none was tried for 10 min"]


def test_status_says_of_each_monitoring_when_it_was_heard() -> None:
    """Wrong only where policy waits for it."""
    states = [WatchdogState(cluster="eu", heard_at=NOON, expected_at=NOON)]

    def waiting(_: str) -> timedelta:
        return timedelta(minutes=5)

    after = NOON + 6 * MINUTE

    assert [one.wrong for one in watchdog_lines(states, lambda _: None, after)] == [None]
    assert [one.wrong for one in watchdog_lines(states, waiting, NOON + MINUTE)] == [None]
    assert [one.wrong for one in watchdog_lines(states, waiting, after)] == ["silent for 6 min"]


def test_status_names_a_monitoring_that_is_waited_for_and_was_never_heard() -> None:
    """Also while the timers have not begun to wait."""
    states = with_awaited([WatchdogState(cluster="eu", heard_at=NOON, expected_at=NOON)], ("us", "eu"), NOON)
    lines = list(watchdog_lines(states, lambda _: 5 * MINUTE, NOON))

    assert [one.what for one in lines] == [
        "the monitoring of cluster eu, heard last 2030-01-01 12:00:00 UTC",
        "the monitoring of cluster us, never heard",
    ]
    assert [one.wrong for one in lines] == [None, None]
