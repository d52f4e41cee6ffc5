"""The platform's database as a door for plans: reached through its own pod, with the writing role."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from blocks.clients import clients
from blocks.kubernetes import Cluster
from blocks.postgres.database_credentials import database_credentials
from blocks.postgres.session_writer import DatabaseWriter
from outage.errors import ClusterError, DatabaseUnreachable
from outage.kubernetes.objects import labels_of, selects_labels
from outage.platforms.platform import Database
from outage.policies.guards.guard_view import is_pod_ready


def database_door() -> DatabaseWriter | None:
    """The writing door, or None when the platform file names no database. Nothing is opened yet."""
    place = clients().platform.database
    if place is None:
        return None
    return DatabaseWriter(lambda: _reached(clients().writer.cluster, place), f"database {place.name}")


@contextmanager
def _reached(cluster: Cluster, place: Database) -> Iterator[dict[str, Any]]:
    """Where to connect, as whom, for as long as the port-forward stands."""
    namespace = clients().platform.namespace
    role = database_credentials("writer", cluster, place, namespace)
    try:
        with cluster.forward(namespace, database_pod(), place.port) as port:
            yield {
                "host": "127.0.0.1",
                "port": port,
                "dbname": place.name,
                "user": role.username,
                "password": role.password,
            }
    except ClusterError as error:
        raise DatabaseUnreachable(f"reach {place.name}: {error}") from error


def database_pod() -> str:
    """The pod of the database that is most likely to answer.

    Raises:
        DatabaseUnreachable: None of its pods runs. Transient.
    """
    platform = clients().platform
    place = platform.database
    service = platform.service(place.service) if place else None
    pods = clients().reader.list("Pod", platform.namespace)
    running = [
        one
        for one in pods
        if selects_labels(service.selector if service else {}, labels_of(one))
        and one["status"].get("phase") == "Running"
    ]
    if not running:
        raise DatabaseUnreachable(f"reach {place.name if place else 'the database'}: none of its pods runs")
    return str(sorted(running, key=lambda one: not is_pod_ready(one))[0]["metadata"]["name"])
