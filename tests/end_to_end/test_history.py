"""What the API server wrote down agrees with the record, however often everything died in between."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from blocks.record import Record
from blocks.settings import Settings
from tests.end_to_end.conftest import Drill, kill_everything_of, outage, until, writes_of
from tests.end_to_end.recorded_history import promises_kept

pytestmark = [pytest.mark.end_to_end, pytest.mark.endurance, pytest.mark.timeout(900)]


def test_a_drill_that_was_killed_twice_keeps_every_promise(start_drill: Callable[[str], Drill]) -> None:
    """Once while the approval waits, once between the write and its proof: nothing lost, doubled or unapproved."""
    since = datetime.now(UTC)
    drill = start_drill("bad-image")
    waiting = drill.incident("awaiting-approval")
    kill_everything_of(waiting["flow_run_id"])
    outage("approve", waiting["id"], "--by", "ana")
    until("the write", lambda: writes_of(waiting["id"]), 120)
    kill_everything_of(waiting["flow_run_id"])
    assert drill.end()["ending"] == "Recovered"

    with Record.open(Settings().record_dsn) as record:
        promises_kept(record, since)
