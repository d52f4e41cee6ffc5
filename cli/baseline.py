"""`outage baseline record | show | diff`: the known-good picture."""

import json
from typing import Any

import click

from cli.incidents import the_record
from outage.baseline import Baseline, Drift, drift, log_templates_in_words
from outage.differences import MISSING
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
    click.echo(f"  and {log_templates_in_words(newest)}")


@baseline.command()
@click.option("--json", "as_json", is_flag=True, help="The versioned shape of docs/json.md.")
def diff(as_json: bool) -> None:
    """Compare the cluster with the newest baseline."""
    from tasks.observe.rounds import look_for_baseline

    found = drift(newest_baseline(), look_for_baseline.fn().snapshot)
    if as_json:
        click.echo(json.dumps({"version": 1, "differences": [as_body(one) for one in found]}, indent=2))
        return
    for one in found:
        click.echo(one.says)
    if not found:
        click.echo("nothing differs from the baseline")


def as_body(one: Drift) -> dict[str, Any]:
    """One object that is not as it was, as JSON; what is not there is null."""
    fields = [
        {"field": field.field, "live": _there(field.live), "wanted": _there(field.wanted)}
        for field in one.fields
    ]
    return {
        "about": one.about.model_dump(mode="json"),
        "missing": one.missing,
        "new": one.new,
        "says": one.says,
        "fields": fields,
    }


def _there(value: Any) -> Any:
    return None if value == MISSING else value


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
