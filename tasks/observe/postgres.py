"""Ask the platform's database about itself, from its own pod."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from shlex import quote
from typing import TYPE_CHECKING

from blocks.cluster import Cluster
from blocks.statements import ACTIVITY, NUMBERS, REPLICAS, STATISTICS
from outage.database_text import connections, replicas, sessions, statistics, summary, wraparound
from outage.errors import DatabaseUnreachable
from outage.objects import labels, selects
from outage.platform import Platform
from outage.slimming import healthy
from outage.snapshot import DatabaseView
from outage.value import Manifest
from tasks.observe.looking import Looks

if TYPE_CHECKING:
    from blocks.database import Database


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
            return database.view(looks.budget.seconds())
        from blocks.database import through  # psycopg takes a quarter of the start; most looks need none

        if place is None:  # for the type checker: see above
            raise DatabaseUnreachable("there is no database")
        within = looks.budget.seconds(10)
        with through(cluster, place, platform.namespace, _pod(platform, pods), within) as door:
            return door.view(looks.budget.seconds())

    name = place.name if place else "postgres"
    view = looks.see("database", typed(name, "select 1"), ask, summary, enters=True)
    if view is not None:
        _parts(looks, view)
    return view


def _parts(looks: Looks, view: DatabaseView) -> None:
    """Each statement with what it gave, so that it can be typed again."""
    numbers = "\n".join(word for word in (view.version, connections(view), wraparound(view)) if word)
    for id, statement, says in (
        ("numbers", NUMBERS, numbers),
        ("sessions", ACTIVITY, sessions(view)),
        ("statistics", STATISTICS, statistics(view)),
        ("replicas", REPLICAS, replicas(view)),
    ):
        looks.work_out(f"database/{id}", typed(view.name, statement), partial(str, says))


def typed(database: str, statement: str) -> str:
    """What a person would type for a statement."""
    return f'psql -d {quote(database)} -c "{" ".join(statement.split())}"'


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
