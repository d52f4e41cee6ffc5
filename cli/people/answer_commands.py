"""`outage approve | decline`: a person's answer to a waiting plan, from the command line."""

import json
import sys
from typing import Any

import click

from blocks.settings import Settings
from cli.incident_commands import find_incident, opened_record
from outage.incidents.incident import Incident
from outage.plans.approval import Answer
from outage.plans.plan import Plan
from tasks.ask.give_answer import GivenAnswer
from tasks.ask.person_answer import answer_and_wake, needs_code, waiting_plan


def answer_options(command: click.Command) -> click.Command:
    """Both commands ask the same: which incident, who, why."""
    for option in (
        click.argument("incident_id"),
        click.option("--by", required=True, help="Your handle; it stands on the timeline."),
        click.option("--why", default="", help="For the timeline."),
        click.option(
            "--plan", "plan_hash", default="", help="Hash of the plan you read; another one is refused."
        ),
        click.option(
            "--code", default="", help="Of your device, to prove who you are; asked for when it is needed."
        ),
        click.option("--json", "as_json", is_flag=True, help="The versioned shape of docs/json.md."),
    ):
        command = option(command)
    return command


@click.command("approve")
@answer_options  # type: ignore[arg-type]
def approve_command(incident_id: str, **given: Any) -> None:
    """Say yes to the waiting plan of an incident."""
    answer_plan(incident_id, Answer.APPROVE, **given)


@click.command("decline")
@answer_options  # type: ignore[arg-type]
def decline_command(incident_id: str, **given: Any) -> None:
    """Say no to the waiting plan of an incident."""
    answer_plan(incident_id, Answer.DECLINE, **given)


def answer_plan(
    incident_id: str, said: Answer, by: str, why: str, plan_hash: str, as_json: bool, code: str = ""
) -> None:
    """Write the answer to the record first, then wake the run; say what became of both."""
    settings = Settings()
    with opened_record() as record:
        incident = find_incident(record, incident_id)
        plan = waiting_plan(record, incident, said, plan_hash)
        code = code or asked_code(settings, incident, plan, said, by)
        given = answer_and_wake(settings, record, incident, plan, said, by, why, code=code)
    if as_json:
        click.echo(json.dumps(answer_in_json(incident.id, plan.hash, given), indent=2))
    else:
        click.echo(given.says)


def asked_code(settings: Settings, incident: Incident, plan: Plan, said: Answer, by: str) -> str:
    """A code that proves the name, asked for at the terminal where policy wants one; empty elsewhere."""
    if not sys.stdin.isatty() or not needs_code(settings, incident, plan, said):
        return ""
    code: str = click.prompt(f"A code that the device of {by} shows now", hide_input=True)
    return code


def answer_in_json(incident_id: str, plan_hash: str, given: GivenAnswer) -> dict[str, Any]:
    """What became of one answer; the versioned shape of docs/json.md."""
    return {
        "version": 1,
        "incident": incident_id,
        "plan": plan_hash,
        "stands": given.stands.model_dump(mode="json") if given.stands else None,
        "says": given.says,
    }
