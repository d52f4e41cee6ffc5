"""An incident's page as one file: everything of the page but its form, and nothing from anywhere else."""

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from blocks.record import Record
from blocks.settings import Settings
from cli import group
from outage.incidents.incident import Ending, Incident
from stack.page.incident_file import incident_file
from stack.page.page_templates import STYLE, page_file


@pytest.fixture
def healed(record: Record, waiting: Incident) -> Incident:
    """One that was healed."""
    return next(one for one in record.incidents(60) if one.ending is Ending.RECOVERED and not one.drill)


def test_the_file_loads_nothing_and_runs_nothing(
    record: Record, settings: Settings, healed: Incident
) -> None:
    """It is opened years later, on a machine without a network; its own policy forbids all but its style."""
    written = incident_file(record, settings, healed)

    assert page_file(STYLE) in written
    assert re.findall(r"<(?:script|link|img|iframe|form|button)\b", written) == []
    assert re.findall(r"@import|url\(", written) == []
    assert re.search(r"default-src 'none'; style-src 'sha256-[A-Za-z0-9+/]{43}='", written)
    for words in (
        "<svg",
        "ErrImagePull",
        "applied, effective, stays",
        "none changed",
        "As the record had it at",
    ):
        assert words in written


def test_what_waits_is_shown_but_cannot_be_answered_in_a_file(
    record: Record, settings: Settings, waiting: Incident
) -> None:
    """Its diff is there."""
    written = incident_file(record, settings, waiting)

    assert "adaptive/auth-service:1.4.2" in written
    assert 'name="code"' not in written


def test_the_command_writes_it_where_it_is_told(
    module_dsn: str, healed: Incident, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And says in one sentence when it cannot."""
    monkeypatch.setenv("OUTAGE_HOME", str(tmp_path))
    monkeypatch.setenv("OUTAGE_RECORD_DSN", module_dsn)
    file = tmp_path / "incident.html"

    done = CliRunner().invoke(group, ["page", healed.id, "--output", str(file)])
    failed = CliRunner().invoke(group, ["page", healed.id, "--output", str(tmp_path / "no" / "where.html")])

    assert (done.exit_code, healed.id in file.read_text(encoding="utf-8")) == (0, True)
    assert "No such file or directory" in str(failed.exception)
