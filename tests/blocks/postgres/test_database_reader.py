import threading
from urllib.parse import urlsplit

import psycopg
import pytest

from blocks.postgres.database_reader import DatabaseReader, without_literals
from outage.errors import DatabaseRefused, DatabaseUnreachable


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        pytest.param("select 1", "select ?", id="a number"),
        pytest.param(
            "select * from t1 where a = 'it''s'", "select * from t1 where a = ?", id="a text with a quote"
        ),
        pytest.param(
            "update u set p = E'a\\nb', n = -4.2", "update u set p = ?, n = -?", id="an escaped text"
        ),
        pytest.param("do $x$ secret $x$", "do ?", id="a dollar-quoted body"),
        pytest.param("where id = $1", "where id = $1", id="a parameter holds nothing"),
        pytest.param(
            "insert into t values ('cut off by the serv", "insert into t values (?", id="a text cut off"
        ),
    ],
)
def test_a_query_is_shown_without_anybodys_data(query: str, shown: str) -> None:
    """What runs matters; what it carries does not."""
    assert without_literals(query) == shown


@pytest.fixture(scope="module")
def database(postgres: str) -> DatabaseReader:
    """A door to a real PostgreSQL; over its socket when it listens on none."""
    parts = psycopg.conninfo.conninfo_to_dict(postgres)
    return DatabaseReader(
        str(parts.get("host") or urlsplit(postgres).hostname),
        int(parts.get("port") or 5432),
        "postgres",
        str(parts.get("user") or "postgres"),
        str(parts.get("password") or ""),
        "the test's database",
    )


def test_a_healthy_database_tells_its_numbers(database: DatabaseReader) -> None:
    """Healthy first."""
    view = database.view()

    assert view.connections < view.max_connections
    assert not view.read_only
    assert not view.in_recovery
    assert view.statistics["datname"] == "postgres"
    assert "PostgreSQL" in view.version
    assert [one for one in view.sessions if one.blocked_by] == []


def test_a_blocked_session_names_its_blocker(database: DatabaseReader, postgres: str) -> None:
    """The root of a lock tree is what will be ended, so it must be the right one."""
    with psycopg.connect(postgres, autocommit=True) as owner:
        owner.execute("create table if not exists locked (n int)")
    with psycopg.connect(postgres) as holder, psycopg.connect(postgres) as waiter:
        holder.execute("lock table locked")
        wait = threading.Thread(target=lambda: waiter.execute("select count(*) from locked where n = 42"))
        wait.start()
        pid = holder.info.backend_pid
        for _ in range(50):
            blocked = [one for one in database.view().sessions if one.blocked_by]
            if blocked:
                break
        holder.rollback()
        wait.join()

    assert [one.blocked_by for one in blocked] == [(pid,)]
    assert blocked[0].query == "select count(*) from locked where n = ?"
    assert blocked[0].wait.startswith("Lock/")


def test_a_database_that_is_read_only_by_default_says_so(database: DatabaseReader, postgres: str) -> None:
    """And one role that is read-only says nothing about the others."""
    with psycopg.connect(postgres, autocommit=True) as owner:
        owner.execute("alter database postgres set default_transaction_read_only = on")
        try:
            assert database.view().read_only
        finally:
            owner.execute("set default_transaction_read_only = off")
            owner.execute("alter database postgres reset default_transaction_read_only")
    assert not database.view().read_only


def test_a_role_that_is_read_only_itself_cannot_tell_of_the_database(
    database: DatabaseReader, postgres: str
) -> None:
    """Its own value hides the database's: that is unknown, not well."""
    with psycopg.connect(postgres, autocommit=True) as owner:
        owner.execute("alter role current_user set default_transaction_read_only = on")
        try:
            assert database.view().read_only is None
        finally:
            owner.execute("set default_transaction_read_only = off")
            owner.execute("alter role current_user reset default_transaction_read_only")


def test_the_database_tells_what_the_role_may_see(database: DatabaseReader) -> None:
    """The test's role is the owner: it sees everybody and has no default of its own."""
    rights = database.rights()

    assert rights.sees_others
    assert not rights.read_only_itself
    assert not rights.reserved


def test_nobody_listening_is_unreachable() -> None:
    """And the sentence says which database was asked."""
    with pytest.raises(DatabaseUnreachable, match="ask shop on pod/db-0"):
        DatabaseReader("127.0.0.1", 1, "shop", "u", "p", "shop on pod/db-0").view()


def test_an_unknown_database_is_refused_or_unreachable_but_ours(
    database: DatabaseReader, postgres: str
) -> None:
    """No error of the client passes the door."""
    gone = DatabaseReader("127.0.0.1", 1, "gone", "u", "p", "gone")
    gone._to = {**database._to, "dbname": "does-not-exist"}

    with pytest.raises((DatabaseUnreachable, DatabaseRefused), match="does-not-exist"):
        gone.view()


def test_a_view_ends_with_its_time(database: DatabaseReader) -> None:
    """Five statements with a limit each would take five times as long as anybody waits."""
    with pytest.raises(DatabaseUnreachable, match="did not answer everything in time"):
        database.view(within_seconds=0.0)
