"""`outage backup | restore`: the record as one file, and back."""

from pathlib import Path

import click

from blocks.installation.record_backup import back_up_record, restore_record
from blocks.record import Record
from cli.incident_commands import record_in_use
from outage.incidents.timeline import chain_break


@click.command("backup")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def backup_command(file: Path) -> None:
    """Write the whole record into FILE, as it is at one moment; nothing has to stop for it.

    The file holds what the record holds, true values too: it is readable by its owner alone, keep it so.
    """
    made = back_up_record(record_in_use(), file)
    click.echo(f"wrote {file}: {made.rows} rows of {len(made.tables)} tables")


@click.command("restore")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
def restore_command(file: Path) -> None:
    """Put the record back from FILE, all of it or nothing, and prove every timeline unchanged.

    Only into a record without outages: that of a new OUTAGE_HOME, right after its `outage up`.
    """
    dsn = record_in_use()
    held = restore_record(dsn, file)
    with Record.open(dsn) as record:
        broken = broken_timelines(record)
    click.echo(f"restored {held.rows} rows as of {held.taken_at:%Y-%m-%d %H:%M:%S} UTC")
    if broken:
        raise click.ClickException(
            f"the timelines were changed before the backup was made: {'; '.join(broken)}"
        )


def broken_timelines(record: Record) -> list[str]:
    """Which incidents' timelines are not what was written, and why, one sentence each."""
    ids = [one.id for one in record.incidents(limit=100_000)]
    found = [(one, chain_break(one, record.entries_as_written(one))) for one in ids]
    return [f"{one}: {broken.says}" for one, broken in found if broken]
