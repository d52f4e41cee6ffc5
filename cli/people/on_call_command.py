"""`outage oncall`: who is called now or at any time, why they, and when nobody would be."""

import json
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from blocks.installation.platform_files import PlatformFiles
from blocks.settings import Settings
from outage.policies.policy_file import check_policy
from stack.page.home_view import on_call_view


@click.command("oncall")
@click.option("--at", "moment", default="", help="A moment, as 2030-01-31T22:00+01:00; now when left out.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document instead of lines.")
def on_call_command(moment: str, as_json: bool) -> None:
    """Say who is on call, why, and when nobody will be in the 14 days after that; exit status 1 when nobody is.

    The rotations and rungs of a platform's own policy or people have its name behind them.
    """
    at = asked_moment(moment)
    settings = Settings()
    check_policy(Path(settings.policy_file))
    policies = PlatformFiles(settings).policies()
    known = {name: one for policy in policies.values() for name, one in policy.people.items()}
    found = on_call_view(policies, at, Path(settings.home))
    views, rungs = found.rotations, found.rungs
    if as_json:
        body = {"version": 1, "at": at.isoformat(), "rungs": rungs}
        click.echo(
            json.dumps({**body, "rotations": [one.model_dump(mode="json") for one in views]}, indent=2)
        )
    else:
        for one in views:
            zone = ZoneInfo(known[one.on_call.person].time_zone) if one.on_call.person else UTC
            until = (
                f" until {one.on_call.until.astimezone(zone):%Y-%m-%d %H:%M %Z}" if one.on_call.until else ""
            )
            click.echo(f"{one.name}: {one.on_call.person or 'NOBODY'}{until} ({one.on_call.why})")
            for line in (
                one.says,
                *(f"gap {g.starts:%Y-%m-%d %H:%M} to {g.ends:%Y-%m-%d %H:%M} UTC: {g.why}" for g in one.gaps),
            ):
                click.echo(f"  WARNING: {line}" if line else "", nl=bool(line))
        for rung, people in rungs.items():
            click.echo(f"{rung} calls {', '.join(people) or 'NOBODY'}")
        if not views and not rungs:
            click.echo("the policy names no rotation and no rung: nobody is ever called")
    if any(not one.on_call.person for one in views) or any(not people for people in rungs.values()):
        raise SystemExit(1)


def asked_moment(text: str) -> datetime:
    """The moment that was asked for, aware.

    Raises:
        click.UsageError: It is none, or says no zone.
    """
    if not text:
        return datetime.now(UTC)
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise click.UsageError(f"--at {text}: write it as 2030-01-31T22:00+01:00") from error
    if found.tzinfo is None:
        raise click.UsageError(f"--at {text}: say the zone, as {text}+01:00 or {text}Z")
    return found
