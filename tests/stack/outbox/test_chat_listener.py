"""Clicks over Socket Mode: a real websocket, acknowledged in time, and found again after it broke."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from outage.plans.approval import Answer
from stack.outbox.chat_listener import ChatListener
from tests.blocks.channels.slack_double import SlackDouble
from tests.blocks.channels.slack_people import ANA, STRANGER, SlackSocket, pressing, socket_mode
from tests.conftest import eventually
from tests.stack.outbox.test_outbox_process import outbox
from tests.stack.outbox.told_house import ToldHouse, told_house


@pytest.fixture
def house(tmp_path: Path, record_dsn: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[ToldHouse]:
    """A home with one chat."""
    with told_house(tmp_path, record_dsn, monkeypatch, ("slack",)) as made:
        yield made


@pytest.fixture
def slack(house: ToldHouse) -> SlackDouble:
    """Its workspace."""
    service: SlackDouble = house.services["slack"]
    return service


@pytest.fixture
def socket(slack: SlackDouble) -> Iterator[SlackSocket]:
    """Its Socket Mode."""
    with socket_mode(slack) as up:
        yield up


@pytest.fixture
def said(house: ToldHouse, socket: SlackSocket) -> Iterator[list[str]]:
    """The listener of the outbox's process at work, and what it logs."""
    stopping, lines = threading.Event(), list[str]()
    listener = ChatListener(
        house.settings, house.record, lambda: house.policy.channels, stopping, lines.append
    )
    listener.start()
    yield lines
    stopping.set()
    listener.join(10)
    assert not listener.is_alive()


def test_a_click_is_acknowledged_in_time_and_heard(
    house: ToldHouse, slack: SlackDouble, socket: SlackSocket, said: list[str]
) -> None:
    """Recorded, and answered to whoever pressed alone."""
    asked = house.waiting_incident()
    house.show(asked)
    eventually("a connection", lambda: socket.connections)
    for user in (STRANGER, ANA):
        assert socket.press(pressing(slack.messages[-1], "Approve", user)) < 3
    eventually("both are told", lambda: len(slack.whispers) == 2)

    (given,) = house.record.approvals(asked.id)
    assert (given.by, given.answer, given.door) == ("ana", Answer.APPROVE, "chat")
    assert [one["user"] for one in slack.whispers] == [STRANGER, ANA]
    assert socket.errors == []
    assert said[0].endswith("clicks are heard")


def test_the_outboxs_own_process_hears_clicks_also_the_next_one(
    house: ToldHouse, slack: SlackDouble, socket: SlackSocket
) -> None:
    """Killed before somebody presses; the button that it laid works at its successor."""
    asked = house.waiting_incident()
    house.look(asked)
    with outbox(house.home, house.record) as process:
        eventually("the question", lambda: [one for one in slack.replies if one["blocks"]])
        process.kill()
    eventually("its connection is gone", lambda: not socket.connections)
    with outbox(house.home, house.record):
        eventually("a connection", lambda: socket.connections)
        socket.press(pressing(slack.messages[-1], "Approve"))
        eventually("the answer", lambda: house.record.approvals(asked.id))

    assert [one.by for one in house.record.approvals(asked.id)] == ["ana"]


def test_a_broken_connection_is_opened_again(
    house: ToldHouse, slack: SlackDouble, socket: SlackSocket, said: list[str]
) -> None:
    """Slack closes each of them every few hours."""
    asked = house.waiting_incident()
    house.show(asked)
    first = eventually("a connection", lambda: socket.connections[:])[0]
    first.close()
    eventually("another one", lambda: socket.connections and socket.connections[-1] is not first)
    socket.press(pressing(slack.messages[-1], "Decline"))

    assert [one.answer for one in house.record.approvals(asked.id)] == [Answer.DECLINE]


def test_a_channel_that_the_policy_drops_is_heard_no_more(
    house: ToldHouse, slack: SlackDouble, socket: SlackSocket, said: list[str]
) -> None:
    """The file as it is now."""
    eventually("a connection", lambda: socket.connections)
    house.write_policy(channels={})

    eventually("none", lambda: not socket.connections)


def test_a_token_that_opens_nothing_is_said_once_and_without_it(
    house: ToldHouse, slack: SlackDouble, socket: SlackSocket, tmp_path: Path
) -> None:
    """Until it is mended; then it is heard."""
    right = (tmp_path / "app_token").read_text(encoding="utf-8")
    (tmp_path / "app_token").write_text("xapp-wrong-token-of-the-test", encoding="utf-8")
    lines: list[str] = []
    listener = ChatListener(
        house.settings, house.record, lambda: house.policy.channels, threading.Event(), lines.append
    )
    for _ in range(2):
        listener.follow(house.policy.channels)
    assert len(lines) == 1
    assert "clicks are not heard" in lines[0]
    assert "xapp-wrong" not in lines[0]
    (tmp_path / "app_token").write_text(right, encoding="utf-8")
    listener.follow(house.policy.channels)

    assert lines[-1].endswith("clicks are heard")
    house.write_policy(channels={})
    listener.follow(house.policy.channels)
