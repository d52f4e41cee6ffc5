"""The outbox's own process, killed with kill -9 while a service has a message of it, at every write of an incident."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from hashlib import sha256
from typing import Any

from blocks.record.record_pool import connect_record
from outage.incidents.incident import Incident
from outage.people.outbox_message import MessageState
from tests.blocks.channels.fake_service import Asked, FakeService, Given, only_looks
from tests.stack.outbox.test_outbox_process import outbox
from tests.stack.outbox.told_house import ToldHouse

PATIENCE = 300.0
"""Seconds for one write: the machine may be busy, and each kill is a new process."""
OTHERS_BEGIN = 0.5
"""Seconds in which other channels come to a message of theirs, so that one kill meets several."""


class Killing:
    """Holds the answer to every write when it comes for the first time, until the process that asked is gone."""

    def __init__(self, *, acts_first: bool) -> None:
        """With `acts_first` the service does what was asked before the process is killed, else it never did."""
        self.acts_first, self.kills = acts_first, 0
        self.keys: set[str] = set()
        """Messages that were begun when the process was killed."""
        self.held, self._gone, self._lock = threading.Event(), threading.Event(), threading.Lock()
        self._seen: set[str] = set()

    def take(self, service: FakeService, asked: Asked) -> Given | None:
        """Stands in the place of a service's own `take`."""
        mark = sha256(f"{service.url} {asked.method} {asked.path} ".encode() + asked.raw).hexdigest()
        with self._lock:
            first = not only_looks(asked) and mark not in self._seen
            self._seen.add(mark)
            gone = self._gone
        if not first:
            return service.honest(asked)
        if self.acts_first:
            service.honest(asked)
        self.held.set()
        gone.wait(PATIENCE)
        return None

    def let_go(self) -> None:
        """The process is gone: nobody hears the answers any more."""
        with self._lock:
            gone, self._gone = self._gone, threading.Event()
            self.held.clear()
        self.kills += 1
        gone.set()


@contextmanager
def killed_at_every_write(house: ToldHouse, *, acts_first: bool) -> Iterator[Killing]:
    """Let real processes send for a house, and kill each of them at the first write that is new to its service."""
    killing, touched = Killing(acts_first=acts_first), list[Any]()
    patient = {
        house.name(kind): {**house.section(kind, one), "timeout_seconds": 60}
        for kind, one in house.services.items()
    }
    house.write_policy(channels=patient, **house.more)
    for one in house.services.values():
        one.take = partial(killing.take, one)
        touched.append(one)
    house.send = lambda: send_by_processes(house, killing)  # type: ignore[method-assign]
    house.send_all = lambda _: send_by_processes(house, killing)  # type: ignore[method-assign]
    try:
        yield killing
    finally:
        del house.send, house.send_all
        for one in touched:
            del one.take


def send_by_processes(house: ToldHouse, killing: Killing) -> None:
    """Start the outbox's process, kill it at the next new write, and so on until nothing waits."""
    while waiting(house):
        with outbox(house.home, house.record) as process:
            end = time.monotonic() + PATIENCE
            while waiting(house) and not killing.held.wait(0.2):
                assert process.poll() is None, "the process died by itself"
                assert time.monotonic() < end, f"nothing was sent: {waiting(house)}"
            if not killing.held.is_set():
                return
            time.sleep(OTHERS_BEGIN)
            process.kill()
            process.wait()
        killing.keys |= {one.key for one in told_so_far(house) if one.state is MessageState.SENT}
        killing.let_go()


def waiting(house: ToldHouse) -> list[str]:
    """Messages that the process may send now; what the house's own clock asked for later is due now."""
    with connect_record(house.record.dsn) as connection:
        connection.execute(
            "update outage.outbox set not_before = now() where state = 'asked' and not_before > now()"
            " and tries = 0 and channel = any(%s)",
            (list(house.channels),),
        )
    return [one.key for one in told_so_far(house) if one.state in (MessageState.ASKED, MessageState.SENT)]


def told_so_far(house: ToldHouse) -> list[Any]:
    """Every message of the house's incidents."""
    incidents: list[Incident] = house.record.incidents(1000)
    return [
        one
        for incident in incidents
        for one in house.record.messages(incident.id)
        if one.channel in house.channels
    ]
