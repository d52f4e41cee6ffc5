"""The salt of this installation: makes the hashes of secret values worthless to anybody else.

It must stay the same, or a recorded baseline could not be compared with the live cluster.
"""

import os
import secrets
from pathlib import Path


def salt() -> str:
    """The salt kept in OUTAGE_HOME, made on first use; a fresh one when nothing can be kept there."""
    home = Path(os.environ.get("OUTAGE_HOME") or "~/.local/share/outage").expanduser()
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
