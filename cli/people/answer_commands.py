"""`outage approve | decline`: a person's answer to a waiting plan, from the command line."""

import json
import sys
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import click

from blocks.installation.platform_files import PlatformFiles
from blocks.prefect_api import PrefectUnreachable
from blocks.prefect_runs import resume_run
from blocks.record import Record
from blocks.record.people.person_codes import ProofFolder
from blocks.settings import Settings
from cli.incident_commands import find_incident, opened_record
from outage.incidents.incident import Incident, Phase
from outage.people.name_proof import signed_answer
from outage.plans.answer_words import answer_words
from outage.plans.approval import Answer, Approval, NameProof
from outage.plans.plan import Plan
from outage.policies.permission import rule_for
from tasks.ask.give_answer import GivenAnswer, give_answer


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
        given = answer_and_wake(settings, record, incident, plan, said, by, why, code=code)
    if as_json:
        body = {
            "version": 1,
            "incident": incident.id,
            "plan": plan.hash,
            "stands": given.stands.model_dump(mode="json") if given.stands else None,
            "says": given.says,
        }
        click.echo(json.dumps(body, indent=2))
    else:
        click.echo(given.says)


def answer_and_wake(
    settings: Settings,
    record: Record,
    incident: Incident,
    plan: Plan,
    said: Answer,
    by: str,
    why: str,
    door: str = "cli",
    code: str = "",
) -> GivenAnswer:
    """Give one answer and wake the run with what stands; a code proves the name, where policy wants that.

    Raises:
        click.ClickException: This person's answer does not count, and why.
    """
    files = PlatformFiles(settings)
    policy = files.policy_of(files.registry().named(incident.platform))
    rule = rule_for(plan, incident.severity, policy, incident.leader)
    if said is Answer.APPROVE and rule.proof is NameProof.PROVEN and not code and sys.stdin.isatty():
        code = click.prompt(f"A code that the device of {by} shows now", hide_input=True)
    given = give_answer(
        record,
        incident,
        plan,
        policy,
        answer=said,
        by=by,
        why=why,
        door=door,
        at=datetime.now(UTC),
        prove=partial(proven_answer, settings, record, incident.id, code=code) if code else None,
    )
    if given.stands is None:
        raise click.ClickException(f"{incident.id}: {given.says}")
    says = f"{incident.id}: {given.says}; {wake_with(settings, incident, plan, given.stands)}"
    return given.model_copy(update={"says": says})


def wake_with(settings: Settings, incident: Incident, plan: Plan, answer: Approval) -> str:
    """Wake the run that waits for it, or say why not; the answer is on record either way."""
    try:
        return resume_run(settings.prefect_api_url, incident.flow_run_id, answer, answer_words(plan))
    except PrefectUnreachable as away:
        return f"its run could not be woken now ({away}); the watch does it when the server answers"


def proven_answer(
    settings: Settings, record: Record, incident_id: str, answer: Approval, code: str
) -> Approval:
    """The answer as a proven and signed one.

    Raises:
        click.ClickException: The code does not count, and why; of the code nothing is said.
    """
    folder = ProofFolder(Path(settings.home))
    wrong = record.use_code(answer.by, folder.person_secret(answer.by), code, answer.at)
    if wrong:
        raise click.ClickException(f"prove that you are {answer.by}: {wrong}")
    return signed_answer(folder.signing_key(), incident_id, answer)


def waiting_plan(record: Record, incident: Incident, said: Answer, plan_hash: str = "") -> Plan:
    """The plan that waits for an answer, or whose yes can still be called back.

    Args:
        record: Where it is looked for.
        incident: Whose plan.
        said: The answer: a no is also taken for a plan that was approved, until its first write.
        plan_hash: The plan that the person read; empty when they did not say.

    Raises:
        click.UsageError: No plan of this incident can be answered so, or another one than was read.
    """
    plans = record.plans(incident.id)
    phases = (
        (Phase.AWAITING_APPROVAL, Phase.RESOLVE) if said is Answer.DECLINE else (Phase.AWAITING_APPROVAL,)
    )
    if incident.phase not in phases or not plans:
        raise click.UsageError(
            f"no plan of {incident.id} waits for an answer: it is {incident.ending or incident.phase}"
        )
    if plan_hash and not plans[-1].hash.startswith(plan_hash):
        raise click.UsageError(
            f"the plan of {incident.id} that waits is {plans[-1].hash}, not {plan_hash}: `outage show {incident.id}`"
        )
    return plans[-1]
