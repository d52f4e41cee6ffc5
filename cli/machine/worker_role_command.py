"""`outage worker-role`: the database role with which the worker of a pool connects, and what it checks answers with."""

import os
from pathlib import Path

import click

from blocks.installation.platform_files import PlatformFiles
from blocks.installation.worker_role import make_worker_role
from blocks.record.people.person_codes import ProofFolder
from blocks.settings import Settings
from cli.incident_commands import record_in_use
from outage.errors import FileError

DSN, ANSWERS_KEY = "dsn", "answers-key"
"""The two files, called as the keys of a worker's Secret."""


@click.command("worker-role")
@click.argument("pool")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
def worker_role_command(pool: str, folder: Path) -> None:
    """Make the role with which the worker of POOL connects to the record, and write what it needs into FOLDER.

    That role reads and writes the rows of the platforms that name POOL, and no others. FOLDER gets `dsn`, a secret,
    for OUTAGE_RECORD_DSN, and `answers-key` for OUTAGE_ANSWERS_KEY_FILE: it checks who said yes and signs nothing.
    Again, it gives a new password and the rights of this version: do so when platforms move, and after an upgrade.
    """
    settings = Settings()
    names = [one.name for one in PlatformFiles(settings).registry().platforms if one.pool == pool]
    if not names:
        raise click.ClickException(f"no platform file names the pool {pool}")
    key = ProofFolder(Path(settings.home)).checking_key()
    dsn = make_worker_role(record_in_use(), pool, names)
    for name, content in ((DSN, dsn), (ANSWERS_KEY, key)):
        write_private(folder / name, content)
    click.echo(
        f"the worker of {pool} sees {' and '.join(sorted(names))} alone; {folder} holds its dsn and answers-key"
    )


def write_private(file: Path, content: str) -> None:
    """Write a file that its owner alone can read, whole or not at all.

    Raises:
        FileError: It cannot be written.
    """
    fresh = file.with_name(f"{file.name}.{os.getpid()}~")
    try:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as opened:
            opened.write(content)
        fresh.replace(file)
    except OSError as error:
        raise FileError(f"write {file}: {error.strerror or error}") from error
