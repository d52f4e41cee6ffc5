"""The salt of this installation: makes the hashes of secret values worthless to anybody else.

It must stay the same, or a recorded baseline could not be compared with the live cluster. The record keeps it for
all machines that share one; each machine has a copy in OUTAGE_HOME, for when there is no record or it is away.
"""

import json
import os
import secrets
from pathlib import Path

from outage.errors import RecordError

SALT = "select value from outage.salt"
_AGREED: dict[tuple[Path, str], str] = {}
"""What this process and its record agreed on: asked once, used for every look."""


def installation_salt() -> str:
    """The salt of the record, else the one kept in OUTAGE_HOME; a fresh one when nothing can be kept there."""
    home = Path(os.environ.get("OUTAGE_HOME") or "~/.local/share/outage").expanduser()
    dsn = _record_of(home)
    if not dsn:
        return _own(home)
    if (home, dsn) not in _AGREED:
        own = _own(home)
        try:
            _AGREED[home, dsn] = agreed_salt(dsn, own)
        except RecordError:
            return own
        _copy(home, own, _AGREED[home, dsn])
    return _AGREED[home, dsn]


def agreed_salt(dsn: str, own: str) -> str:
    """The salt that stands in the record, or our own if nobody came first.

    Args:
        dsn: Of the record.
        own: This machine's salt, which is kept there when it is the first.

    Raises:
        RecordError: The record could not be asked, or is older than its table of salts. Transient.
    """
    from blocks.record.record_pool import connect_record, translated_record_errors

    with translated_record_errors("agree on a salt"), connect_record(dsn) as connection:
        standing = connection.execute(SALT).fetchone()
        if standing is None:  # who only reads it, as a pool's worker does, never comes first
            connection.execute("insert into outage.salt (value) values (%s) on conflict do nothing", (own,))
            standing = connection.execute(SALT).fetchone()
    return str(standing["value"]) if standing else own


def _record_of(home: Path) -> str:
    """Where the record is, by the same two places as the settings, without their price: most looks have none."""
    if given := os.environ.get("OUTAGE_RECORD_DSN"):
        return given
    try:
        chosen = json.loads((home / "stack.json").read_text())
    except (OSError, ValueError):
        return ""
    return str(chosen.get("record_dsn") or "") if isinstance(chosen, dict) else ""


def _own(home: Path) -> str:
    """The salt in the home, made on first use."""
    file = home / "salt"
    try:
        home.mkdir(parents=True, exist_ok=True)
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        kept = file.read_text().strip() if os.access(file, os.R_OK) else ""
        return kept or secrets.token_hex(16)
    except OSError:
        return secrets.token_hex(16)
    with os.fdopen(handle, "w") as opened:
        fresh = secrets.token_hex(16)
        opened.write(fresh)
    return fresh


def _copy(home: Path, own: str, standing: str) -> None:
    """Keep the record's salt as our own, in one piece, so that the hashes stay the same while the record is away."""
    if own == standing:
        return
    draft = home / f"salt.{os.getpid()}"
    try:
        draft.touch(mode=0o600)
        draft.write_text(standing)
        draft.replace(home / "salt")
    except OSError:
        draft.unlink(missing_ok=True)
