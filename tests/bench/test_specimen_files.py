"""Pictures of two grounds can be compared, and hide what is secret."""

from datetime import UTC, datetime
from pathlib import Path

from bench.specimen_files import keep_specimen, read_specimen
from outage.snapshots.snapshot import Snapshot

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)


def ground(password: str) -> Snapshot:
    """A picture of a ground with this password."""
    meta = {"name": "database-credentials", "namespace": "shop"}
    secret = {"kind": "Secret", "metadata": meta, "data": {"password": f"hash:{password}"}}
    return Snapshot(taken_at=NOON, namespaces=("shop",), objects={"Secret": (secret,)})


def password_of(path: Path) -> str:
    """What the kept picture says of the password."""
    return str(read_specimen(path).kind("Secret")[0]["data"]["password"])


def test_what_is_as_it_was_raised_is_the_same_on_every_ground(tmp_path: Path) -> None:
    """Each ground makes its own passwords: that is no drift."""
    keep_specimen(tmp_path / "one.json.gz", ground("1111"), ground("1111"))
    keep_specimen(tmp_path / "other.json.gz", ground("2222"), ground("2222"))

    assert password_of(tmp_path / "one.json.gz") == password_of(tmp_path / "other.json.gz")
    assert "1111" not in password_of(tmp_path / "one.json.gz")


def test_what_was_changed_since_the_ground_was_raised_shows(tmp_path: Path) -> None:
    """Else a wrong credential could not be told from a right one."""
    keep_specimen(tmp_path / "well.json.gz", ground("1111"), ground("1111"))
    keep_specimen(tmp_path / "changed.json.gz", ground("3333"), ground("1111"))

    assert password_of(tmp_path / "changed.json.gz") != password_of(tmp_path / "well.json.gz")
