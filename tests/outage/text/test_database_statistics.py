from typing import Any

from outage.snapshots.snapshot import DatabaseView, Session
from outage.text.database_statistics import database_summary, replica_lines, session_lines


def view(*there: Session, **more: Any) -> DatabaseView:
    """A database with these sessions."""
    return DatabaseView(
        name="shop",
        latency_seconds=0.0004,
        version="PostgreSQL 18",
        max_connections=100,
        reserved_connections=3,
        connections=len(there),
        sessions=there,
        **more,
    )


def test_a_healthy_database_tells_all_its_numbers() -> None:
    """Healthy first: connections, wraparound, statistics, standbys."""
    told = database_summary(
        view(
            Session(pid=7, user="app", state="idle"),
            oldest_transaction_age=20_000_000,
            statistics={"datname": "shop", "xact_commit": 5, "blks_read": 1, "blks_hit": 3},
            replicas=(
                {"application_name": "b", "state": "streaming", "sync_state": "async", "lag_bytes": 9000},
            ),
        )
    )

    assert told.splitlines() == [
        "SELECT 1 in 0.4 ms, PostgreSQL 18",
        "connections 1 of 100 (3 reserved): 1 idle",
        "oldest transaction 20,000,000 old (1% of the way to wraparound)",
        "pg_stat_database: datname shop, xact_commit 5, blks_read 1, blks_hit 3, from cache 75.0%",
        "replication: b streaming async, 9,000 bytes behind",
    ]


def test_locks_are_told_as_a_tree_from_the_root() -> None:
    """Whoever holds up others without waiting is the one to end."""
    told = session_lines(
        view(
            Session(pid=3, user="c", state="active", blocked_by=(2,), query="update b"),
            Session(pid=2, user="b", state="active", blocked_by=(1,), query="update a"),
            Session(pid=1, user="a", state="idle in transaction", transaction_seconds=900),
            Session(pid=4, user="d", state="active", query_seconds=120, query="select"),
        )
    )

    assert told.splitlines() == [
        "root blocker: pid 1 a idle in transaction transaction 900 s",
        "  waits: pid 2 b active: update a",
        "    waits: pid 3 c active: update b",
        "long: pid 4 d active 120 s: select",
    ]


def test_a_blocker_that_is_not_in_the_list_is_told_by_its_pid() -> None:
    """A prepared transaction holds locks and has no session; a deadlock has no root and no end."""
    gone = session_lines(view(Session(pid=2, user="b", blocked_by=(0,))))
    deadlock = view(Session(pid=1, user="a", blocked_by=(2,)), Session(pid=2, user="b", blocked_by=(1,)))

    assert gone.splitlines()[0] == "root blocker: pid 0, not in the list"
    assert "pid 1" in session_lines(deadlock)
    assert replica_lines(deadlock) == "no standby is connected"
