"""One works and its like stand by, on however many machines: two real processes on a real PostgreSQL, and the rules."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import pytest

from blocks.record import Record
from blocks.record.process_leases import LeaseOwner
from outage.errors import RecordError
from stack.processes.lease_keeper import LEASE_SECONDS, MARGIN_SECONDS, LeaseKeeper, is_dead, this_process
from tests.conftest import eventually

HOUSE = Path(__file__).resolve().parents[3]
ELSEWHERE = LeaseOwner(machine="other-node/boot/pid:[1]", pid=1, born=77)
CONTENDER = """
import sys, time
from blocks.record import Record
from stack.processes.lease_keeper import LeaseKeeper
with Record.open(sys.argv[1]) as record:
    keeper = LeaseKeeper(lambda: record, sys.argv[2])
    while True:
        print("leads" if keeper.held() else "stands by", "lost" if keeper.lost else "", flush=True)
        time.sleep(0.2)
"""
_numbers = count()


class Clock:
    """Seconds that a test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        """What it shows."""
        return self.now


@pytest.fixture
def name() -> str:
    """A lease of the test's own."""
    return f"lease-{os.getpid()}-{next(_numbers)}"


@contextmanager
def contender(record: Record, name: str, said: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """A real process that wants the lease, and writes down how it stands."""
    with said.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-c", CONTENDER, record.dsn, name], cwd=HOUSE, stdout=out, stderr=out
        )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def last_word(said: Path) -> str:
    """What it said last."""
    lines = said.read_text(encoding="utf-8").splitlines()
    return lines[-1].strip() if lines else ""


def test_of_two_processes_one_leads_and_the_other_takes_over_at_once_when_it_is_killed(
    record: Record, name: str, tmp_path: Path
) -> None:
    """Nobody waits for the lease of a process that is seen to be dead."""
    one, other = tmp_path / "one", tmp_path / "other"
    with contender(record, name, one) as first:
        eventually("the first leads", lambda: last_word(one) == "leads", 30)
        with contender(record, name, other):
            eventually("the second stands by", lambda: last_word(other) == "stands by", 30)
            before = record.lease(name)
            first.kill()
            first.wait()
            killed = time.monotonic()
            eventually("the second leads", lambda: last_word(other) == "leads", 30)
            took = time.monotonic() - killed
            after = record.lease(name)

    assert took < LEASE_SECONDS - MARGIN_SECONDS
    assert before
    assert after
    assert (after.term, after.owner != before.owner) == (before.term + 1, True)


def test_a_frozen_leader_is_not_waited_for_longer_than_its_lease_and_knows_that_it_lost(
    record: Record, name: str, tmp_path: Path
) -> None:
    """It lives, so nothing but time can say that it does nothing; thawed, it stands by before it does anything."""
    one, other = tmp_path / "one", tmp_path / "other"
    with contender(record, name, one) as first:
        eventually("the first leads", lambda: last_word(one) == "leads", 30)
        with contender(record, name, other):
            eventually("the second stands by", lambda: last_word(other) == "stands by", 30)
            first.send_signal(signal.SIGSTOP)
            stopped = time.monotonic()
            eventually("the second leads", lambda: last_word(other) == "leads", LEASE_SECONDS + 20)
            took = time.monotonic() - stopped
            lines = len(one.read_text(encoding="utf-8").splitlines())
            first.send_signal(signal.SIGCONT)
            eventually("the first says more", lambda: len(one.read_text().splitlines()) > lines + 1, 30)
            afterwards = one.read_text(encoding="utf-8").splitlines()[lines:]

    assert took < LEASE_SECONDS + 8
    # What it was printing while it was frozen may be finished; every later word follows a new question.
    assert {line.strip() for line in afterwards[1:]} == {"stands by lost"}


def test_the_lease_of_another_machine_is_waited_for(record: Record, name: str) -> None:
    """Nothing here can say whether a process there is dead."""
    record.take_lease(name, ELSEWHERE, 60)
    mine = LeaseKeeper(lambda: record, name)

    assert not mine.held()
    assert not mine.lost
    record.give_lease_back(name, ELSEWHERE)
    assert LeaseKeeper(lambda: record, name).held()


def test_whoever_renews_keeps_its_term(record: Record, name: str) -> None:
    """The number grows with each holder, not with each renewal."""
    first = record.take_lease(name, ELSEWHERE, 60)
    again = record.take_lease(name, ELSEWHERE, 60)
    record.give_lease_back(name, ELSEWHERE)
    other = record.take_lease(name, this_process(), 60)

    assert (first.term, again.term, other.term) == (1, 1, 2)
    assert (again.since, other.since > first.since) == (first.since, True)


def test_a_record_that_is_away_ends_the_lease_before_others_may_begin(record: Record, name: str) -> None:
    """Until then the holder goes on: a restart of the database hands nothing over."""
    clock, away = Clock(), False

    def asked() -> Record:
        if away:
            raise RecordError("no connection")
        return record

    keeper = LeaseKeeper(asked, name, clock=clock)
    assert keeper.held()
    away = True
    clock.now += LEASE_SECONDS - MARGIN_SECONDS - 0.1
    assert keeper.held()
    clock.now += 0.2
    with pytest.raises(RecordError):
        keeper.held()
    away = False
    assert keeper.held()
    assert not keeper.lost


def test_only_the_holder_can_give_a_lease_back(record: Record, name: str) -> None:
    """What stood by and stops ends nobody's work."""
    record.take_lease(name, ELSEWHERE, 60)
    LeaseKeeper(lambda: record, name).give_back()

    lease = record.lease(name)
    assert lease
    assert lease.good
    assert lease.owner == ELSEWHERE


def test_a_process_is_dead_only_where_its_number_means_something() -> None:
    """The same pid elsewhere, or with another moment of birth, is another process."""
    me = this_process()

    assert not is_dead(me)
    assert is_dead(me.model_copy(update={"born": me.born - 1}))
    assert not is_dead(ELSEWHERE)
