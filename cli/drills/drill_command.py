"""`outage drill`: break something for practice, watch the response answer it, say yes or no here."""

import json
import sys
from datetime import UTC, datetime
from getpass import getuser
from typing import Any

import click

from blocks.prefect_runs import deployment_of, start_run
from blocks.record import Record
from blocks.settings import Settings
from cli.drills.drill_looks import DrillLooks, drill_looks
from cli.drills.drill_preparation import raise_ground
from cli.drills.fault_listing import (
    blast_in_words,
    chosen_service,
    listing_in_json,
    listing_in_words,
    speak_for_named,
)
from cli.live_view import LiveView
from outage.incidents.fault import Fault
from outage.incidents.incident import Ending
from outage.reports.record_json import account_in_json
from outage.value import Value
from outage.verification.drills.fault_templates import TEMPLATES, fault_template, unknown_fault


class PractiseOrder(Value):
    """What is to be practised, and what the terminal said beside it."""

    deployment: str = "drill"
    fault: str
    title: str
    service: str = ""
    """Empty: an entry of the practice ground's catalogue."""
    by: str = ""
    yes: bool = False
    as_json: bool = False
    here: bool = False

    @property
    def parameters(self) -> dict[str, Any]:
        """Of the flow, without what only this drill's id makes."""
        return {"fault": self.fault, "service": self.service, "by": self.by}

    def say(self, text: str) -> None:
        """Print a line; the JSON must be alone on standard output."""
        click.echo(text, err=self.as_json)


@click.command("drill")
@click.argument("name", default="bad-image")
@click.option(
    "--yes", is_flag=True, help="Approve the drill and the plan, whatever they are: this is practice."
)
@click.option(
    "--json",
    "as_json",
    is_flag=True,
    help="Print the incident at the end, or with -p and --list the list, in the shape of docs/json.md.",
)
@click.option(
    "--here",
    is_flag=True,
    help="Raise nothing: practise where `outage up` was pointed at; the namespace must be marked for drills.",
)
@click.option(
    "--list", "list_them", is_flag=True, help="List what can be practised; with -p, why not what cannot."
)
@click.option("-p", "--platform", default="", help="Practise on this platform, by its name; raises nothing.")
@click.option("--service", default="", help="Break this service, as the platform file calls it.")
@click.option(
    "--by",
    default="",
    help="Who you are: recorded as who asks, as the yes where one is needed, as who calls off.",
)
@drill_looks
def drill_command(looks: DrillLooks, **told: Any) -> None:
    """Break something for practice and answer the outage.

    Without -p and --service it is a fault of the practice ground's own catalogue, otherwise one that fits any service
    of a platform. The plan can be answered here or in the Prefect UI; the first answer wins. The exit status is 0 only
    when the outage was healed and verified.
    """
    if looks.done(told["as_json"], told["by"]):
        return
    of_platform = bool(told["platform"] or told["service"])
    if told.pop("list_them"):
        list_faults(told["platform"], told["service"], told["as_json"])
        return
    order = template_order(**told) if of_platform else catalogue_order(**told)
    sys.exit(0 if practise_fault(order) else 1)


def list_faults(platform: str, service: str, as_json: bool) -> None:
    """Print what can be practised: of a platform, or without one of the practice ground's catalogue."""
    if not platform and not service:
        for fault in print_catalogue().values():
            click.echo(f"{fault.name:28} {fault.title}")
        return
    from tasks.drill.possible_drills import possible_drills

    named = speak_for_named(platform)
    found = possible_drills(getuser(), [service] if service else [])
    text = (
        json.dumps(listing_in_json(named, found), indent=2) if as_json else "\n".join(listing_in_words(found))
    )
    click.echo(text)


def print_catalogue() -> dict[str, Fault]:
    """Every fault of the practice ground, by name."""
    from blocks.installation.fault_files import read_faults

    return {fault.name: fault for fault in read_faults(Settings().faults_folder)}


def catalogue_order(name: str, yes: bool, as_json: bool, here: bool, by: str, **_: Any) -> PractiseOrder:
    """An entry of the practice ground's catalogue.

    Raises:
        click.UsageError: None is called so; the nearest names are offered.
    """
    faults = print_catalogue()
    if name not in faults:
        if fault_template(name):
            raise click.UsageError(f"{name} is a fault of one service: name it with --service")
        raise click.UsageError(unknown_fault(name, [*faults, *(one.name for one in TEMPLATES)]))
    by = by or (getuser() if yes else "")
    return PractiseOrder(fault=name, title=faults[name].title, by=by, yes=yes, as_json=as_json, here=here)


def template_order(
    name: str, yes: bool, as_json: bool, here: bool, by: str, platform: str, service: str
) -> PractiseOrder:
    """A fault made to fit a service of a platform: looked at, shown, and asked about where a yes is needed.

    Raises:
        click.UsageError: The fault is unknown, does not fit, or may not be practised now; why.
    """
    from blocks.clients import clients
    from tasks.drill.possible_drills import possible_drills

    if fault_template(name) is None:
        raise click.UsageError(unknown_fault(name, [one.name for one in TEMPLATES]))
    here = here or bool(platform)
    if not here:
        raise_ground(lambda text: click.echo(text, err=as_json))
    speak_for_named(platform)
    asker = by or getuser()
    drill = chosen_service(possible_drills(asker, [service] if service else []), name, service)
    if drill.choice.fitted:
        click.echo(f"it touches {blast_in_words(drill.choice.fitted.blast)}", err=as_json)
    if drill.needs_yes and not (yes or by) and not _agreed(drill.needs_yes):
        raise click.UsageError(f"{drill.needs_yes}: nothing is broken without a yes (--by NAME, or --yes)")
    return PractiseOrder(
        deployment=deployment_of("drill", platform, clients().own_platform),
        fault=name,
        title=drill.choice.title,
        service=drill.choice.service,
        by=asker,
        yes=yes,
        as_json=as_json,
        here=True,
    )


def _agreed(why: str) -> bool:
    return sys.stdin.isatty() and click.confirm(f"{why}. Break it?", default=False)


def practise_fault(order: PractiseOrder) -> bool:
    """Raise what is missing, start the drill, follow it to its end; whether it was healed and verified."""
    if not order.here:
        raise_ground(order.say)
    settings = Settings()
    order.say(f"drill {order.fault}: {order.title}")
    drill_id = f"drill-{datetime.now(UTC):%Y%m%d-%H%M%S}-{order.fault}"
    parameters = {**order.parameters, "drill_id": drill_id}
    with Record.open(settings.record_dsn) as record:
        run = start_run(settings.prefect_api_url, order.deployment, parameters, key=drill_id)
        teller = LiveView(settings, record, order.say, answer_yes=order.yes)
        incidents = teller.follow(drill_id, run)
        ended = record.drill(drill_id)
        if order.as_json and incidents:  # the first is what the fault broke first
            click.echo(json.dumps(account_in_json(teller.account(incidents[0])), indent=2))
    passed = bool(ended and ended.result.get("passed"))
    if passed and not incidents:
        order.say("nothing was opened, and nothing was to be opened")
        return True
    return passed and bool(incidents) and all(one.ending is Ending.RECOVERED for one in incidents)
