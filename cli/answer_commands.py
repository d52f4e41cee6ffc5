"""`outage approve | decline`: a person's answer to a waiting plan, from the command line."""

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from blocks.prefect_runs import resume_run
from blocks.record import Record
from blocks.record.people.person_codes import ProofFolder
from blocks.settings import Settings
from cli.incident_commands import find_incident, opened_record
from outage.incidents.incident import Incident, Phase
from outage.people.name_proof import signed_answer
from outage.plans.approval import Answer, Approval, NameProof
from outage.plans.plan import Plan
from outage.policies.permission import approvals_needed, may_answer, rule_for
from outage.policies.policy_file import load_policy
from outage.value import Value


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
    """Write the answer to the record first, then wake the run; the first answer that stands wins."""
    settings = Settings()
    with opened_record() as record:
        incident = find_incident(record, incident_id)
        plan = waiting_plan(record, incident, plan_hash)
        given = give_answer(settings, record, incident, plan, said, by, why, code)
    if as_json:
        stands = given.stands.model_dump(mode="json")
        body = {
            "version": 1,
            "incident": incident.id,
            "plan": plan.hash,
            "stands": stands,
            "says": given.says,
        }
        click.echo(json.dumps(body, indent=2))
    else:
        click.echo(given.says)


class GivenAnswer(Value):
    """What became of one answer."""

    stands: Approval
    """The answer that stands for this person: theirs, or the one that decided the plan before."""
    says: str


def give_answer(
    settings: Settings,
    record: Record,
    incident: Incident,
    plan: Plan,
    said: Answer,
    by: str,
    why: str,
    code: str = "",
) -> GivenAnswer:
    """Give one answer, and say what stands now; a code proves the name, and is asked for where policy wants that.

    Raises:
        click.ClickException: This person's answer does not count, and why.
    """
    policy = load_policy(Path(settings.policy_file))
    rule = rule_for(plan, incident.severity, policy)
    if said is Answer.APPROVE and rule.proof is NameProof.PROVEN and not code and sys.stdin.isatty():
        code = click.prompt(f"A code that the device of {by} shows now", hide_input=True)
    mine = Approval(plan_hash=plan.hash, answer=said, by=by, why=why, at=datetime.now(UTC), door="cli")
    if code:
        mine = proven_answer(settings, record, incident.id, mine, code)
    refusal = may_answer(by, said, plan, incident.severity, policy, incident.requester, mine.proof)
    if refusal:
        raise click.ClickException(f"{said} {incident.id} by {by}: {refusal}")
    needed = approvals_needed(plan, incident.severity, policy)
    stands = record.answer(incident.id, mine, quorum=needed)
    woken = resume_run(settings.prefect_api_url, incident.flow_run_id, stands)
    if stands.by != by or stands.answer != said:
        return GivenAnswer(
            stands=stands, says=f"{incident.id}: {stands.by} answered {stands.answer} before you; that stands"
        )
    more = needed - len(record.approvals(incident.id, plan.hash))
    then = f"{more} more needed" if said is Answer.APPROVE and more > 0 else woken
    return GivenAnswer(
        stands=stands, says=f"{incident.id}: {said} to plan {plan.hash} by {by} is recorded; {then}"
    )


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


def waiting_plan(record: Record, incident: Incident, plan_hash: str = "") -> Plan:
    """The plan that waits for an answer.

    Args:
        record: Where it is looked for.
        incident: Whose plan.
        plan_hash: The plan that the person read; empty when they did not say.

    Raises:
        click.UsageError: No plan of this incident waits, or another one than was read.
    """
    plans = record.plans(incident.id)
    if incident.phase is not Phase.AWAITING_APPROVAL or not plans:
        raise click.UsageError(
            f"no plan of {incident.id} waits for an answer: it is {incident.ending or incident.phase}"
        )
    if plan_hash and not plans[-1].hash.startswith(plan_hash):
        raise click.UsageError(
            f"the plan of {incident.id} that waits is {plans[-1].hash}, not {plan_hash}: `outage show {incident.id}`"
        )
    return plans[-1]
