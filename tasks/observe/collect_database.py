"""Ask the platform's database about itself, from its own pod."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from shlex import quote
from typing import TYPE_CHECKING

from blocks.kubernetes import Cluster
from blocks.postgres.statements import ACTIVITY, NUMBERS, REPLICAS, STATISTICS
from outage.errors import DatabaseUnreachable
from outage.kubernetes.objects import labels_of, selects_labels
from outage.kubernetes.trim import is_healthy_pod
from outage.platforms.platform import Platform
from outage.snapshots.snapshot import DatabaseView
from outage.text.database_statistics import (
    connection_lines,
    database_summary,
    replica_lines,
    session_lines,
    statistics_lines,
    wraparound_lines,
)
from outage.value import Manifest
from tasks.observe.collector import Collector

if TYPE_CHECKING:
    from blocks.postgres.database_reader import DatabaseReader


def collect_database(
    looks: Collector,
    cluster: Cluster,
    platform: Platform,
    pods: Iterable[Manifest],
    database: DatabaseReader | None = None,
) -> DatabaseView | None:
    """SELECT 1 with its latency, connections, sessions, locks, statistics, replication.

    Args:
        looks: Keeps what could not be looked at.
        cluster: The reading door.
        platform: Says where the database is.
        pods: Among which its own is found.
        database: The reading role; None when there is none, and then nothing is asked.
    """
    place = platform.database
    if place is None and database is None:
        return None
    if database is None and place is not None and not place.credentials_secret:
        return _from_its_own_pod(looks, cluster, platform, list(pods))

    def ask() -> DatabaseView:
        if database is not None:
            return database.view(looks.budget.seconds())
        from blocks.postgres.database_reader import connected_through

        if place is None:  # for the type checker: see above
            raise DatabaseUnreachable("there is no database")
        within = looks.budget.seconds(10)
        with connected_through(cluster, place, platform.namespace, _pod(platform, pods), within) as door:
            return door.view(looks.budget.seconds())

    name = place.name if place else "postgres"
    view = looks.see("database", typed_psql(name, "select 1"), ask, database_summary, enters=True)
    if view is not None:
        _parts(looks, view)
    return view


def _from_its_own_pod(
    looks: Collector, cluster: Cluster, platform: Platform, pods: list[Manifest]
) -> DatabaseView | None:
    """Nobody wrote down a reading role: the server's own client asks, in the server's own pod."""

    def ask() -> DatabaseView:
        from blocks.postgres.own_client import view_from_own_pod

        pod = _pod(platform, pods)
        seconds = looks.budget.seconds(10)
        return view_from_own_pod(cluster, platform.namespace, pod, _container(pods, pod), seconds)

    name = platform.database.service if platform.database else "postgres"
    statement = "select * from pg_stat_activity"
    words = f"kubectl exec deploy/{name} -n {platform.namespace} -- psql -U postgres -c '{statement}'"
    view = looks.see("database", words, ask, database_summary, enters=True)
    if view is not None:
        _parts(looks, view)
    return view


def _container(pods: list[Manifest], name: str) -> str | None:
    """The first container of the pod: a sidecar stands behind the program that it serves."""
    pod = next((one for one in pods if one["metadata"]["name"] == name), {})
    return next((str(one["name"]) for one in (pod.get("spec") or {}).get("containers") or []), None)


def _parts(looks: Collector, view: DatabaseView) -> None:
    """Each statement with what it gave, so that it can be typed again."""
    numbers = "\n".join(
        word for word in (view.version, connection_lines(view), wraparound_lines(view)) if word
    )
    for id, statement, says in (
        ("numbers", NUMBERS, numbers),
        ("sessions", ACTIVITY, session_lines(view)),
        ("statistics", STATISTICS, statistics_lines(view)),
        ("replicas", REPLICAS, replica_lines(view)),
    ):
        looks.work_out(f"database/{id}", typed_psql(view.name, statement), partial(str, says))


def typed_psql(database: str, statement: str) -> str:
    """What a person would type for a statement."""
    return f'psql -d {quote(database)} -c "{" ".join(statement.split())}"'


def _pod(platform: Platform, pods: Iterable[Manifest]) -> str:
    place = platform.database
    service = platform.service(place.service) if place else None
    selector = service.selector if service else {}
    candidates = [one for one in pods if selects_labels(selector, labels_of(one))]
    running = [one for one in candidates if (one.get("status") or {}).get("phase") == "Running"]
    if not running:
        name = place.service if place else "the database"
        raise DatabaseUnreachable(f"ask {name}: none of its {len(candidates)} pods runs")
    return str(sorted(running, key=lambda one: not is_healthy_pod(one))[0]["metadata"]["name"])
