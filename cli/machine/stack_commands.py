"""`outage up | status | down`: the responder's own processes."""

import json
import sys
import time

import click

from blocks.installation.platform_files import PlatformFiles
from blocks.settings import Settings


@click.command("up")
def stack_up_command() -> None:
    """Start PostgreSQL, the Prefect server, the intake, the page and the runner; what already runs is left alone."""
    from blocks.settings import Settings
    from stack.stack_up import bring_stack_up as bring_up

    settings = Settings()
    began = time.monotonic()
    fresh = bring_up(settings, click.echo)
    settings = Settings()
    click.echo(f"{f'up after {time.monotonic() - began:.0f} s' if fresh else 'already up'}")
    for says in said_at_start(settings):
        click.echo(f"  WRONG:   {says}")
    word = settings.intake_token_file
    click.echo(f"  page:    {settings.page_base}")
    click.echo(f"  UI:      {settings.prefect_ui_url}")
    click.echo(
        f"  alerts:  {settings.intake_url}/webhook/alertmanager, Authorization: Bearer the word in {word}"
    )
    click.echo(f'  by hand: curl {settings.intake_url}/incidents -H "Authorization: Bearer $(cat {word})" \\')
    click.echo('             -d \'{"title": "checkout is slow", "namespace": "shop"}\'')


def said_at_start(settings: Settings) -> tuple[str, ...]:
    """What would stand in the way of a response, one sentence each."""
    from tasks.doctor.contradictions import contradictions, silent_clusters

    return (*contradictions(PlatformFiles(settings)), *silent_clusters(settings))


@click.command("status")
@click.option("--json", "as_json", is_flag=True, help="One JSON document instead of lines.")
def stack_status_command(as_json: bool) -> None:
    """Say what runs, where, since when, and what is wrong; exit status 1 when anything is."""
    from blocks.settings import Settings
    from stack.stack_status import stack_status as look

    lines = look(Settings())
    if as_json:
        click.echo(json.dumps({"version": 1, "processes": [line.model_dump(mode="json") for line in lines]}))
    else:
        for line in lines:
            click.echo(str(line))
    if any(line.wrong for line in lines):
        sys.exit(1)


@click.command("down")
def stack_down_command() -> None:
    """Stop all of it; responses that were running go on with the next `up`."""
    from blocks.settings import Settings
    from stack.stack_down import take_stack_down as take_down
    from stack.stack_up import refuse_units

    settings = Settings()
    refuse_units(settings, "take the stack down", "stop")
    click.echo("down" if take_down(settings, lambda _: None) else "nothing was up")
