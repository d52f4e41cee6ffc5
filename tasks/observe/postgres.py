"""Ask the platform's database about itself, from its own pod."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import TYPE_CHECKING

from blocks.cluster import Cluster
from outage.errors import DatabaseUnreachable
from outage.objects import labels, selects
from outage.platform import Platform
from outage.slimming import healthy
from outage.snapshot import DatabaseView
from outage.value import Manifest
from tasks.observe.looking import Looks

if TYPE_CHECKING:
    from blocks.database import Database

LONG = timedelta(minutes=1)


def look_at_database(
    looks: Looks,
    cluster: Cluster,
    platform: Platform,
    pods: Iterable[Manifest],
    database: Database | None = None,
) -> DatabaseView | None:
    """SELECT 1 with its latency, connections, sessions, locks, statistics, replication."""
    place = platform.database
    if place is None and database is None:
        return None

    def ask() -> DatabaseView:
        if database is not None:
            return database.view()
        from blocks.database import through  # psycopg takes a quarter of the start; most looks need none

        if place is None:  # for the type checker: see above
            raise DatabaseUnreachable("there is no database")
        with through(cluster, place, platform.namespace, _pod(platform, pods)) as door:
            return door.view()

    return looks.see(
        "database", f'psql -d {place.name if place else "…"} -c "SELECT … FROM pg_stat_activity"', ask, told
    )


def _pod(platform: Platform, pods: Iterable[Manifest]) -> str:
    place = platform.database
    service = platform.service(place.service) if place else None
    selector = service.selector if service else {}
    candidates = [one for one in pods if selects(selector, labels(one))]
    running = [one for one in candidates if (one.get("status") or {}).get("phase") == "Running"]
    if not running:
        name = place.service if place else "the database"
        raise DatabaseUnreachable(f"ask {name}: none of its {len(candidates)} pods runs")
    return str(sorted(running, key=lambda one: not healthy(one))[0]["metadata"]["name"])


def told(view: DatabaseView) -> str:
    """The numbers a responder asks for first."""
    states: dict[str, int] = {}
    for one in view.sessions:
        states[one.state or one.backend] = states.get(one.state or one.backend, 0) + 1
    waiting = {pid for one in view.sessions for pid in one.blocked_by}
    roots = [one for one in view.sessions if one.pid in waiting and not one.blocked_by]
    rows = [
        f"SELECT 1 in {view.latency_seconds * 1000:.1f} ms, {view.version}",
        f"connections {view.connections} of {view.max_connections} ({view.reserved_connections} reserved): "
        + ", ".join(f"{number} {state}" for state, number in sorted(states.items())),
        *(["in recovery"] if view.in_recovery else []),
        *(["read-only by default"] if view.read_only else []),
        *(
            f"root blocker: pid {one.pid} {one.user} {one.application} {one.state}: {one.query}"
            for one in roots
        ),
        *(
            f"long: pid {one.pid} {one.query_seconds:.0f} s {one.user}: {one.query}"
            for one in view.sessions
            if one.state == "active" and (one.query_seconds or 0) > LONG.total_seconds()
        ),
    ]
    return "\n".join(rows)
