"""A record of the first version, brought to the newest and read: what was answered then can still be looked up."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from psycopg.types.json import Jsonb

from blocks.record import Record
from blocks.record.incident_account import account_of
from blocks.record.record_pool import connect_record
from blocks.record.schema_migration import migrate, migrations
from cli import group
from outage.incidents.incident import Ending, Phase
from outage.incidents.severity import Severity
from outage.plans.approval import Answer, Approval
from outage.reports.record_json import account_in_json
from outage.reports.report import report
from stack.embedded_postgres import make_databases, with_database

ROWS = Path(__file__).parents[2] / "specimens/records/first-version.json"
"""Rows by table, in the order in which they lean on each other, written on 2026-11-24 by the program of commit 264ef72
into the tables of migration 0001: an incident that was mended, and one whose plan waits for an answer."""
MENDED, WAITING = "inc-20261124-0001", "inc-20261124-0002"


@pytest.fixture(scope="module")
def old_dsn(postgres: str) -> str:
    """A record as the first version left it, migrated by this one."""
    make_databases(postgres, "first_version")
    dsn = with_database(postgres, "first_version")
    first, *later = migrations()
    migrate(dsn, [first])
    with connect_record(dsn) as connection:
        for table, rows in json.loads(ROWS.read_text(encoding="utf-8")).items():
            connection.execute(
                f"insert into outage.{table} overriding system value"
                f" select * from jsonb_populate_recordset(null::outage.{table}, %s)",
                (Jsonb(rows),),
            )
    assert len(migrate(dsn)) == len(later)
    return dsn


@pytest.fixture
def old(old_dsn: str) -> Iterator[Record]:
    """The same, opened."""
    with Record.open(old_dsn) as record:
        yield record


def test_an_old_incident_is_listed_with_its_ending(old: Record) -> None:
    """Newest first, as ever."""
    found = old.incidents()

    assert [(one.id, one.phase, one.ending, one.severity) for one in found] == [
        (WAITING, Phase.AWAITING_APPROVAL, None, Severity.P1),
        (MENDED, Phase.CLOSED, Ending.RECOVERED, Severity.P1),
    ]


def test_an_old_incident_is_read_whole(old: Record) -> None:
    """Cause, plan, whose yes, what was written, and how recovery was known."""
    account = account_of(old, old.incident(MENDED))

    assert account.diagnosis is not None
    assert [one.cause for one in account.diagnosis.hypotheses] == ["image-not-found"]
    assert [one.sign for one in account.diagnosis.findings] == ["pod-image-pull"]
    assert [plan.summary for plan in account.plans] == ["Undo deployment/auth-service to revision 1"]
    assert [(one.by, one.answer) for one in account.approvals] == [("ana", Answer.APPROVE)]
    assert [one.applied for one in account.resolved.values()] == [True]
    assert [one.kind for one in account.entries][-1] == "ending"
    assert old.intents(MENDED)[0].way_back.before is not None


def test_a_change_of_severity_of_before_is_still_one(old: Record) -> None:
    """Migration 0004 gave the line the key that is read now."""
    changes = [one.key for one in old.entries(MENDED) if one.kind == "severity"]

    assert [key.split("/")[:3] for key in changes] == [["severity", "P2", "P1"]]


def test_an_old_incident_has_its_report_and_its_json(old: Record) -> None:
    """Nothing of it is of a shape that renderers of today cannot take."""
    account = account_of(old, old.incident(MENDED))

    told, shown = report(account), account_in_json(account)

    assert "Undo deployment/auth-service to revision 1" in told
    assert "ana" in told
    assert (shown["id"], shown["approvals"][0]["by"]) == (MENDED, "ana")
    assert json.loads(json.dumps(shown)) == shown


@pytest.mark.parametrize(
    "command", [["incidents"], ["incidents", "--json"], ["show", MENDED], ["show", MENDED, "--json"]]
)
def test_the_commands_of_today_read_it(
    command: list[str], old_dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a person would, the morning after the update."""
    monkeypatch.setenv("OUTAGE_RECORD_DSN", old_dsn)
    monkeypatch.setenv("OUTAGE_HOME", str(tmp_path))

    done: Any = CliRunner().invoke(group, command)

    assert done.exit_code == 0, done.output
    assert MENDED in done.output


def test_a_plan_that_waited_over_the_update_can_still_be_answered(old: Record) -> None:
    """A yes is bound to a hash, and the hash of what was shown is the one that was shown."""
    (plan,) = old.plans(WAITING)
    no = {"plan_hash": plan.hash, "answer": Answer.DECLINE, "by": "ana", "at": datetime.now(UTC)}

    stands = old.answer(WAITING, Approval(**no), quorum=1)

    assert (stands.by, stands.answer) == ("ana", Answer.DECLINE)
    assert old.approvals(WAITING, plan.hash) == [stands]
