"""The reading door to the platform's PostgreSQL: what it says about itself, never a row of anybody's.

Every transaction is READ ONLY and every statement has a timeout. Literals in queries are replaced by `?` before
they leave this module.
"""

import base64
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg.rows import dict_row

from blocks.cluster import Cluster
from outage.errors import ClusterError, DatabaseRefused, DatabaseUnreachable, cut
from outage.objects import ObjectRef
from outage.platform import Database as DatabasePlace
from outage.snapshot import DatabaseView, Session

CONNECT_SECONDS = 5
STATEMENT_SECONDS = 5
SESSIONS = 500  # more of the same teach nothing
QUERY_CHARACTERS = 256

# Our own role may well be read-only by default; that says nothing about the others.
NUMBERS = """
select version() as version, pg_is_in_recovery() as in_recovery,
       (select setting = 'on' and source <> 'user' from pg_settings where name = 'default_transaction_read_only')
         or exists (select from pg_db_role_setting s left join pg_roles r on r.oid = s.setrole
                    where 'default_transaction_read_only=on' = any (s.setconfig)
                      and r.rolname is distinct from current_user
                      and s.setdatabase in (0, (select oid from pg_database where datname = current_database())))
         as read_only,
       current_setting('max_connections')::int as max_connections,
       current_setting('superuser_reserved_connections')::int
         + coalesce(current_setting('reserved_connections', true), '0')::int as reserved_connections,
       (select count(*) from pg_stat_activity where backend_type = 'client backend') as connections,
       (select max(age(datfrozenxid)) from pg_database) as oldest_transaction_age
"""
STATISTICS = """
select datname, numbackends, xact_commit, xact_rollback, blks_read, blks_hit, deadlocks, temp_files
from pg_stat_database where datname = current_database()
"""
ACTIVITY = """
select a.pid, coalesce(a.usename, '') as user, coalesce(a.application_name, '') as application,
       coalesce(host(a.client_addr), '') as client, coalesce(a.state, '') as state, coalesce(a.query, '') as query,
       extract(epoch from clock_timestamp() - a.query_start)::float as query_seconds,
       extract(epoch from clock_timestamp() - a.xact_start)::float as transaction_seconds,
       coalesce(a.wait_event_type || '/' || a.wait_event, '') as wait,
       pg_blocking_pids(a.pid) as blocked_by, a.backend_type as backend,
       coalesce(r.rolsuper, false) as superuser, a.backend_type = 'walsender' as replication
from pg_stat_activity a left join pg_roles r on r.oid = a.usesysid
where a.pid <> pg_backend_pid() and a.backend_type in ('client backend', 'walsender', 'autovacuum worker')
order by cardinality(pg_blocking_pids(a.pid)) > 0 desc, a.xact_start nulls last limit %s
"""
REPLICAS = """
select application_name, state, sync_state, pg_wal_lsn_diff(sent_lsn, replay_lsn)::bigint as lag_bytes
from pg_stat_replication
"""


class Database:
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
            "connect_timeout": CONNECT_SECONDS,
            "application_name": "outage",
            "options": f"-c statement_timeout={STATEMENT_SECONDS * 1000} -c lock_timeout=1000",
        }

    def view(self) -> DatabaseView:
        """Everything that the database says about itself.

        Raises:
            DatabaseUnreachable: No connection, or it broke. Transient.
            DatabaseRefused: No right, or a statement failed. Permanent.
        """
        with self._connected() as connection:
            began = time.perf_counter()
            connection.execute("select 1").fetchone()
            latency = time.perf_counter() - began
            numbers = connection.execute(NUMBERS).fetchone() or {}
            sessions = connection.execute(ACTIVITY, (SESSIONS,)).fetchall()
            statistics = connection.execute(STATISTICS).fetchone() or {}
            replicas = connection.execute(REPLICAS).fetchall()
        return DatabaseView(
            name=self._name,
            latency_seconds=round(latency, 5),
            sessions=tuple(_session(row) for row in sessions),
            statistics=dict(statistics),
            replicas=tuple(dict(row) for row in replicas),
            **{**numbers, "version": str(numbers.get("version", "")).partition(" on ")[0]},
        )

    @contextmanager
    def _connected(self) -> Iterator[psycopg.Connection[dict[str, Any]]]:
        what = f"ask {self.label}"
        try:
            with psycopg.connect(**self._to, row_factory=dict_row) as connection:
                connection.read_only = True
                yield connection
        except (psycopg.errors.InvalidPassword, psycopg.errors.InsufficientPrivilege) as error:
            raise DatabaseRefused(f"{what}: {_short(error)}") from error
        except psycopg.OperationalError as error:
            raise DatabaseUnreachable(f"{what}: {_short(error)}") from error
        except psycopg.Error as error:
            raise DatabaseRefused(f"{what}: {_short(error)}") from error


@contextmanager
def through(
    cluster: Cluster, place: DatabasePlace, namespace: str, pod: str, within_seconds: float = 10.0
) -> Iterator[Database]:
    """The platform's database through a port-forward to its pod, with the reading role from its Secret.

    Raises:
        DatabaseRefused: The platform file names no Secret, or it lacks the keys. Permanent.
        ClusterError: The Secret cannot be read.
    """
    user, password = _reader(cluster, place, namespace)
    forward = cluster.forward(namespace, pod, place.port)
    with forward as port:
        try:
            yield Database("127.0.0.1", port, place.name, user, password, f"{place.name} on pod/{pod}")
        except DatabaseUnreachable as error:
            if forward.problem:
                raise DatabaseUnreachable(f"ask {place.name} on pod/{pod}: {cut(forward.problem)}") from error
            raise


def _reader(cluster: Cluster, place: DatabasePlace, namespace: str) -> tuple[str, str]:
    if not place.credentials_secret:
        raise DatabaseRefused(f"ask {place.name}: the platform file names no credentials_secret for it")
    ref = ObjectRef(kind="Secret", name=place.credentials_secret, namespace=namespace)
    try:
        data = cluster.get(ref).get("data") or {}
    except ClusterError as error:
        raise DatabaseRefused(f"ask {place.name}: its credentials cannot be read ({error})") from error
    try:
        return tuple(base64.b64decode(data[f"reader-{key}"]).decode() for key in ("username", "password"))  # type: ignore[return-value]
    except KeyError as error:
        raise DatabaseRefused(f"ask {place.name}: {ref} has no key {error}") from error


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
