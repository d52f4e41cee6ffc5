"""When a wait for a lock is an outage and when it is everyday life."""

import pytest

from outage.diagnosis.findings.database_signs import root_blockers
from outage.snapshots.snapshot import DatabaseView, Session


def view(held_seconds: float, waited_seconds: float | None) -> DatabaseView:
    """One session that waits for another."""
    root = Session(pid=1, user="app", application="report", transaction_seconds=held_seconds)
    waiting = Session(pid=2, user="app", query_seconds=waited_seconds, blocked_by=(1,))
    return DatabaseView(
        name="shop", latency_seconds=0.01, max_connections=60, connections=9, sessions=(root, waiting)
    )


@pytest.mark.parametrize(
    ("held", "waited", "blocks"),
    [
        pytest.param(0.2, 0.1, False, id="a short wait for a short transaction is everyday life"),
        pytest.param(8, 1.5, False, id="a report that is nearly through may be waited for"),
        pytest.param(6, 6, True, id="a wait that lasts"),
        pytest.param(300, 1.5, True, id="clients give up after two seconds and come again"),
        pytest.param(300, None, True, id="a wait of unknown length is not taken for a short one"),
    ],
)
def test_a_lock_blocks_when_the_wait_or_the_holding_lasts(
    held: float, waited: float | None, blocks: bool
) -> None:
    """A client's own timeout must not hide the lock it runs into."""
    assert [(root.pid, count) for root, count in root_blockers(view(held, waited))] == [(1, 1)] * blocks
