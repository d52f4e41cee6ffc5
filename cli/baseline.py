"""`outage baseline record | show | diff`: the known-good picture."""

import json

import click

from cli.incidents import the_record
from outage.baseline import Baseline, drift
from outage.errors import StackError


@click.group()
def baseline() -> None:
    """Record, show or compare the known-good picture of the platform."""


@baseline.command()
def record() -> None:
    """Record the platform as it is now, unless something is wrong or an incident is open."""
    from tasks.observe.rounds import look_for_baseline
    from tasks.remember.baseline import keep_if_healthy

    kept = keep_if_healthy.fn(look_for_baseline.fn())
    click.echo(kept.says)
    if kept.refused:
        raise click.exceptions.Exit(1)


@baseline.command()
@click.option("--json", "as_json", is_flag=True, help="The whole baseline.")
def show(as_json: bool) -> None:
    """Show when the newest baseline was recorded, and what it holds."""
    newest = newest_baseline()
    if as_json:
        click.echo(newest.model_dump_json(indent=2))
        return
    click.echo(f"recorded {newest.recorded_at:%Y-%m-%d %H:%M:%S} UTC")
    for kind, objects in sorted(newest.objects.items()):
        click.echo(f"  {len(objects):4} {kind}")


@baseline.command()
@click.option("--json", "as_json", is_flag=True, help="One object per difference.")
def diff(as_json: bool) -> None:
    """Compare the cluster with the newest baseline."""
    from tasks.observe.rounds import look_for_baseline

    found = drift(newest_baseline(), look_for_baseline.fn().snapshot)
    if as_json:
        click.echo(json.dumps([one.model_dump(mode="json") for one in found], indent=2))
        return
    for one in found:
        click.echo(str(one))
    if not found:
        click.echo("nothing differs from the baseline")


def newest_baseline() -> Baseline:
    """The newest baseline.

    Raises:
        StackError: None was recorded yet.
    """
    with the_record() as kept:
        newest = kept.baseline()
    if newest is None:
        raise StackError("no baseline was recorded yet: run `outage baseline record` while all is well")
    return newest
