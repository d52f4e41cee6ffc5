"""`outage evidence`: all that is known of an incident in one file, without secrets."""

from datetime import UTC, datetime
from pathlib import Path

import click

from blocks.installation.platform_files import PlatformFiles
from blocks.settings import Settings
from cli.incident_commands import find_incident, opened_record
from outage.policies.policy import follow_up_owner
from tasks.tell.evidence_bundle import write_evidence


@click.command("evidence")
@click.argument("incident_id")
@click.option(
    "--output", type=click.Path(path_type=Path), default=None, help="ID.tar.gz in this folder by default."
)
def evidence_command(incident_id: str, output: Path | None) -> None:
    """Write report, timeline, diagnosis, plans, manifests, logs and metrics of an incident into one file."""
    settings = Settings()
    with opened_record() as record:
        incident = find_incident(record, incident_id)
        file = output or Path(f"{incident.id}.tar.gz")
        owner = follow_up_owner(PlatformFiles(settings).policy_for(incident))
        files = write_evidence(record, incident, Path(settings.home), file, datetime.now(UTC), owner)
    click.echo(f"{file}: {len(files)} files, {sum(len(one.content) for one in files)} bytes unpacked")
