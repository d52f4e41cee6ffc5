"""`outage postmortem | actions`: what an incident cost and taught, and what is left to do."""

import json
from datetime import UTC, datetime
from pathlib import Path

import click

from blocks.installation.platform_files import PlatformFiles
from blocks.record.incident_account import account_of
from blocks.settings import Settings
from cli.incident_commands import find_incident, opened_record
from outage.errors import FileError
from outage.incidents.timeline import Entry, EntryKind
from outage.people.action_item import ActionItem, item_line
from outage.policies.policy import follow_up_owner
from outage.reports.post_incident.post_mortem import post_mortem
from outage.text.handle import read_handle
from stack.outbox.close_items import close_tickets


@click.command("postmortem")
@click.argument("incident_id")
@click.option("--output", type=click.Path(path_type=Path), help="A file; it is not written over.")
def post_mortem_command(incident_id: str, output: Path | None) -> None:
    """Write an incident's post-mortem, prefilled from the record, as markdown."""
    with opened_record() as record:
        incident = find_incident(record, incident_id)
        owner = follow_up_owner(PlatformFiles(Settings()).policy_for(incident))
        text = post_mortem(account_of(record, incident, owner=owner))
    if output is None:
        click.echo(text, nl=False)
        return
    try:
        with output.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError as error:
        raise FileError(f"write {output}: it is there already, and people may have filled it in") from error
    except OSError as error:
        raise FileError(f"write {output}: {error.strerror}") from error
    click.echo(f"written: {output}")


@click.command("actions")
@click.argument("incident_id", required=False)
@click.option("--open", "open_only", is_flag=True, help="Only what is not done.")
@click.option("--done", "done", default="", metavar="INCIDENT/KEY", help="Say that one is done.")
@click.option("--by", default="", help="Your handle; it stands on the timeline. Needed with --done.")
@click.option("--json", "as_json", is_flag=True, help="The versioned shape of docs/json.md.")
def actions_command(incident_id: str | None, open_only: bool, done: str, by: str, as_json: bool) -> None:
    """List what is left to do after incidents, or say that one thing is done."""
    if done:
        click.echo(finish_action(done, by))
        return
    with opened_record() as record:
        wanted = find_incident(record, incident_id).id if incident_id else None
        items = record.items(wanted, open_only=open_only)
    if as_json:
        shown = [{"id": one.id, **one.model_dump(mode="json")} for one in items]
        click.echo(json.dumps({"version": 1, "items": shown}, indent=2))
        return
    now = datetime.now(UTC)
    for one in items:
        click.echo(f"{one.id}  {item_line(one, now)}")
    if not items:
        click.echo("nothing is left to do" if open_only else "no items are kept: only P0 and P1 have them")


def finish_action(item_id: str, by: str) -> str:
    """Mark an item as done, with a line of its incident's timeline.

    Raises:
        click.UsageError: There is no such item, or nobody says who did it.
    """
    if not by:
        raise click.UsageError("--done needs --by NAME: who did it stands on the timeline")
    who, now = read_handle(by), datetime.now(UTC)
    named, _, key = item_id.rpartition("/")
    with opened_record() as record:
        incident = find_incident(record, named)
        item = next((one for one in record.items(incident.id) if one.key == key), None)
        if item is None:
            raise click.UsageError(f"{incident.id} has no item `{key}`; see `outage actions {incident.id}`")
        if not record.finish_item(item, who, now):
            return f"{item.id} was done already, by {item.done_by}"
        record.add(incident.id, done_entry(item, who, now))
        close_tickets(record, now)
    return f"{item.id} is done"


def done_entry(item: ActionItem, by: str, at: datetime) -> Entry:
    """The line of the timeline that says that an item is done."""
    return Entry(key=f"action/{item.key}", at=at, kind=EntryKind.NOTE, says=f"done: {item.says}", by=by)
