"""The platform's database as a door for plans: reached through its own pod, with the writing role."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from blocks.clients import clients
from blocks.kubernetes import Cluster
from blocks.postgres.database_credentials import database_credentials
from blocks.postgres.database_pod import database_pod
from blocks.postgres.session_writer import DatabaseWriter
from outage.errors import ClusterError, DatabaseUnreachable
from outage.platforms.platform import Database


def database_target() -> DatabaseWriter | None:
    """The writing door, or None when the platform file names no database. Nothing is opened yet."""
    place = clients().platform.database
    if place is None:
        return None
    return DatabaseWriter(lambda: _reached(clients().writer_cluster, place), f"database {place.name}")


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
