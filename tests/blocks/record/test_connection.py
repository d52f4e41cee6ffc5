"""The way to the record, and its shape: mended unseen, said in one sentence, all of a migration or nothing."""

import pytest

from blocks.record import Record
from blocks.record.record_pool import connect_record
from blocks.record.schema_migration import Migration, migrate, migrations
from outage.errors import RecordError
from tests.conftest import eventually


def test_a_broken_connection_is_mended_unseen(record: Record) -> None:
    """The supervisor restarts PostgreSQL; the response goes on."""
    record.incidents()
    others = "from pg_stat_activity where pid <> pg_backend_pid() and datname = current_database()"
    with connect_record(record.dsn) as axe:
        axe.execute(f"select pg_terminate_backend(pid) {others}")
        eventually("they are gone", lambda: not axe.execute(f"select pid {others}").fetchall())

    assert record.healthy() is None


def test_a_dead_record_is_said_in_one_sentence() -> None:
    """Our error, transient, and no psycopg above the door."""
    with pytest.raises(RecordError) as error:
        Record.open("postgresql://postgres@/outage?host=/nowhere")

    assert error.value.transient
    assert "\n" not in str(error.value)


def test_migrating_again_changes_nothing(record_dsn: str, record: Record) -> None:
    """Every process migrates when it starts."""
    assert migrate(record_dsn) == []


def test_a_newer_record_is_not_touched(record_dsn: str, record: Record) -> None:
    """An old program must not write into a shape that it does not know."""
    with connect_record(record_dsn) as connection:
        connection.execute("insert into outage.migration (number, name) values (9000, 'future')")
    try:
        with pytest.raises(RecordError, match="newer version"):
            migrate(record_dsn)
    finally:
        with connect_record(record_dsn) as connection:
            connection.execute("delete from outage.migration where number = 9000")


def test_a_failing_migration_leaves_nothing_behind(record_dsn: str, record: Record) -> None:
    """All of a file or none of it."""
    broken = Migration(8000, "broken", "create table outage.half (a int); select nonsense")
    with pytest.raises(RecordError, match="nonsense"):
        migrate(record_dsn, [*migrations(), broken])

    with connect_record(record_dsn) as connection:
        left = connection.execute("select to_regclass('outage.half') as half").fetchone()
    assert left == {"half": None}
