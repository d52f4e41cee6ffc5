"""The roles of deploy/database.sql, made by psql as the README says, have the rights that a response needs."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pgserver
import psycopg
import pytest

from blocks.postgres.database_reader import DatabaseReader
from outage.platforms.database_rights import blind_spots
from stack.embedded_postgres import throwaway_postgres

HOUSE = Path(__file__).resolve().parents[3]
PSQL = Path(pgserver.__file__).parent / "pginstall/bin/psql"


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A PostgreSQL of its own, with the roles and a table that is nobody's business."""
    with throwaway_postgres(tmp_path_factory.mktemp("roles") / "data") as found:
        given = {"reader_password": "r", "writer_password": "w", "database": "postgres"}
        words = [word for name, value in given.items() for word in ("-v", f"{name}={value}")]
        script = ["-v", "ON_ERROR_STOP=1", "-f", str(HOUSE / "deploy/database.sql")]
        subprocess.run([PSQL, found, *words, *script], check=True, capture_output=True)
        with psycopg.connect(found, autocommit=True) as owner:
            owner.execute("create table learners (id int)")
        yield found


def door(url: str, user: str) -> DatabaseReader:
    """The reading door as one of the roles."""
    parts = psycopg.conninfo.conninfo_to_dict(url)
    place = str(parts.get("host")), int(parts.get("port") or 5432)
    return DatabaseReader(*place, "postgres", user, "r", "the test's database")


def test_the_reading_role_sees_the_database_and_no_row_of_anybody(url: str) -> None:
    """Statistics, never data."""
    assert door(url, "outage_reader").view().max_connections > 0
    with (
        psycopg.connect(url, user="outage_reader") as reader,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        reader.execute("select * from learners")


def test_the_reading_role_has_no_blind_spot_that_its_owner_can_cure_but_the_server_s_setting(
    url: str,
) -> None:
    """reserved_connections is the server's; everything else the script does."""
    left = [says for says, curable in blind_spots(door(url, "outage_reader").rights()) if curable]

    assert [says for says in left if "reserved_connections" not in says] == []


def test_only_the_writing_role_may_end_sessions(url: str) -> None:
    """Two identities, each with the least it needs."""
    with psycopg.connect(url) as owner:
        asked = "select pg_has_role(%s, 'pg_signal_backend', 'member')"
        may = {role: owner.execute(asked, (role,)).fetchone() for role in ("outage_reader", "outage_writer")}

    assert may == {"outage_reader": (False,), "outage_writer": (True,)}
