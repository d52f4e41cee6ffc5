"""The writing door to the platform's PostgreSQL: it ends one session at a time, and only those that may be ended.

The statement itself carries every exclusion (replication, the database's own processes, superusers, our own
session), so that a mistake above this door cannot widen it. A session is named by its pid and its start: a pid
that was given to somebody else meanwhile is never touched.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import psycopg
from psycopg.rows import dict_row

from blocks.retry import wait_until
from outage.diagnosis.hypothesis import Change
from outage.errors import DatabaseRefused, DatabaseUnreachable, cut
from outage.kubernetes.objects import ObjectRef
from outage.plans.fence import Fence
from outage.plans.plan import Precondition
from outage.policies.guards.data_loss import spared_sessions
from outage.snapshots.snapshot import Session
from outage.value import Manifest

CONNECT_SECONDS = 5
STATEMENT_SECONDS = 5
YIELD_SECONDS = 2.0
"""How long a session has to end its query after a cancel, before it is terminated."""
LOOK_EVERY_SECONDS = 0.1

SESSION = """
select a.pid, a.backend_start::text as started, coalesce(a.usename, '') as user,
       coalesce(a.application_name, '') as application, coalesce(host(a.client_addr), '') as client,
       coalesce(a.state, '') as state, a.backend_type as backend, coalesce(r.rolsuper, false) as superuser,
       a.backend_type = 'walsender' as replication,
       exists (select 1 from pg_stat_activity o where a.pid = any(pg_blocking_pids(o.pid))) as blocks,
       pg_blocking_pids(a.pid) as blocked_by
from pg_stat_activity a left join pg_roles r on r.oid = a.usesysid where a.pid = %s
"""
END = """
select {function}(a.pid) as done from pg_stat_activity a left join pg_roles r on r.oid = a.usesysid
where a.pid = %s and a.backend_start::text = %s and a.backend_type = 'client backend'
  and not coalesce(r.rolsuper, false) and a.pid <> pg_backend_pid()
"""

Row = dict[str, Any]
Connect = Callable[[], AbstractContextManager[dict[str, Any]]]
"""Gives the connection's parameters for as long as it is needed: a port-forward may stand behind it."""


class DatabaseWriter:
    """Ends sessions of one database as the writing role."""

    def __init__(self, connect: Connect, label: str):
        self._connect = connect
        self.label = label

    def read(self, ref: ObjectRef) -> Manifest | None:
        """The session as an object with a uid, or None when it has ended."""
        with self._connected() as connection:
            return _manifest(_session(connection, int(ref.name)))

    def dry_run(self, change: Change, precondition: Precondition) -> tuple[Manifest | None, Manifest | None]:
        """The session before and after: a session that is ended is gone."""
        return self.read(change.target), None

    def write(self, change: Change, precondition: Precondition, fence: Fence) -> Manifest | None:
        """Cancel the session's query, then terminate the session when it does not yield.

        Args:
            change: Which session to end.
            precondition: Its uid: pid and start. A statement compares both with the session that is there.
            fence: What the writer holds; compared right before each of the two statements.

        Returns:
            The session when it lives on and blocks nobody, or None when it has ended.

        Raises:
            DatabaseUnreachable: No connection; whether it was ended is not known. Transient.
            DatabaseRefused: It is not the session of the precondition, must not be ended, or does not end. Permanent.
            FenceLost: Somebody else holds the session since. Permanent.
        """
        pid = int(change.target.name)
        with self._connected() as connection:
            row = _session(connection, pid)
            if row is None:
                return None
            self._may(row, precondition)
            if row["state"] == "active":
                self._end(connection, "pg_cancel_backend", row, fence)
                if self._yielded(connection, row):
                    return _manifest(_session(connection, pid))
            self._end(connection, "pg_terminate_backend", row, fence)
            if self._yielded(connection, row, gone=True):
                return None
        raise DatabaseRefused(
            f"end session {pid} of {self.label}: it is still there after {YIELD_SECONDS:.0f} s"
        )

    def may_signal(self) -> bool:
        """Whether the writing role may end sessions of others at all; for `outage doctor`."""
        with self._connected() as connection:
            row = connection.execute(
                "select pg_has_role(current_user, 'pg_signal_backend', 'member') as may"
            ).fetchone()
        return bool(row and row["may"])

    def _may(self, row: Row, precondition: Precondition) -> None:
        what = f"end session {row['pid']} of {self.label}"
        if _uid(row) != precondition.uid:
            raise DatabaseRefused(f"{what}: the pid belongs to another session by now")
        values = {key: row[key] for key in ("pid", "user", "application", "client", "state", "backend")}
        session = Session(**values, superuser=row["superuser"], replication=row["replication"])
        if because := spared_sessions(session):
            raise DatabaseRefused(f"{what}: it is left alone, {because}")
        if not (row["blocks"] and not row["blocked_by"]) and not row["state"].startswith("idle"):
            raise DatabaseRefused(f"{what}: it is working and blocks nobody")

    def _end(self, connection: psycopg.Connection[Row], function: str, row: Row, fence: Fence) -> None:
        fence.confirm_held()
        done = connection.execute(END.format(function=function), (row["pid"], row["started"])).fetchone()
        if done is not None and not done["done"]:
            raise DatabaseRefused(f"end session {row['pid']} of {self.label}: {function} answered no")

    def _yielded(self, connection: psycopg.Connection[Row], row: Row, gone: bool = False) -> bool:
        def yielded() -> bool:
            now = _session(connection, row["pid"])
            return now is None or now["started"] != row["started"] or not (gone or now["blocks"])

        return wait_until(yielded, YIELD_SECONDS, LOOK_EVERY_SECONDS) is not None

    @contextmanager
    def _connected(self) -> Iterator[psycopg.Connection[Row]]:
        what = f"speak to {self.label}"
        try:
            with (
                self._connect() as to,
                psycopg.connect(
                    **to,
                    connect_timeout=CONNECT_SECONDS,
                    application_name="outage",
                    options=f"-c statement_timeout={STATEMENT_SECONDS * 1000} -c lock_timeout=1000",
                    autocommit=True,
                    row_factory=dict_row,
                ) as connection,
            ):
                yield connection
        except (psycopg.errors.InvalidPassword, psycopg.errors.InsufficientPrivilege) as error:
            raise DatabaseRefused(f"{what}: {cut(str(error), 200)}") from error
        except psycopg.OperationalError as error:
            raise DatabaseUnreachable(f"{what}: {cut(str(error), 200)}") from error
        except psycopg.Error as error:
            raise DatabaseRefused(f"{what}: {cut(str(error), 200)}") from error


def _session(connection: psycopg.Connection[Row], pid: int) -> Row | None:
    return connection.execute(SESSION, (pid,)).fetchone()


def _uid(row: Row) -> str:
    return f"{row['pid']}@{row['started']}"


def _manifest(row: Row | None) -> Manifest | None:
    """A session in the shape of an object, so that plans and ways back treat it like any other."""
    if row is None:
        return None
    return {
        "kind": "Session",
        "metadata": {"name": str(row["pid"]), "uid": _uid(row)},
        "spec": {key: row[key] for key in ("user", "application", "client", "blocks")},
        "status": {"state": row["state"]},
    }
