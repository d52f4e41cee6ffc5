"""`outage incidents | show | page | explain`: read what the record knows."""

import contextlib
import json
from pathlib import Path

import click
from rich.console import Console
from rich.markdown import Markdown

from blocks.record import Record
from blocks.record.incident_account import account_of
from blocks.settings import Settings
from outage.errors import FileError, StackError, UnknownIncident, cut
from outage.incidents.incident import Incident
from outage.platforms.platform_file import load_platform
from outage.reports.markdown import CAUSES, diagnosis_in_markdown
from outage.reports.post_incident.phase_gantt import phases_in_text
from outage.reports.record_json import account_in_json, incidents_in_json
from outage.reports.report import report
from outage.text.durations import duration_in_words
from outage.text.redaction import redact


@click.command("incidents")
@click.option("--limit", default=20, show_default=True, help="How many, newest first.")
@click.option("--json", "as_json", is_flag=True, help="The versioned shape of docs/json.md.")
def incidents_command(limit: int, as_json: bool) -> None:
    """List incidents, newest first."""
    with opened_record() as record:
        found = record.incidents(limit=limit)
    if as_json:
        click.echo(json.dumps(incidents_in_json(found), indent=2))
        return
    for one in found:
        took = duration_in_words(one.closed_at - one.opened_at) if one.closed_at else "open"
        drill = f"[drill {one.drill}] " if one.drill else ""
        head = f"{one.id}  {one.severity:4}  {one.ending or one.phase!s:17}  {one.opened_at:%m-%d %H:%M:%S}  {took:>12}"
        click.echo(f"{head}  {drill}{cut(redact(one.title), 80)}")
    if not found:
        click.echo("no incidents yet")


@click.command("show")
@click.argument("incident_id")
@click.option("--json", "as_json", is_flag=True, help="The versioned shape of docs/json.md.")
def show_command(incident_id: str, as_json: bool) -> None:
    """Show one incident whole: causes, plan with its diff, approvals, steps, times, timeline."""
    with opened_record() as record:
        account = account_of(record, find_incident(record, incident_id))
    if as_json:
        click.echo(json.dumps(account_in_json(account), indent=2))
    else:
        Console().print(Markdown(report(account, phases_in_text).replace("<br>", " · ")))


@click.command("page")
@click.argument("incident_id")
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    default=None,
    help="The file; ID.html here when left out.",
)
def page_command(incident_id: str, output: Path | None) -> None:
    """Write an incident's page as one HTML file that loads nothing and needs no server."""
    from stack.page.incident_file import incident_file

    with opened_record() as record:
        incident = find_incident(record, incident_id)
        written = incident_file(record, Settings(), incident)
    file = output or Path(f"{incident.id}.html")
    try:
        file.write_text(written, encoding="utf-8")
    except OSError as error:
        raise FileError(f"write the page of {incident.id} to {file}: {error.strerror}") from error
    click.echo(f"{file}: {incident.id} as the record has it now")


@click.command("explain")
@click.argument("incident_id")
def explain_command(incident_id: str) -> None:
    """Print one incident's reasoning: what each alert's way was, and the causes in order.

    INCIDENT_ID may be a trace (`trc-…`) that a delivery was answered with: then that alert's way is printed.
    """
    with opened_record() as record:
        if incident_id.startswith("trc-"):
            print_trace(record, incident_id)
            return
        account = account_of(record, find_incident(record, incident_id))
        traces = record.traces(account.incident.id)
    for trace in traces:
        click.echo("\n".join(redact(line) for line in trace.sentences) + "\n")
    if account.diagnosis is None:
        click.echo(f"{incident_id} was not looked at yet: it is in phase {account.incident.phase}")
        return
    told = diagnosis_in_markdown(account.diagnosis, _dashboards())
    Console().print(Markdown(told, hyperlinks=False))
    for hypothesis in account.diagnosis.proposals[:CAUSES]:
        click.echo(f"\nhow {hypothesis.key} came to {hypothesis.score:.2f}:")
        for reason in hypothesis.reasons:
            click.echo(f"  {redact(reason)}")


def print_trace(record: Record, trace_id: str) -> None:
    """Print one alert's way through the intake.

    Raises:
        click.UsageError: The record knows no such trace.
    """
    trace = record.trace(trace_id)
    if trace is None:
        raise click.UsageError(f"no trace is called '{trace_id}'; the answer to a delivery says it")
    click.echo("\n".join(redact(line) for line in trace.sentences))


def _dashboards() -> dict[str, str]:
    """The platform's dashboards; none while its file cannot be read: the reasoning stands without them."""
    try:
        return dict(load_platform(Path(Settings().platform_file)).dashboards)
    except FileError:
        return {}


def opened_record() -> Record:
    """The record of the stack that is up.

    Raises:
        StackError: `outage up` was not run.
    """
    return Record.open(record_in_use())


def record_in_use() -> str:
    """The DSN of the record of the stack that is up.

    Raises:
        StackError: `outage up` was not run.
    """
    if dsn := Settings().record_dsn:
        return dsn
    raise StackError(
        "read the record: nothing of ours is up on this machine; run `outage up` (or `outage drill`)"
    )


def find_incident(record: Record, incident_id: str) -> Incident:
    """The incident of that id, or of the one of the last 200 that begins or ends so; `last` is the newest.

    Raises:
        click.UsageError: None or several fit.
    """
    with contextlib.suppress(UnknownIncident):
        return record.incident(incident_id)
    known = record.incidents(limit=200)
    if incident_id == "last" and known:
        return known[0]
    fitting = [one for one in known if one.id.startswith(incident_id) or one.id.endswith(incident_id)]
    if len(fitting) == 1:
        return fitting[0]
    several = ", ".join(one.id for one in fitting[:5])
    says = (
        f"several incidents fit '{incident_id}': {several}"
        if several
        else f"no incident is called '{incident_id}'"
    )
    raise click.UsageError(f"{says}; see `outage incidents`")
