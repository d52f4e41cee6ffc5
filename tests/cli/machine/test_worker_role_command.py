"""`outage worker-role`: two files that a worker needs, readable by their owner alone, and a role that sees its own."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from blocks.record import Record
from blocks.record.people.person_codes import ProofFolder
from cli.machine.worker_role_command import worker_role_command

PLATFORM = "version: 1\nname: {0}\nnamespace: {0}\npool: {1}\ncluster: {{name: {0}}}\n"


@pytest.fixture
def home(tmp_path: Path, module_dsn: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The server's side, with two platforms in two pools."""
    (tmp_path / "platforms").mkdir()
    for name, pool in (("shop", "frankfurt"), ("pay", "lyon")):
        (tmp_path / f"platforms/{name}.yaml").write_text(PLATFORM.format(name, pool))
    monkeypatch.setenv("OUTAGE_HOME", str(tmp_path))
    monkeypatch.setenv("OUTAGE_RECORD_DSN", module_dsn)
    return tmp_path


def test_it_writes_what_a_worker_needs_and_says_whom_it_sees(home: Path) -> None:
    """No password stands in what it says; a second time both files are new."""
    said = CliRunner().invoke(worker_role_command, ["frankfurt", str(home / "worker")])

    assert said.exit_code == 0, said.output
    assert "sees shop alone" in said.output
    files = {one.name: one for one in (home / "worker").iterdir()}
    assert sorted(files) == ["answers-key", "dsn"]
    assert {one.stat().st_mode & 0o777 for one in files.values()} == {0o600}
    assert files["answers-key"].read_text() == ProofFolder(home).checking_key()
    dsn = files["dsn"].read_text()
    assert dsn.partition("@")[0].rpartition(":")[2] not in said.output
    with Record.open(dsn) as narrow:
        assert narrow.incidents() == []
    CliRunner().invoke(worker_role_command, ["frankfurt", str(home / "worker")])
    assert files["dsn"].read_text() != dsn


def test_a_pool_that_no_platform_names_gets_no_role(home: Path) -> None:
    """It would see nothing, and wait for ever."""
    said = CliRunner().invoke(worker_role_command, ["atlantis", str(home / "worker")])

    assert said.exit_code != 0
    assert "no platform file names the pool atlantis" in said.output
    assert not (home / "worker").exists()
