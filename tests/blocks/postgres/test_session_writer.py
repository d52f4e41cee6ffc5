"""The database's writing door, against a real PostgreSQL: only the root of a wait ends, and nobody else."""

import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, nullcontext, suppress
from typing import Any

import psycopg
import pytest

from blocks.postgres.session_writer import DatabaseWriter
from outage.diagnosis.hypothesis import Action, Change
from outage.errors import DatabaseRefused, DatabaseUnreachable
from outage.kubernetes.objects import ObjectRef
from outage.plans.fence import unshared_fence
from outage.plans.plan import Precondition
from outage.plans.reconcile_intents import WriteState, look_at_write

HELD = unshared_fence("a test's sessions")
ROLES = """
drop table if exists accounts;
drop role if exists shop; drop role if exists outage_writer;
create role shop login; create role outage_writer login;
grant pg_signal_backend, pg_read_all_stats to outage_writer;
grant create on schema public to shop;
create table accounts (id int); alter table accounts owner to shop;
"""


@pytest.fixture(scope="module")
def url(postgres: str) -> str:
    """A database with a table, an application's role and our writing role."""
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(ROLES)
    return postgres


@pytest.fixture
def writer(url: str) -> DatabaseWriter:
    """The door as the writing role: no superuser."""
    to = psycopg.conninfo.conninfo_to_dict(url) | {"user": "outage_writer"}
    to.pop("connect_timeout", None)
    return DatabaseWriter(lambda: nullcontext(dict(to)), "database shop")


@contextmanager
def session(url: str, user: str = "shop", name: str = "report") -> Iterator[psycopg.Connection[Any]]:
    """A client of the database."""
    connection = psycopg.connect(url, user=user, application_name=name)
    try:
        yield connection
    finally:
        connection.close()


@contextmanager
def blocking(url: str, **more: str) -> Iterator[tuple[int, psycopg.Connection[Any], threading.Thread]]:
    """A session that holds a lock, and another that waits for it."""
    with ExitStack() as stack:
        holder = stack.enter_context(session(url, **more))
        waiter = stack.enter_context(session(url, name="api"))
        holder.execute("lock table accounts in access exclusive mode")
        thread = stack.enter_context(running(waiter, "select * from accounts"))
        _until_blocked(url, holder.info.backend_pid)
        yield holder.info.backend_pid, waiter, thread


@contextmanager
def running(connection: psycopg.Connection[Any], sql: str) -> Iterator[threading.Thread]:
    """A statement on a thread of its own, which has ended before anybody closes the connection.

    libpq frees a connection that is closed under a thread that reads from it, and the interpreter dies of it.
    """
    thread = threading.Thread(target=_run, args=(connection, sql), daemon=True)
    thread.start()
    try:
        yield thread
    finally:
        if thread.is_alive():
            connection.cancel()
        thread.join(10)
        assert not thread.is_alive(), "the statement went on after it was cancelled"


def _run(connection: psycopg.Connection[Any], sql: str) -> None:
    with suppress(psycopg.errors.QueryCanceled):
        connection.execute(sql)


def _until_blocked(url: str, pid: int) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        until = time.monotonic() + 10
        while time.monotonic() < until:
            row = connection.execute(
                "select count(*) from pg_stat_activity where %s = any(pg_blocking_pids(pid))", (pid,)
            ).fetchone()
            if row and row[0]:
                return
            connection.execute("select pg_sleep(0.05)")
    raise AssertionError("nobody waits")


def ending(pid: int) -> Change:
    """End one session."""
    target = ObjectRef(kind="Session", name=str(pid))
    return Change(action=Action.CANCEL, target=target, session=pid, why="it blocks", expected="others go on")


def relies(writer: DatabaseWriter, pid: int) -> Precondition:
    """On the session that has the pid now."""
    there = writer.read(ObjectRef(kind="Session", name=str(pid)))
    assert there is not None
    return Precondition(uid=there["metadata"]["uid"])


def test_the_root_of_a_wait_is_ended_and_the_waiter_goes_on(url: str, writer: DatabaseWriter) -> None:
    """A holder that is idle in its transaction has no query to cancel: it is terminated."""
    with blocking(url) as (pid, waiter, thread):
        before = writer.read(ending(pid).target)
        assert writer.write(ending(pid), relies(writer, pid), HELD) is None
        thread.join(5)

        assert not thread.is_alive()
        assert not waiter.closed
        assert writer.read(ending(pid).target) is None
        assert look_at_write(ending(pid), before, None) is WriteState.WRITTEN


def test_a_query_is_cancelled_before_its_session_is_terminated(url: str, writer: DatabaseWriter) -> None:
    """Cancelling is enough when the lock goes with the statement."""
    sql = "do $$ begin lock table accounts in access exclusive mode; perform pg_sleep(60); end $$"
    with session(url) as holder, session(url, name="api") as waiter:
        holder.autocommit = waiter.autocommit = True
        with (
            running(holder, sql) as held,
            running(waiter, "select pg_sleep(0.5); select * from accounts") as waited,
        ):
            pid = holder.info.backend_pid
            _until_blocked(url, pid)
            after = writer.write(ending(pid), relies(writer, pid), HELD)
            held.join(5)
            waited.join(5)

        assert after is not None
        assert after["spec"]["blocks"] is False
        assert holder.execute("select 1").fetchone() == (1,)


@pytest.mark.parametrize(
    ("more", "because"),
    [
        pytest.param({"user": "postgres"}, "superuser", id="a superuser"),
        pytest.param({"name": "pg_dump"}, "backup", id="a backup"),
        pytest.param({"name": "outage"}, "our own", id="ourselves"),
    ],
)
def test_some_sessions_are_never_ended(
    url: str, writer: DatabaseWriter, more: dict[str, str], because: str
) -> None:
    """Also when a plan asks for it: the door itself refuses."""
    with blocking(url, **more) as (pid, _, _), pytest.raises(DatabaseRefused, match=because):
        writer.write(ending(pid), relies(writer, pid), HELD)


def test_a_session_that_works_and_blocks_nobody_survives(url: str, writer: DatabaseWriter) -> None:
    """It may be the month's report."""
    with session(url) as worker:
        worker.autocommit = True
        with running(worker, "select pg_sleep(1.5)") as thread:
            pid = worker.info.backend_pid
            while (relied := writer.read(ending(pid).target)) and relied["status"]["state"] != "active":
                continue
            with pytest.raises(DatabaseRefused, match="blocks nobody"):
                writer.write(ending(pid), relies(writer, pid), HELD)
            thread.join(5)


def test_a_pid_that_belongs_to_another_session_is_not_touched(url: str, writer: DatabaseWriter) -> None:
    """Pids are given anew; the start of the session is part of its name."""
    with blocking(url) as (pid, _, _):
        with pytest.raises(DatabaseRefused, match="another session"):
            writer.write(ending(pid), Precondition(uid=f"{pid}@2001-01-01"), HELD)
        assert writer.read(ending(pid).target) is not None


def test_a_session_that_has_ended_needs_nothing(writer: DatabaseWriter) -> None:
    """Not found while ending is success."""
    assert writer.write(ending(2_000_000), Precondition(), HELD) is None


def test_whether_sessions_may_be_ended_is_known_beforehand(url: str, writer: DatabaseWriter) -> None:
    """For `outage doctor`."""
    assert writer.may_signal()
    to = psycopg.conninfo.conninfo_to_dict(url) | {"user": "shop"}
    assert not DatabaseWriter(lambda: nullcontext(dict(to)), "database shop").may_signal()


def test_a_database_that_does_not_answer_is_unreachable() -> None:
    """Transient: whether a session was ended is found out later."""
    nowhere = DatabaseWriter(
        lambda: nullcontext({"host": "127.0.0.1", "port": 9, "dbname": "x"}), "database shop"
    )
    with pytest.raises(DatabaseUnreachable, match="speak to database shop"):
        nowhere.read(ObjectRef(kind="Session", name="1"))
