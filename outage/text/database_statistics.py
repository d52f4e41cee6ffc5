"""What the database says about itself, as the lines that a responder reads.

Pure: the same view gives the same lines.
"""

from collections import Counter
from collections.abc import Iterator

from outage.snapshots.snapshot import DatabaseView, Session
from outage.text.listing import listing_lines

LONG_SECONDS = 60.0
WRAPAROUND = 2_000_000_000
"""Transactions after which PostgreSQL stops taking writes, roughly."""


def database_summary(view: DatabaseView) -> str:
    """The numbers a responder asks for first."""
    rows = [
        f"SELECT 1 in {view.latency_seconds * 1000:.1f} ms, {view.version}",
        connection_lines(view),
        *(["in recovery"] if view.in_recovery else []),
        *(["read-only by default"] if view.read_only else []),
        *(
            ["not seen: whether it refuses writes (our role's own setting hides it)"]
            if view.read_only is None
            else []
        ),
        wraparound_lines(view),
        *_lock_tree(view),
        *_long(view),
        f"pg_stat_database: {statistics_lines(view)}",
        f"replication: {replica_lines(view)}",
    ]
    return "\n".join(row for row in rows if row)


def connection_lines(view: DatabaseView) -> str:
    """`connections 7 of 100 (3 reserved): 1 active, 6 idle`."""
    states = Counter(one.state or one.backend for one in view.sessions)
    told = ", ".join(f"{number} {state}" for state, number in sorted(states.items()))
    return f"connections {view.connections} of {view.max_connections} ({view.reserved_connections} reserved): {told}"


def wraparound_lines(view: DatabaseView) -> str:
    """How old the oldest transaction is, against what the database can bear."""
    age = view.oldest_transaction_age
    return (
        ""
        if age is None
        else f"oldest transaction {age:,} old ({age / WRAPAROUND:.0%} of the way to wraparound)"
    )


def session_lines(view: DatabaseView) -> str:
    """The lock tree, then what runs long, then the rest."""
    told = {pid for _, pid in _tree(view)} | {one.pid for one in _running_long(view)}
    rest = (_session(one) for one in view.sessions if one.pid not in told)
    return listing_lines([*_lock_tree(view), *_long(view), *rest]) or "nobody else is connected"


def statistics_lines(view: DatabaseView) -> str:
    """The row of pg_stat_database, with the share of reads that came from memory."""
    seen = view.statistics
    read, hit = int(seen.get("blks_read") or 0), int(seen.get("blks_hit") or 0)
    cached = [f"from cache {hit / (read + hit):.1%}"] if read + hit else []
    return ", ".join([*(f"{key} {value}" for key, value in seen.items()), *cached]) or "no row"


def replica_lines(view: DatabaseView) -> str:
    """Each standby with how far it is behind."""
    return (
        "; ".join(
            f"{one.get('application_name') or '?'} {one.get('state')} {one.get('sync_state')}, "
            f"{int(one.get('lag_bytes') or 0):,} bytes behind"
            for one in view.replicas
        )
        or "no standby is connected"
    )


def _lock_tree(view: DatabaseView) -> Iterator[str]:
    """Root blockers, and under each whom it holds up."""
    known = {one.pid: _session(one) for one in view.sessions}
    for depth, pid in _tree(view):
        word = "waits" if depth else "root blocker"
        yield f"{'  ' * depth}{word}: {known.get(pid, f'pid {pid}, not in the list')}"


def _tree(view: DatabaseView) -> list[tuple[int, int]]:
    """Depth and pid, from the roots; a deadlock has none and is not in it."""
    waiting = {one.pid for one in view.sessions if one.blocked_by}
    blocking = {pid for one in view.sessions for pid in one.blocked_by}
    return [row for root in sorted(blocking - waiting) for row in _under(view, root, 0, frozenset())]


def _under(view: DatabaseView, pid: int, depth: int, above: frozenset[int]) -> Iterator[tuple[int, int]]:
    yield depth, pid
    for one in view.sessions:
        if pid in one.blocked_by and one.pid not in above:  # a circle has no end
            yield from _under(view, one.pid, depth + 1, above | {pid})


def _running_long(view: DatabaseView) -> list[Session]:
    return [one for one in view.sessions if one.state == "active" and (one.query_seconds or 0) > LONG_SECONDS]


def _long(view: DatabaseView) -> Iterator[str]:
    yield from (f"long: {_session(one)}" for one in _running_long(view))


def _session(one: Session) -> str:
    words = [f"pid {one.pid}", one.user, one.application, one.state or one.backend]
    words += [f"{one.query_seconds:.0f} s"] if one.query_seconds is not None else []
    words += [f"transaction {one.transaction_seconds:.0f} s"] if one.transaction_seconds is not None else []
    return " ".join(word for word in words if word) + (f": {one.query}" if one.query else "")
