"""Pens that break the database: locks, writes, connections."""

from typing import Any

from outage.snapshots.snapshot import DatabaseView, Session
from tests.outage.diagnosis.worlds.breaking import log, probes_fail
from tests.outage.diagnosis.worlds.shop_snapshot import Ground


def view(**more: Any) -> DatabaseView:
    """A database that is well, but for this."""
    usual = {"name": "shop", "latency_seconds": 0.01, "max_connections": 100, "connections": 20}
    return DatabaseView(**{**usual, **more})


def blocked(ground: Ground) -> None:
    """A session holds a lock that three others wait for."""
    waiting = [
        Session(pid=pid, user="app", state="active", query_seconds=60, blocked_by=(by,), wait="Lock/relation")
        for pid, by in ((11, 10), (12, 11), (13, 10))
    ]
    root = Session(
        pid=10, user="app", application="report", state="idle in transaction", transaction_seconds=300
    )
    busy = Session(pid=20, user="app", state="active", query_seconds=900)
    ground.extra["database"] = view(sessions=(root, busy, *waiting))
    probes_fail(ground, "auth")


def read_only(ground: Ground) -> None:
    """The database refuses writes."""
    ground.extra["database"] = view(read_only=True)
    log(ground, "user", "ERROR: cannot execute INSERT in a read-only transaction")


def exhausted(ground: Ground) -> None:
    """One application holds all connections and does nothing."""
    idle = tuple(Session(pid=pid, user="app", application="leak", state="idle") for pid in range(40))
    ground.extra["database"] = view(connections=98, reserved_connections=3, sessions=idle)
    log(ground, "user", "FATAL: remaining connection slots are reserved")
