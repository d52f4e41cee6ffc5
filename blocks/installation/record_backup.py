"""The whole record as one file, and back: each table as PostgreSQL's own COPY, all of one moment.

Not pg_dump: the embedded one is of one version, a PostgreSQL of yours may be newer; COPY is the same in all.
"""

import hashlib
import json
import os
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from psycopg import sql

from blocks.record.record_pool import Connection, connect_record, translated_record_errors
from blocks.record.schema_migration import migrate, migrations
from outage.errors import FileError, RecordError
from outage.value import Value

SCHEMA = "outage"
FORMAT = 1
MANIFEST = "manifest.json"
HOLDS_OUTAGES = ("incident", "alert")
"""Tables whose rows make a record one that is not written over."""
BLOCK_BYTES = 1 << 20


class SavedTable(Value):
    """One table in a backup."""

    columns: tuple[str, ...]
    rows: int
    sha256: str


class BackupManifest(Value):
    """What a backup holds."""

    format: int = FORMAT
    taken_at: datetime
    migration: int
    """Number of the newest migration that the record had."""
    tables: dict[str, SavedTable]
    """In an order in which what is referred to comes before what refers to it."""

    @property
    def rows(self) -> int:
        """Of all tables together."""
        return sum(one.rows for one in self.tables.values())


def back_up_record(dsn: str, file: Path) -> BackupManifest:
    """Write the record as it is at one moment; whoever writes to it goes on meanwhile.

    Args:
        dsn: The record.
        file: Is written whole or not at all, for its owner's eyes alone: the record holds true values.

    Raises:
        RecordError: The record cannot be read. Transient.
        FileError: The file cannot be written, or is there already.
    """
    if file.exists():
        raise FileError(f"back the record up to {file}: it is there already, and is not overwritten")
    part = file.with_name(f"{file.name}.part")
    try:
        with (
            open(part, "xb", opener=_private) as raw,
            zipfile.ZipFile(raw, "w", zipfile.ZIP_DEFLATED) as archive,
        ):
            made = _save(dsn, archive)
        part.replace(file)
    except OSError as error:
        raise FileError(f"back the record up to {file}: {error.strerror or error}") from error
    finally:
        part.unlink(missing_ok=True)
    return made


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _save(dsn: str, archive: zipfile.ZipFile) -> BackupManifest:
    with translated_record_errors("back the record up"), connect_record(dsn) as connection:
        connection.execute("set statement_timeout = 0")
        with connection.transaction():
            connection.execute("set transaction isolation level repeatable read, read only")
            newest = connection.execute("select max(number) as newest from outage.migration").fetchone()
            tables = {name: _save_table(connection, archive, name) for name in _tables(connection)}
    made = BackupManifest(taken_at=datetime.now(UTC), migration=(newest or {})["newest"], tables=tables)
    archive.writestr(MANIFEST, made.model_dump_json(indent=1))
    return made


def _save_table(connection: Connection, archive: zipfile.ZipFile, name: str) -> SavedTable:
    columns = _columns(connection, name)
    digest = hashlib.sha256()
    with archive.open(name, "w", force_zip64=True) as out, connection.cursor() as cursor:
        with cursor.copy(_copy(name, columns, "to stdout")) as copied:
            for block in copied:
                digest.update(block)
                out.write(block)
        rows = cursor.rowcount
    return SavedTable(columns=columns, rows=rows, sha256=digest.hexdigest())


def _copy(name: str, columns: tuple[str, ...], way: str) -> sql.Composed:
    listed = sql.SQL(", ").join(map(sql.Identifier, columns))
    return sql.SQL("copy {} ({}) " + way).format(sql.Identifier(SCHEMA, name), listed)


def restore_record(dsn: str, file: Path) -> BackupManifest:
    """Make an empty record what a backup holds: all of it or nothing.

    The record is brought to the shape of the backup first, and to this version's afterwards.

    Raises:
        FileError: The file is no backup, was changed, or is of a newer version. Permanent.
        RecordError: The record holds outages already, or does not take it.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            held = _manifest(archive, file)
            _put_back(dsn, archive, held)
    except (OSError, zipfile.BadZipFile, KeyError) as error:
        raise FileError(f"restore the record from {file}: it cannot be read as a backup: {error}") from error
    migrate(dsn)
    return held


def _manifest(archive: zipfile.ZipFile, file: Path) -> BackupManifest:
    try:
        held = BackupManifest.model_validate(json.loads(archive.read(MANIFEST)))
    except ValueError as error:
        raise FileError(f"restore the record from {file}: its manifest cannot be read") from error
    newest = max(one.number for one in migrations())
    if held.format != FORMAT or held.migration > newest:
        raise FileError(
            f"restore the record from {file}: it holds migration {held.migration} in format {held.format}, and this"
            f" version of the program knows up to {newest} in format {FORMAT}; use the newer version"
        )
    for name, table in held.tables.items():
        if _digest(archive, name) != table.sha256:
            raise FileError(f"restore the record from {file}: table {name} is not what was written")
    return held


def _digest(archive: zipfile.ZipFile, name: str) -> str:
    with archive.open(name) as read:
        return hashlib.file_digest(read, "sha256").hexdigest()  # type: ignore[arg-type]


def _put_back(dsn: str, archive: zipfile.ZipFile, held: BackupManifest) -> None:
    with translated_record_errors("restore the record"), connect_record(dsn) as connection:
        connection.execute("set statement_timeout = 0")
        with connection.transaction():
            _refuse_outages(connection)
            # Anew, in the shape that the backup has: a record of this version may have another one.
            connection.execute(f"drop schema if exists {SCHEMA} cascade")
            connection.execute(f"create schema {SCHEMA}")
            connection.execute(
                "create table outage.migration"
                " (number integer primary key, name text not null, applied_at timestamptz not null default now())"
            )
            for one in migrations():
                if one.number <= held.migration:
                    connection.execute(one.sql)
            for name, table in held.tables.items():
                _fill(connection, archive, name, table)
            for name in held.tables:
                _go_on_counting(connection, name)


def _refuse_outages(connection: Connection) -> None:
    """A record that holds outages is not written over, whatever a backup holds; nor does one come in meanwhile."""
    for name in sorted(set(_tables(connection)) & set(HOLDS_OUTAGES)):
        connection.execute(f"lock table {SCHEMA}.{name} in access exclusive mode")
        if connection.execute(f"select from {SCHEMA}.{name} limit 1").fetchone() is not None:
            raise RecordError(
                "restore the record: this one holds outages already; restore into that of an empty OUTAGE_HOME"
            )


def _fill(connection: Connection, archive: zipfile.ZipFile, name: str, table: SavedTable) -> None:
    connection.execute(
        sql.SQL("delete from {}").format(sql.Identifier(SCHEMA, name))
    )  # what a migration put there
    with (
        archive.open(name) as read,
        connection.cursor() as cursor,
        cursor.copy(_copy(name, table.columns, "from stdin")) as copied,
    ):
        while block := read.read(BLOCK_BYTES):
            copied.write(block)


def _go_on_counting(connection: Connection, name: str) -> None:
    """New rows get numbers behind the old ones."""
    found = connection.execute(
        "select column_name from information_schema.columns"
        " where table_schema = %s and table_name = %s and is_identity = 'YES'",
        (SCHEMA, name),
    )
    for row in found.fetchall():
        column = sql.Identifier(row["column_name"])
        table = sql.Identifier(SCHEMA, name)
        connection.execute(
            sql.SQL(
                "select setval(pg_get_serial_sequence(%s, %s), coalesce(max({}), 0) + 1, false) from {}"
            ).format(column, table),
            (f"{SCHEMA}.{name}", row["column_name"]),
        )


def _tables(connection: Connection) -> list[str]:
    """The record's tables, each behind those that it refers to."""
    rows = connection.execute(
        "select table_name as name from information_schema.tables"
        " where table_schema = %s and table_type = 'BASE TABLE' order by 1",
        (SCHEMA,),
    ).fetchall()
    leans = connection.execute(
        "select child.relname as child, parent.relname as parent from pg_constraint"
        " join pg_class child on child.oid = conrelid join pg_class parent on parent.oid = confrelid"
        " join pg_namespace space on space.oid = child.relnamespace"
        " where contype = 'f' and space.nspname = %s and conrelid <> confrelid",
        (SCHEMA,),
    ).fetchall()
    return list(_in_order([row["name"] for row in rows], {(row["child"], row["parent"]) for row in leans}))


def _in_order(names: list[str], leans: set[tuple[str, str]]) -> Iterator[str]:
    left = list(names)
    while left:
        free = [one for one in left if not any((one, other) in leans for other in left)]
        if not free:
            raise RecordError(f"order the record's tables: {', '.join(left)} refer to each other in a circle")
        yield from free
        left = [one for one in left if one not in free]


def _columns(connection: Connection, name: str) -> tuple[str, ...]:
    rows = connection.execute(
        "select column_name from information_schema.columns where table_schema = %s and table_name = %s"
        " and is_generated = 'NEVER' order by ordinal_position",
        (SCHEMA, name),
    ).fetchall()
    return tuple(row["column_name"] for row in rows)
