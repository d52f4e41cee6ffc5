"""A record, an incident of the test's own, and a channel of each class of service."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import count
from pathlib import Path

import pytest

from blocks.channels.channel import Channel
from blocks.record import Record
from outage.incidents.incident import Incident
from outage.people.message_routing import MessageRoute
from outage.people.outbox_message import MessageKind, OutboxMessage
from outage.people.settle_try import BACKOFF_SECONDS
from stack.outbox.deliver_message import deliver_message
from tests.blocks.channels.configured import DOUBLES, opened
from tests.blocks.channels.fake_service import FakeService, serving
from tests.blocks.channels.sent_messages import BODY, NOON
from tests.blocks.record.written import newest_fence

_numbers = count()


@pytest.fixture
def incident(record: Record) -> Incident:
    """A fresh open incident."""
    return record.open_incident(f"outbox-{next(_numbers)}", "auth is down", NOON)[0]


@pytest.fixture
def kind() -> str:
    """Which service; tests override it."""
    return "slack"


@pytest.fixture
def service(kind: str) -> Iterator[FakeService]:
    """Its double."""
    with serving(DOUBLES[kind]()) as up:
        yield up


class Desk:
    """Asks for messages and tries them, with a clock that jumps over every wait."""

    def __init__(self, record: Record, channel: Channel, incident: Incident, name: str) -> None:
        self.record, self.channel, self.incident, self.name = record, channel, incident, name
        self.now = NOON

    def ask(self, what: MessageKind, turn: str = "1") -> None:
        """Ask for one message."""
        self.record.ask_message(
            self.incident.id, what, [MessageRoute(channel=self.name)], BODY, self.now, turn=turn
        )

    def next(self) -> OutboxMessage | None:
        """What may be tried now."""
        return self.record.next_message(self.name, self.now)

    def try_once(self) -> OutboxMessage:
        """Try what may be tried now."""
        message = self.next()
        assert message is not None
        return deliver_message(
            self.record, self.channel, message, newest_fence(self.record), lambda: self.now
        )

    def run(self) -> None:
        """Try until nothing waits, for two days at most."""
        for _ in range(int(2 * 24 * 3600 / BACKOFF_SECONDS[-1])):
            waiting = [one for one in self.all() if not one.state.final]
            if not waiting:
                return
            self.now = max(self.now, min(one.not_before for one in waiting))
            while (message := self.next()) is not None:
                deliver_message(
                    self.record, self.channel, message, newest_fence(self.record), lambda: self.now
                )
            self.now += timedelta(seconds=1)

    def all(self) -> list[OutboxMessage]:
        """The incident's messages."""
        return self.record.messages(self.incident.id)

    def states(self) -> list[str]:
        """Where they are."""
        return [str(one.state) for one in self.all()]

    def told(self) -> list[str]:
        """What the timeline says of messages."""
        return [one.says for one in self.record.entries(self.incident.id) if one.kind == "message"]


@pytest.fixture
def desk(record: Record, incident: Incident, kind: str, service: FakeService, tmp_path: Path) -> Desk:
    """A channel named for the test, and its messages."""
    return Desk(record, opened(kind, service, tmp_path), incident, f"{kind}-{incident.id}")
