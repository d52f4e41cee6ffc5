"""`outage act …`: one of the runbook's Resolution Actions, chosen by hand."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import click

from cli.incident_commands import find_incident, opened_record
from outage.diagnosis.resolution_action import ResolutionAction, ResolutionKind


@click.group("act")
def act_group() -> None:
    """Have one of the runbook's actions planned, shown and asked about; nothing is written before a yes."""


def act_options(command: Callable[..., None]) -> Callable[..., None]:
    """What every action may be told."""
    for option in (
        click.option("--by", required=True, help="Your handle; it stands on the timeline."),
        click.option("--incident", default="", help="An open incident; else one is opened for it."),
        click.option("--platform", default="", help="Where one is opened; not needed when there is one."),
        click.option(
            "--well", default="", help="The service by which it is judged; the target's by default."
        ),
        click.option("--because", default="", help="For the timeline."),
        click.option("--json", "as_json", is_flag=True, help="The versioned shape of docs/json.md."),
    ):
        command = option(command)
    return command


def choose_by_hand(kind: ResolutionKind, told: dict[str, Any], **more: Any) -> None:
    """Put one choice before the response, and print what becomes of it."""
    from tasks.lead.choose_action import choose_action
    from tasks.lead.incident_at_hand import person_named

    incident, platform, as_json = told.pop("incident"), told.pop("platform"), told.pop("as_json")
    by = person_named(told.pop("by"), str(kind))
    action = ResolutionAction(kind=kind, by=by, at=datetime.now(UTC), **told, **more)
    with opened_record() as record:
        incident = find_incident(record, incident).id if incident else ""
    done = choose_action(action, incident, platform)
    body = {"version": 1, "incident": done.incident, "new": done.new, "key": done.key, "says": done.says}
    click.echo(json.dumps(body, indent=2) if as_json else f"{done.incident}: {done.says}")


@act_group.command("restart")
@click.argument("service")
@act_options
def restart_command(service: str, **told: Any) -> None:
    """Replace the pods of one service."""
    choose_by_hand(ResolutionKind.RESTART, told, target=service)


@act_group.command("restart-all")
@act_options
def restart_all_command(**told: Any) -> None:
    """Replace the pods of every service, one after the other; never of a data store."""
    choose_by_hand(ResolutionKind.RESTART_ALL, told)


@act_group.command("scale")
@click.argument("service")
@click.option("--replicas", type=click.IntRange(min=0), required=True, help="How many pods.")
@act_options
def scale_command(service: str, replicas: int, **told: Any) -> None:
    """Give one service so many pods."""
    choose_by_hand(ResolutionKind.SCALE, told, target=service, replicas=replicas)


@act_group.command("undo")
@click.argument("service")
@click.option("--to-revision", type=click.IntRange(min=1), default=None, help="The one before by default.")
@act_options
def undo_command(service: str, to_revision: int | None, **told: Any) -> None:
    """Take one Deployment back to an older revision."""
    choose_by_hand(ResolutionKind.UNDO, told, target=service, revision=to_revision)


@act_group.command("switch")
@click.argument("service")
@click.option("--to", "slot", default="", help="The other slot by default.")
@act_options
def switch_command(service: str, slot: str, **told: Any) -> None:
    """Lead the users of one service to its other slot; somebody takes it back (`outage act take-back`)."""
    choose_by_hand(ResolutionKind.SWITCH, told, target=service, slot=slot)


@act_group.command("maintenance")
@act_options
def maintenance_command(**told: Any) -> None:
    """Lead all users to the maintenance page; somebody takes it back (`outage act take-back`)."""
    choose_by_hand(ResolutionKind.MAINTENANCE, told)


@act_group.command("end-sessions")
@click.option("--older-than", type=click.IntRange(min=1), default=5, show_default=True, help="Minutes.")
@act_options
def end_sessions_command(older_than: int, **told: Any) -> None:
    """End the database's old sessions that block others or sit idle."""
    choose_by_hand(ResolutionKind.END_SESSIONS, told, older_than=timedelta(minutes=older_than))


@act_group.command("cordon")
@click.argument("node")
@act_options
def cordon_command(node: str, **told: Any) -> None:
    """Let no new pod onto a node."""
    choose_by_hand(ResolutionKind.CORDON, told, target=node)


@act_group.command("uncordon")
@click.argument("node")
@act_options
def uncordon_command(node: str, **told: Any) -> None:
    """Let pods onto a node again."""
    choose_by_hand(ResolutionKind.UNCORDON, told, target=node)


@act_group.command("drain")
@click.argument("node")
@act_options
def drain_command(node: str, **told: Any) -> None:
    """Let other nodes run the pods of one, within their budgets."""
    choose_by_hand(ResolutionKind.DRAIN, told, target=node)


@act_group.command("take-back")
@click.argument("of_incident")
@click.option("--plan", type=click.IntRange(min=1), default=None, help="The newest that stands by default.")
@act_options
def take_back_command(of_incident: str, plan: int | None, **told: Any) -> None:
    """Take back what an earlier plan left standing: the other slot, the maintenance page, a cordon."""
    with opened_record() as record:
        meant = find_incident(record, of_incident)
    if meant.closed_at is None and not told["incident"]:
        told["incident"] = meant.id
    choose_by_hand(ResolutionKind.TAKE_BACK, told, target=meant.id, plan=plan)
