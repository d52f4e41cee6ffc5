"""The record as one file and back, on a real PostgreSQL: what comes back is what was there, and it can be proven."""

import hashlib
import json
import stat
import zipfile
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from blocks.installation.record_backup import back_up_record, restore_record
from blocks.record import Record
from blocks.record.record_pool import connect_record
from cli import group
from outage.errors import FileError, OutageError, RecordError
from outage.incidents.incident import Incident
from outage.incidents.timeline import Entry, chain_break
from outage.plans.approval import Answer
from stack.embedded_postgres import make_databases, with_database
from tests.blocks.record.written import NOON, alert, plan, says

_names = count()


@pytest.fixture
def fresh(postgres: str) -> str:
    """The DSN of an empty record of this test's own."""
    name = f"backup_{next(_names)}"
    make_databases(postgres, name)
    dsn = with_database(postgres, name)
    Record.open(dsn).close()
    return dsn


@pytest.fixture
def full(postgres: str) -> Iterator[tuple[str, Record, Incident]]:
    """A record in which an outage was answered."""
    name = f"backup_{next(_names)}"
    make_databases(postgres, name)
    dsn = with_database(postgres, name)
    with Record.open(dsn) as record:
        record.receive(alert("shop"), NOON)
        incident, _ = record.open_incident(
            "shop/auth", "auth is down\twith a tab,\na line and ünïcode \\N", NOON
        )
        made = record.keep_plan(plan(incident.id))
        record.answer(incident.id, says(Answer.APPROVE, "ada", made.hash), quorum=1)
        record.keep_phase(incident.id, "triage", {"seen": ["x", None, 1.5]}, NOON)
        for number in range(20):
            record.add(
                incident.id, Entry(key=f"n{number}", at=NOON, kind="note", says=f"line {number}", by="ada")
            )
        yield dsn, record, incident


def contents(dsn: str) -> dict[str, list[dict[str, Any]]]:
    """Every row of every table."""
    with connect_record(dsn) as connection:
        names = connection.execute(
            "select table_name as name from information_schema.tables where table_schema = 'outage' order by 1"
        ).fetchall()
        return {
            one["name"]: connection.execute(
                f"select * from outage.{one['name']} t order by t::text"
            ).fetchall()
            for one in names
        }


def test_a_restored_record_equals_the_old_one(
    full: tuple[str, Record, Incident], fresh: str, tmp_path: Path
) -> None:
    """Every row, in every table, and the chain of the timeline verifies."""
    dsn, _, incident = full
    made = back_up_record(dsn, tmp_path / "record.zip")

    restored = restore_record(fresh, tmp_path / "record.zip")

    assert restored == made
    assert made.rows > 20
    assert contents(fresh) == contents(dsn)
    with Record.open(fresh) as record:
        written = record.entries_as_written(incident.id)
        assert len(written) >= 20
        assert chain_break(incident.id, written) is None


def test_a_restored_record_goes_on(full: tuple[str, Record, Incident], fresh: str, tmp_path: Path) -> None:
    """New lines stand behind the old ones, in the same chain."""
    dsn, _, incident = full
    back_up_record(dsn, tmp_path / "record.zip")
    restore_record(fresh, tmp_path / "record.zip")

    with Record.open(fresh) as record:
        assert record.add(incident.id, Entry(key="later", at=NOON, kind="note", says="and on", by="ada"))
        written = record.entries_as_written(incident.id)

    assert written[-1].key == "later"
    assert chain_break(incident.id, written) is None


def test_a_backup_is_of_one_moment_and_for_its_owner_alone(
    full: tuple[str, Record, Incident], tmp_path: Path
) -> None:
    """What is written while it is taken is in the next one; nothing half lies about."""
    dsn, record, incident = full
    before = contents(dsn)
    made = back_up_record(dsn, tmp_path / "record.zip")
    record.add(incident.id, Entry(key="later", at=NOON, kind="note", says="later", by="ada"))

    assert {name: table.rows for name, table in made.tables.items()} == {
        name: len(rows) for name, rows in before.items()
    }
    assert stat.S_IMODE((tmp_path / "record.zip").stat().st_mode) == 0o600
    assert [one.name for one in tmp_path.iterdir()] == ["record.zip"]


def test_a_record_with_outages_is_not_written_over(
    full: tuple[str, Record, Incident], tmp_path: Path
) -> None:
    """Also not with its own backup."""
    dsn, _, _ = full
    back_up_record(dsn, tmp_path / "record.zip")
    before = contents(dsn)

    with pytest.raises(RecordError, match="holds outages already"):
        restore_record(dsn, tmp_path / "record.zip")

    assert contents(dsn) == before


def rewritten(file: Path, change: dict[str, bytes]) -> Path:
    """The same archive with other contents under some names."""
    other = file.with_name("other.zip")
    with zipfile.ZipFile(file) as old, zipfile.ZipFile(other, "w") as new:
        for name in old.namelist():
            new.writestr(name, change.get(name, old.read(name)))
    return other


def manifest(file: Path, **words: Any) -> dict[str, bytes]:
    """The manifest with other words."""
    with zipfile.ZipFile(file) as old:
        return {"manifest.json": json.dumps(json.loads(old.read("manifest.json")) | words).encode()}


@pytest.mark.parametrize(
    ("change", "says_why"),
    [
        pytest.param(lambda _: {"entry": b"x"}, "table entry is not what was written", id="a changed table"),
        pytest.param(
            lambda file: manifest(file, migration=9999), "holds migration 9999", id="of a newer version"
        ),
        pytest.param(lambda _: {"manifest.json": b"{}"}, "manifest cannot be read", id="no manifest"),
    ],
)
def test_what_is_no_backup_of_ours_changes_nothing(
    full: tuple[str, Record, Incident], fresh: str, tmp_path: Path, change: Any, says_why: str
) -> None:
    """Said in one sentence; the record stays as it was."""
    back_up_record(full[0], tmp_path / "record.zip")
    before = contents(fresh)

    with pytest.raises(FileError, match=says_why):
        restore_record(fresh, rewritten(tmp_path / "record.zip", change(tmp_path / "record.zip")))

    assert contents(fresh) == before


def test_a_table_that_does_not_fit_leaves_the_record_as_it_was(
    full: tuple[str, Record, Incident], fresh: str, tmp_path: Path
) -> None:
    """All of it or nothing: the table before it had been filled already."""
    back_up_record(full[0], tmp_path / "record.zip")
    before = contents(fresh)
    with zipfile.ZipFile(tmp_path / "record.zip") as old:
        tables = json.loads(old.read("manifest.json"))["tables"]
    tables["plan"]["sha256"] = hashlib.sha256(b"nonsense\n").hexdigest()
    change = {"plan": b"nonsense\n"} | manifest(tmp_path / "record.zip", tables=tables)

    with pytest.raises(RecordError, match="restore the record"):
        restore_record(fresh, rewritten(tmp_path / "record.zip", change))

    assert contents(fresh) == before


def test_a_backup_is_not_written_over(full: tuple[str, Record, Incident], tmp_path: Path) -> None:
    """Yesterday's is worth something."""
    (tmp_path / "record.zip").write_text("yesterday")

    with pytest.raises(FileError, match="is there already"):
        back_up_record(full[0], tmp_path / "record.zip")

    assert (tmp_path / "record.zip").read_text() == "yesterday"


def test_one_command_each(
    full: tuple[str, Record, Incident], fresh: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a person types them."""
    file = str(tmp_path / "record.zip")
    monkeypatch.setenv("OUTAGE_RECORD_DSN", full[0])
    saved = CliRunner().invoke(group, ("backup", file))
    monkeypatch.setenv("OUTAGE_RECORD_DSN", fresh)
    restored = CliRunner().invoke(group, ("restore", file))
    again = CliRunner().invoke(group, ("restore", file))

    assert (saved.exit_code, restored.exit_code) == (0, 0), saved.output + restored.output
    assert saved.output.startswith(f"wrote {file}: ")
    assert restored.output.startswith("restored ")
    assert isinstance(again.exception, OutageError)
