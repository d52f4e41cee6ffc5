"""The word that senders of alerts must know; made by whoever comes first."""

import contextlib
import hmac
import os
import secrets
from pathlib import Path

from outage.errors import FileError


def token_cluster(said: str, file: Path, folder: Path | None = None) -> str | None:
    """Whose word a sender knows.

    Args:
        said: What the sender said.
        file: Everybody's word.
        folder: Words of single clusters, in files called as the cluster.

    Returns:
        The cluster's name, empty for everybody's word, None for a stranger.

    Raises:
        FileError: Everybody's word cannot be read.
    """
    if hmac.compare_digest(said.encode(), intake_token(file).encode()):
        return ""
    for one in sorted(folder.iterdir()) if folder and folder.is_dir() else ():
        if one.is_file() and hmac.compare_digest(said.encode(), intake_token(one).encode()):
            return one.name
    return None


def intake_token(file: Path) -> str:
    """Read the token, making it first if there is none: 32 bytes in hex, readable by its owner alone.

    Raises:
        FileError: It cannot be read or made, or is empty.
    """
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(FileExistsError):
            made = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(made, "w") as fresh:
                fresh.write(secrets.token_hex(32))
        found = file.read_text(encoding="ascii").strip()
    except (OSError, ValueError) as error:
        raise FileError(f"read the intake token {file}: {error}") from error
    if not found:
        raise FileError(f"read the intake token {file}: it is empty; delete it and start again")
    return found
