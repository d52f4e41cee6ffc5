"""`outage baseline record | show | diff`: the known-good picture."""

import json
from typing import Any

import click

from cli.incident_commands import opened_record
from outage.errors import StackError
from outage.kubernetes.field_differences import MISSING
from outage.snapshots.baseline import Baseline, Drift, drift_from_baseline, log_templates_in_words


@click.group("baseline")
def baseline_group() -> None:
    """Record, show or compare the known-good picture of the platform."""


@baseline_group.command("record")
def baseline_record_command() -> None:
    """Record the platform as it is now, unless something is wrong or an incident is open."""
    from tasks.observe.tasks import look_for_baseline
    from tasks.record.keep_baseline import keep_if_healthy

    kept = keep_if_healthy.fn(look_for_baseline.fn())
    click.echo(kept.says)
    if kept.refused:
        raise click.exceptions.Exit(1)


@baseline_group.command("show")
@click.option("--json", "as_json", is_flag=True, help="The whole baseline.")
def baseline_show_command(as_json: bool) -> None:
    """Show when the newest baseline was recorded, and what it holds."""
    newest = newest_baseline()
    if as_json:
        click.echo(newest.model_dump_json(indent=2))
        return
    click.echo(f"recorded {newest.recorded_at:%Y-%m-%d %H:%M:%S} UTC")
    for kind, objects in sorted(newest.objects.items()):
        click.echo(f"  {len(objects):4} {kind}")
    click.echo(f"  and {log_templates_in_words(newest)}")


@baseline_group.command("diff")
@click.option("--json", "as_json", is_flag=True, help="The versioned shape of docs/json.md.")
def baseline_diff_command(as_json: bool) -> None:
    """Compare the cluster with the newest baseline."""
    from tasks.observe.tasks import look_for_baseline

    found = drift_from_baseline(newest_baseline(), look_for_baseline.fn().case.snapshot)
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
    with opened_record() as kept:
        newest = kept.baseline()
    if newest is None:
        raise StackError("no baseline was recorded yet: run `outage baseline record` while all is well")
    return newest
