"""Bringing the record to the shape that this version of the program expects.

Numbered SQL files, each applied once and in order, all under one advisory lock, so that a runner and an intake
that start at the same moment do not race.
"""

import re
from importlib import resources
from typing import NamedTuple

from blocks.record.record_pool import Connection, connect_record, translated_record_errors
from outage.errors import RecordError

LOCK = 0x0A7A6E
"""The advisory lock's number; any constant that is ours."""


class Migration(NamedTuple):
    """One numbered file."""

    number: int
    name: str
    sql: str


def migrations() -> list[Migration]:
    """All migrations this version knows, in order."""
    found = []
    for file in resources.files("blocks.record.migrations").iterdir():
        match = re.fullmatch(r"(\d{4})_(\w+)\.sql", file.name)
        if match:
            found.append(Migration(int(match[1]), match[2], file.read_text(encoding="utf-8")))
    return sorted(found)


def migrate(dsn: str, known: list[Migration] | None = None) -> list[str]:
    """Apply what is missing; returns the names of what was applied.

    Raises:
        RecordError: The record is of a newer version than this program, cannot be reached, or refuses. Transient.
    """
    known = migrations() if known is None else known
    with translated_record_errors("migrate the record"), connect_record(dsn) as connection:
        if _applied(connection) == {one.number for one in known}:
            return []
        connection.execute("select pg_advisory_lock(%s)", (LOCK,))
        return _apply(connection, known)


def _apply(connection: Connection, known: list[Migration]) -> list[str]:
    with connection.transaction():
        connection.execute("create schema if not exists outage")
        connection.execute(
            "create table if not exists outage.migration"
            " (number integer primary key, name text not null, applied_at timestamptz not null default now())"
        )
    applied = _applied(connection)
    stranger = max(applied - {one.number for one in known}, default=None)
    if stranger is not None:
        raise RecordError(
            f"migrate the record: it holds migration {stranger}, and this version of the program"
            f" knows up to {max(one.number for one in known)}; start the newer version"
        )
    missing = [one for one in known if one.number not in applied]
    for one in missing:
        with connection.transaction():
            connection.execute(one.sql)
            connection.execute(
                "insert into outage.migration (number, name) values (%s, %s)", (one.number, one.name)
            )
    return [f"{one.number:04}_{one.name}" for one in missing]


def _applied(connection: Connection) -> set[int]:
    there = connection.execute("select to_regclass('outage.migration') as there").fetchone()
    if not there or there["there"] is None:
        return set()
    return {row["number"] for row in connection.execute("select number from outage.migration")}
