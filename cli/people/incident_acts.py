"""`outage ack | note | timeline`: what people do about an incident, and proof of what was written."""

import json
from pathlib import Path

import click

from blocks.installation.platform_files import PlatformFiles
from blocks.settings import Settings
from cli.incident_commands import find_incident, opened_record
from outage.errors import FileError
from outage.incidents.timeline import Entry, chain_break
from outage.people.escalation import FOUND, Condition
from outage.people.person_act import ActKind, owner_of, taken_sentence
from outage.policies.permission import may_lead
from outage.text.redaction import redact
from tasks.lead.person_acts import keep_act

SAID = [str(one) for one in Condition if one not in FOUND]


@click.command("ack")
@click.argument("incident_id")
@click.option("--by", required=True, help="Your handle; it stands on the timeline.")
@click.option("--to", default="", help="Hand the incident over to this person; the clock runs on.")
def ack_command(incident_id: str, by: str, to: str) -> None:
    """Take an incident: calls stop, and a clock starts; silence beyond it escalates again."""
    with opened_record() as record:
        incident = find_incident(record, incident_id)
        policy = PlatformFiles(Settings()).policy_for(incident)
        if incident.closed_at and incident.ending and incident.ending.over:
            raise click.ClickException(
                f"ack {incident.id}: it is over ({incident.ending}), nothing is to be taken"
            )
        if to and (why := may_lead(to, policy)):
            raise click.ClickException(f"hand over {incident.id}: {why}")
        before = owner_of(record.acts(incident.id))
        kind, says = (ActKind.HANDED_TO, f"handed over to {to}") if to else (ActKind.ACKNOWLEDGED, "has it")
        keep_act(record, incident, kind, to, by, says)
    click.echo(taken_sentence(incident.id, to or by, before, policy.escalation))


@click.command("note")
@click.argument("incident_id")
@click.argument("text")
@click.option("--by", required=True, help="Your handle; it stands on the timeline.")
@click.option(
    "--condition",
    type=click.Choice(SAID),
    default=None,
    help="One of the runbook's triggers: calls L3 or L4 now.",
)
def note_command(incident_id: str, text: str, by: str, condition: str | None) -> None:
    """Write a note on an incident's timeline; with a condition, call the rung that the runbook names for it."""
    with opened_record() as record:
        incident = find_incident(record, incident_id)
        said = redact(text)
        if condition:
            keep_act(record, incident, ActKind.CONDITION, condition, by, f"{condition}: {said}")
        else:
            keep_act(record, incident, ActKind.NOTE, said, by, said)
    click.echo(f"{incident.id}: written{f'; {condition} escalates' if condition else ''}")


@click.command("timeline")
@click.argument("incident_id")
@click.option("--json", "as_json", is_flag=True, help="The chain, for `--from` on any machine.")
@click.option(
    "--verify", is_flag=True, help="Prove that nothing was changed; exit status 1 when something was."
)
@click.option(
    "--head", default="", help="A hash that was written down elsewhere: proves that nothing was cut off."
)
@click.option(
    "--from", "file", type=click.Path(path_type=Path), help="A file that `--json` wrote; asks no record."
)
def timeline_command(incident_id: str, as_json: bool, verify: bool, head: str, file: Path | None) -> None:
    """Print an incident's timeline, or prove that it is what was written."""
    if file:
        incident, written = chain_from(file)
    else:
        with opened_record() as record:
            incident = find_incident(record, incident_id).id
            written = record.entries_as_written(incident)
    if as_json:
        body = {
            "version": 1,
            "incident": incident,
            "entries": [one.model_dump(mode="json") for one in written],
        }
        click.echo(json.dumps(body, indent=2))
    elif verify:
        broken = chain_break(incident, written, head)
        if broken:
            raise click.ClickException(f"verify the timeline of {incident}: {broken.says}")
        old = sum(not one.hash for one in written)
        before = f", {old} from before there was a chain" if old else ""
        click.echo(
            f"{incident}: {len(written)} lines{before}, none changed; head {written[-1].hash if written else '-'}"
        )
    else:
        for one in sorted(written, key=lambda one: one.at):
            click.echo(f"{one.at:%m-%d %H:%M:%S}  {one.kind:10}  {one.by:8}  {redact(one.says)}")


def chain_from(file: Path) -> tuple[str, list[Entry]]:
    """The chain in a file that `--json` wrote.

    Raises:
        FileError: It cannot be read, or is no such file.
    """
    try:
        body = json.loads(file.read_text(encoding="utf-8"))
        return str(body["incident"]), [Entry.model_validate(one) for one in body["entries"]]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise FileError(f"read the timeline in {file}: {error}") from error
