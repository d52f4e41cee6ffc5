"""`outage drill`: break something on the practice ground, watch the response answer it, say yes or no here."""

import json
import sys
from datetime import UTC, datetime

import click

from blocks.prefect_runs import start_run
from blocks.record import Record
from blocks.settings import Settings
from cli.drills.drill_looks import DrillLooks, drill_looks
from cli.drills.drill_preparation import raise_ground
from cli.live_view import LiveView
from outage.incidents.fault import Fault
from outage.incidents.incident import Ending
from outage.reports.record_json import account_in_json


@click.command("drill")
@click.argument("name", default="bad-image")
@click.option("--yes", is_flag=True, help="Approve the plan, whatever it is: this is practice.")
@click.option(
    "--json", "as_json", is_flag=True, help="Print the incident in the shape of docs/json.md at the end."
)
@click.option(
    "--here",
    is_flag=True,
    help="Raise nothing: practise where `outage up` was pointed at; the namespace must be marked for drills.",
)
@click.option("--list", "list_them", is_flag=True, help="List the faults that can be practised.")
@drill_looks
def drill_command(
    name: str, yes: bool, as_json: bool, here: bool, list_them: bool, looks: DrillLooks
) -> None:
    """Break something on the practice ground and answer the outage.

    The alert comes from the real Alertmanager. The plan can be answered here or in the Prefect UI; the first
    answer wins. The exit status is 0 only when the outage was healed and verified.
    """
    if looks.done(as_json):
        return
    faults = print_catalogue()
    if list_them:
        for fault in faults.values():
            click.echo(f"{fault.name:28} {fault.title}")
        return
    if name not in faults:
        raise click.UsageError(f"no fault is called '{name}'; known: {', '.join(faults)}")
    passed = practise_fault(faults[name], yes, as_json, here)
    sys.exit(0 if passed else 1)


def print_catalogue() -> dict[str, Fault]:
    """Every fault that can be practised, by name."""
    from blocks.installation.fault_files import read_faults

    return {fault.name: fault for fault in read_faults(Settings().faults_folder)}


def practise_fault(fault: Fault, yes: bool, as_json: bool, here: bool = False) -> bool:
    """Raise what is missing, start the drill, follow it to its end; whether it was healed and verified."""

    def say(text: str) -> None:
        click.echo(text, err=as_json)  # the JSON must be alone on standard output

    if not here:
        raise_ground(say)
    settings = Settings()
    say(f"drill {fault.name}: {fault.title}")
    drill_id = f"drill-{datetime.now(UTC):%Y%m%d-%H%M%S}-{fault.name}"
    with Record.open(settings.record_dsn) as record:
        run = start_run(
            settings.prefect_api_url, "drill", {"fault": fault.name, "drill_id": drill_id}, key=drill_id
        )
        teller = LiveView(settings, record, say, answer_yes=yes)
        incidents = teller.follow(drill_id, run)
        passed = any(one.id == drill_id and one.result.get("passed") for one in record.drills(limit=5))
        if as_json and incidents:  # the first is what the fault broke first
            click.echo(json.dumps(account_in_json(teller.account(incidents[0])), indent=2))
    return passed and bool(incidents) and all(one.ending is Ending.RECOVERED for one in incidents)
