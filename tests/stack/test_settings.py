"""Where everything is: arguments, then variables, then what `outage up` chose, then defaults."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from blocks.settings import HERE, Settings
from outage.errors import FileError
from stack.processes.state_layout import stack_environment


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """No variable but the home."""
    import os

    for name in [name for name in os.environ if name.startswith("OUTAGE_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("OUTAGE_HOME", str(tmp_path))
    return tmp_path


def test_the_defaults_stand_below_the_home(tmp_path: Path) -> None:
    """One home is one stack."""
    settings = Settings()

    assert settings.intake_token_file == tmp_path / "intake-token"
    assert settings.prefect_api_url == "http://127.0.0.1:4200/api"
    assert settings.policy_file == HERE / "deploy/policy.yaml"


def test_what_up_chose_is_found_without_variables(tmp_path: Path) -> None:
    """Every later command finds the same stack."""
    (tmp_path / "stack.json").write_text(json.dumps({"prefect_port": 4300, "record_dsn": "dsn"}))
    settings = Settings()

    assert (settings.prefect_port, settings.record_dsn) == (4300, "dsn")
    assert settings.prefect_api_url == "http://127.0.0.1:4300/api"


def test_a_variable_beats_what_up_chose(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """For one command."""
    (tmp_path / "stack.json").write_text(json.dumps({"prefect_port": 4300}))
    monkeypatch.setenv("OUTAGE_PREFECT_PORT", "4400")

    assert Settings().prefect_port == 4400


def test_another_home_has_another_stack(tmp_path: Path) -> None:
    """A home that is given is the home whose choices are read."""
    (tmp_path / "stack.json").write_text(json.dumps({"prefect_port": 4300}))
    other = Settings(home=tmp_path / "other")

    assert other.prefect_port == 4200
    assert other.intake_token_file == tmp_path / "other" / "intake-token"


@pytest.mark.parametrize("port", ["0", "70000", "http"])
def test_a_wrong_port_is_told_by_its_variable(port: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """One sentence that names what to change."""
    monkeypatch.setenv("OUTAGE_PREFECT_PORT", port)

    with pytest.raises(FileError, match="OUTAGE_PREFECT_PORT"):
        Settings()


def test_a_torn_stack_file_is_told(tmp_path: Path) -> None:
    """A full disk tears files."""
    (tmp_path / "stack.json").write_text("{")

    with pytest.raises(FileError, match=r"stack\.json"):
        Settings()


def test_a_relative_path_is_meant_from_here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Flow processes stand in another folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OUTAGE_POLICY_FILE", "mine.yaml")

    assert Settings().policy_file == tmp_path / "mine.yaml"


def test_prefect_itself_reads_how_long_its_runs_are_kept(tmp_path: Path) -> None:
    """Spelled as it spells it: otherwise its tables grow without end, and nothing says so."""
    ask = (
        "from prefect.settings import get_current_settings as now; server = now().server;"
        "vacuum = server.services.db_vacuum; print(sorted(vacuum.enabled_vacuum_types),"
        " vacuum.retention_period.days, server.events.retention_period.days)"
    )
    given = stack_environment(Settings(home=tmp_path, runs_kept_days=12))

    said = subprocess.run(
        [sys.executable, "-c", ask], env=given, capture_output=True, text=True, check=True, timeout=60
    )

    assert said.stdout.split("\n")[0] == "['events', 'flow_runs', 'orphans'] 12 2"
