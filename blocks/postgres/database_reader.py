"""The reading door to the platform's PostgreSQL: what it says about itself, never a row of anybody's.

Every transaction is READ ONLY and every statement has a timeout. Literals in queries are replaced by `?` before
they leave this module.
"""

import math
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, LiteralString

import psycopg
from psycopg.rows import dict_row

from blocks.kubernetes import Cluster
from blocks.postgres.database_credentials import database_credentials
from blocks.postgres.statements import ACTIVITY, NUMBERS, REPLICAS, RIGHTS, SLOTS, STATISTICS
from outage.errors import DatabaseRefused, DatabaseUnreachable, cut
from outage.platforms.database_rights import ReadingRights
from outage.platforms.platform import Database as DatabasePlace
from outage.snapshots.snapshot import DatabaseView, ReplicationSlot, Session

CONNECT_SECONDS = 5
STATEMENT_SECONDS = 5
VIEW_SECONDS = 20.0
SHORTEST_SECONDS = 0.05
QUERY_CHARACTERS = 256


class DatabaseReader:
    """One database as the reading role sees it."""

    def __init__(self, host: str, port: int, name: str, user: str, password: str, label: str):
        self.label = label
        self._name = name
        self._to: dict[str, Any] = {
            "host": host,
            "port": port,
            "dbname": name,
            "user": user,
            "password": password or None,
            "application_name": "outage",
            "options": f"-c statement_timeout={STATEMENT_SECONDS * 1000} -c lock_timeout=1000",
        }

    def view(self, within_seconds: float = VIEW_SECONDS) -> DatabaseView:
        """Everything that the database says about itself.

        Args:
            within_seconds: For connecting and all statements together.

        Raises:
            DatabaseUnreachable: No connection, it broke, or the time was over. Transient.
            DatabaseRefused: No right, or a statement failed. Permanent.
        """
        until = time.monotonic() + within_seconds
        with self._connected(until) as connection:
            latency = self._latency(connection)
            numbers = (self._rows(connection, NUMBERS, until) or [{}])[0]
            sessions = self._rows(connection, ACTIVITY, until)
            statistics = (self._rows(connection, STATISTICS, until) or [{}])[0]
            replicas = self._rows(connection, REPLICAS, until)
            slots = self._rows(connection, SLOTS, until)
        return database_view(
            self._name,
            latency,
            {
                "numbers": numbers,
                "sessions": sessions,
                "statistics": statistics,
                "replicas": replicas,
                "slots": slots,
            },
        )

    def rights(self, within_seconds: float = VIEW_SECONDS) -> ReadingRights:
        """What this role may see.

        Raises:
            DatabaseUnreachable: As for `view`. Transient.
            DatabaseRefused: As for `view`. Permanent.
        """
        until = time.monotonic() + within_seconds
        with self._connected(until) as connection:
            return ReadingRights(**self._rows(connection, RIGHTS, until)[0])

    @staticmethod
    def _latency(connection: psycopg.Connection[dict[str, Any]]) -> float:
        began = time.perf_counter()
        connection.execute("select 1").fetchone()
        return time.perf_counter() - began

    def _rows(
        self, connection: psycopg.Connection[dict[str, Any]], statement: LiteralString, until: float
    ) -> list[dict[str, Any]]:
        left = until - time.monotonic()
        if left <= 0:
            raise DatabaseUnreachable(f"ask {self.label}: it did not answer everything in time")
        limit = min(left, STATEMENT_SECONDS)
        connection.execute("select set_config('statement_timeout', %s, false)", (f"{limit * 1000:.0f}ms",))
        return connection.execute(statement).fetchall()

    @contextmanager
    def _connected(self, until: float) -> Iterator[psycopg.Connection[dict[str, Any]]]:
        what = f"ask {self.label}"
        left = max(min(until - time.monotonic(), CONNECT_SECONDS), SHORTEST_SECONDS)
        to = {**self._to, "connect_timeout": math.ceil(left)}
        try:
            with psycopg.connect(**to, row_factory=dict_row) as connection:
                connection.read_only = True
                yield connection
        except (psycopg.errors.InvalidPassword, psycopg.errors.InsufficientPrivilege) as error:
            raise DatabaseRefused(f"{what}: {_short(error)}") from error
        except psycopg.OperationalError as error:
            raise DatabaseUnreachable(f"{what}: {_short(error)}") from error
        except psycopg.Error as error:
            raise DatabaseRefused(f"{what}: {_short(error)}") from error


@contextmanager
def connected_through(
    cluster: Cluster, place: DatabasePlace, namespace: str, pod: str, within_seconds: float = 10.0
) -> Iterator[DatabaseReader]:
    """The platform's database through a port-forward to its pod, with the reading role from its Secret.

    Args:
        cluster: The reading door.
        place: Which database.
        namespace: Of its pod and its Secret.
        pod: The pod's name.
        within_seconds: For reading the Secret, and for opening the way to the pod.

    Raises:
        DatabaseRefused: The platform file names no Secret, or it lacks the keys. Permanent.
        ClusterError: The Secret cannot be read.
    """
    role = database_credentials("reader", cluster, place, namespace, within_seconds)
    forward = cluster.forward(namespace, pod, place.port)
    forward.within_seconds = within_seconds
    label = f"{place.name} on pod/{pod}"
    with forward as port:
        try:
            yield DatabaseReader("127.0.0.1", port, place.name, role.username, role.password, label)
        except DatabaseUnreachable as error:
            if forward.problem:
                raise DatabaseUnreachable(f"ask {label}: {cut(forward.problem)}") from error
            raise


def database_view(name: str, latency: float, told: dict[str, Any]) -> DatabaseView:
    """The view from what the statements gave.

    Args:
        name: Of the database.
        latency: Seconds that the simplest question took.
        told: By `numbers`, `sessions`, `statistics`, `replicas` and `slots`: a row, or rows.
    """
    numbers = told["numbers"]
    return DatabaseView(
        name=name,
        latency_seconds=round(latency, 5),
        sessions=tuple(_session(row) for row in told["sessions"]),
        statistics=dict(told["statistics"]),
        replicas=tuple(dict(row) for row in told["replicas"]),
        slots=tuple(ReplicationSlot(**row) for row in told["slots"]),
        **{**numbers, "version": str(numbers.get("version", "")).partition(" on ")[0]},
    )


def _session(row: dict[str, Any]) -> Session:
    values = {**row, "query": without_literals(row["query"]), "blocked_by": tuple(row["blocked_by"])}
    return Session(**values)


LITERALS = re.compile(
    r"\$(?P<tag>\w*)\$.*?\$(?P=tag)\$|(?:\b[eEbBxXnN]|\b[uU]&)?'(?:[^']|'')*(?:'|\Z)|(?<![\w$.])\d+(?:\.\d+)?(?![\w])",
    re.DOTALL,
)


def without_literals(query: str) -> str:
    """The statement with every literal as `?`: what runs, without anybody's data."""
    return cut(LITERALS.sub("?", query), QUERY_CHARACTERS)


def _short(error: psycopg.Error) -> str:
    return cut(str(error).replace("connection failed: ", ""), 200)
