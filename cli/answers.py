"""`outage approve | decline`: a person's answer to a waiting plan, from the command line."""

from datetime import UTC, datetime
from pathlib import Path

import click

from blocks.record import Record
from blocks.settings import Settings
from blocks.waking import resume
from cli.incidents import find, the_record
from outage.approval import Answer, Approval
from outage.incident import Incident
from outage.plan import Plan
from outage.policy import may_answer
from outage.policy_file import load_policy


def options(command: click.Command) -> click.Command:
    """Both commands ask the same: which incident, who, why."""
    for option in (
        click.argument("incident_id"),
        click.option("--by", required=True, help="Your handle; it stands on the timeline."),
        click.option("--why", default="", help="For the timeline."),
    ):
        command = option(command)
    return command


@click.command()
@options  # type: ignore[arg-type]
def approve(incident_id: str, by: str, why: str) -> None:
    """Say yes to the waiting plan of an incident."""
    answer(incident_id, Answer.APPROVE, by, why)


@click.command()
@options  # type: ignore[arg-type]
def decline(incident_id: str, by: str, why: str) -> None:
    """Say no to the waiting plan of an incident."""
    answer(incident_id, Answer.DECLINE, by, why)


def answer(incident_id: str, said: Answer, by: str, why: str) -> None:
    """Write the answer to the record first, then wake the run; the first answer that stands wins."""
    settings = Settings()
    with the_record() as record:
        incident = find(record, incident_id)
        plan = waiting_plan(record, incident)
        click.echo(give(settings, record, incident, plan, said, by, why))


def give(
    settings: Settings,
    record: Record,
    incident: Incident,
    plan: Plan,
    said: Answer,
    by: str,
    why: str,
    door: str = "cli",
) -> str:
    """Give one answer; the sentence says what stands now.

    Raises:
        click.ClickException: This person's answer does not count, and why.
    """
    policy = load_policy(Path(settings.policy_file))
    refusal = may_answer(by, said, plan, incident.severity, policy)
    if refusal:
        raise click.ClickException(f"{said} {incident.id} by {by}: {refusal}")
    mine = Approval(plan_hash=plan.hash, answer=said, by=by, why=why, at=datetime.now(UTC), door=door)
    stands = record.answer(incident.id, mine)
    woken = resume(settings.prefect_api_url, incident.flow_run_id, stands)
    if stands.by != by or stands.answer != said:
        return f"{incident.id}: {stands.by} answered {stands.answer} before you; that stands"
    return f"{incident.id}: {said} to plan {plan.hash} by {by} is recorded; {woken}"


def waiting_plan(record: Record, incident: Incident) -> Plan:
    """The plan that waits for an answer.

    Raises:
        click.UsageError: No plan of this incident waits.
    """
    plans = record.plans(incident.id)
    if incident.closed_at or not plans:
        raise click.UsageError(
            f"no plan of {incident.id} waits for an answer: it is {incident.ending or incident.phase}"
        )
    return plans[-1]
