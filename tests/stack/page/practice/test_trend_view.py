"""How practice went: one page, and one file that loads nothing."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from blocks.record import Record
from blocks.settings import Settings
from cli import group
from stack.page.practice.trend_view import trend_file, trend_view
from tests.stack.page.practice.drilled_cards import quarter_of_cards

NOW = datetime(2030, 4, 1, 9, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _drilled(record: Record) -> None:
    """A quarter of drills."""
    for one in quarter_of_cards(NOW):
        record.keep_score(one)


def test_the_file_loads_nothing_and_runs_nothing(record: Record, settings: Settings) -> None:
    """A picture is drawn by us, not by a library from elsewhere."""
    written = trend_file(record, settings)

    assert re.findall(r"<(?:script|link|img|iframe|form|button)\b", written) == []
    assert re.findall(r"@import|url\(|style=", written) == []
    assert written.count("<svg") > 5
    for words in ("Faults by platforms", "Never practised", "node-down", "bad-image · checkout"):
        assert words in written


def test_the_view_counts_what_the_record_holds(record: Record, settings: Settings) -> None:
    """All of it, and what waits."""
    view = trend_view(record, settings, NOW)

    assert view.trend.drills == 30
    assert {"learning", "shop"} <= set(view.trend.platforms)


def test_the_command_writes_the_file_or_prints_the_numbers(
    module_dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And says in one sentence when it cannot."""
    monkeypatch.setenv("OUTAGE_HOME", str(tmp_path))
    monkeypatch.setenv("OUTAGE_RECORD_DSN", module_dsn)
    file = tmp_path / "practice.html"

    assert CliRunner().invoke(group, ["drill", "--report", str(file)]).exit_code == 0
    printed = CliRunner().invoke(group, ["drill", "--report", "--json"])
    nowhere = CliRunner().invoke(group, ["drill", "--report", str(tmp_path / "no" / "such.html")])

    assert file.read_text(encoding="utf-8").startswith("<!doctype html>")
    assert json.loads(printed.output)["drills"] == 30
    assert "such.html" in str(nowhere.exception)
