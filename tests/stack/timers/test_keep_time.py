"""Of several timers one looks after people: a page that two send is two phone calls at night."""

import threading
import time
from pathlib import Path

import pytest

from blocks.record import Record
from blocks.record.process_leases import LeaseOwner
from blocks.settings import Settings
from stack.processes.lease_keeper import this_process
from stack.timers import timers_process
from tests.conftest import eventually

ELSEWHERE = LeaseOwner(machine="other-node/boot/pid:[1]", pid=1, born=77)


def test_timers_stand_by_while_others_work_and_begin_when_those_stop(
    home: Path, record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And give the lease back when they are told to stop, so that nobody waits for it."""
    looked, stopping = threading.Event(), threading.Event()
    monkeypatch.setattr(timers_process, "look_after_people", lambda _: looked.set() or [])
    if held := record.lease("timers"):
        record.give_lease_back("timers", held.owner)
    record.take_lease("timers", ELSEWHERE, 60)
    (home / "run").mkdir()
    process = threading.Thread(target=timers_process.keep_time, args=(Settings(), stopping))
    process.start()
    try:
        time.sleep(2)
        assert not looked.is_set()
        record.give_lease_back("timers", ELSEWHERE)
        eventually("they look", looked.is_set, 20)
        mine = record.lease("timers")
    finally:
        stopping.set()
        process.join()

    assert mine
    assert (mine.owner, mine.good) == (this_process(), True)
    after = record.lease("timers")
    assert after
    assert not after.good
