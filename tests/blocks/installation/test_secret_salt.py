"""The salt: one for all machines of a record, one of its own for a machine without."""

import json
from pathlib import Path

import pytest

from blocks.installation.secret_salt import installation_salt


def test_a_machine_without_a_record_keeps_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Made on first use, readable by its owner alone."""
    monkeypatch.setenv("OUTAGE_HOME", str(tmp_path))
    monkeypatch.delenv("OUTAGE_RECORD_DSN", raising=False)

    first = installation_salt()

    assert installation_salt() == first == (tmp_path / "salt").read_text()
    assert (tmp_path / "salt").stat().st_mode & 0o777 == 0o600


def test_machines_of_one_record_hash_alike(
    tmp_path: Path, record_dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Or the second would see every Secret as changed; the first one's salt stands, also when the record is away."""
    seen = []
    for home in (tmp_path / "one", tmp_path / "two"):
        home.mkdir()
        (home / "stack.json").write_text(json.dumps({"record_dsn": record_dsn}))
        monkeypatch.setenv("OUTAGE_HOME", str(home))
        seen.append(installation_salt())
    (tmp_path / "two" / "stack.json").unlink()

    assert seen[0] == seen[1] == installation_salt()
    assert (tmp_path / "two" / "salt").stat().st_mode & 0o777 == 0o600


def test_a_record_that_does_not_answer_leaves_the_machine_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An investigation needs no record."""
    monkeypatch.setenv("OUTAGE_HOME", str(tmp_path))
    monkeypatch.setenv("OUTAGE_RECORD_DSN", "postgresql://nobody@127.0.0.1:1/outage")

    assert installation_salt() == (tmp_path / "salt").read_text()


@pytest.mark.parametrize("text", ["{", "[]", '{"record_dsn": null}'])
def test_a_broken_stack_file_is_no_record(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever looks at a cluster is not told about our own files."""
    monkeypatch.setenv("OUTAGE_HOME", str(tmp_path))
    monkeypatch.delenv("OUTAGE_RECORD_DSN", raising=False)
    (tmp_path / "stack.json").write_text(text)

    assert installation_salt() == (tmp_path / "salt").read_text()
