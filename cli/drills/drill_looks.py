"""What `outage drill` does when it breaks nothing: show how it went, replay an incident, call off what is announced."""

import getpass
import json
from collections.abc import Callable
from datetime import UTC, datetime
from functools import wraps
from pathlib import Path
from typing import Any

import click

from blocks.record import Record
from blocks.settings import Settings
from outage.errors import FileError
from outage.reports.drills.score_words import scores_in_json, scores_in_words, trend_in_json
from outage.value import Value

ALL = "all"


class DrillLooks(Value):
    """What was asked for; nothing of it breaks anything."""

    scores: bool = False
    report: Path | None = None
    tabletop: str | None = None
    """Id of an incident."""
    speed: float = 1.0
    call_off: str | None = None
    """Id of a drill, or `all`."""
    why: str = ""

    def done(self, as_json: bool, by: str) -> bool:
        """Do what was asked for; False when nothing was, and a drill is meant."""
        if self.scores:
            show_scores(as_json)
        elif self.report is not None:
            show_report(self.report, as_json)
        elif self.tabletop is not None:
            from cli.drills.tabletop_play import play_tabletop

            play_tabletop(self.tabletop, self.speed)
        elif self.call_off is not None:
            call_drills_off(self.call_off, by or getpass.getuser(), self.why)
        else:
            return False
        return True


def drill_looks(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options to a command, and hand it what was given as `looks`."""

    @click.option("--scores", is_flag=True, help="Show how the last drills went, newest first (--json).")
    @click.option(
        "--report",
        is_flag=False,
        flag_value="drills.html",
        type=click.Path(path_type=Path, dir_okay=False),
        metavar="[FILE]",
        help="Write how practice went into one HTML file that loads nothing; with --json print the same numbers.",
    )
    @click.option(
        "--call-off",
        is_flag=False,
        flag_value=ALL,
        metavar="[ID]",
        help="Call off what a schedule announced: one drill, or all of them.",
    )
    @click.option(
        "--tabletop",
        metavar="INCIDENT",
        help="Replay a recorded incident to people, on the page and in channels told of drills; nothing breaks.",
    )
    @click.option(
        "--speed",
        type=click.FloatRange(0.1, 100),
        default=1.0,
        help="With --tabletop: how many recorded seconds pass in one.",
    )
    @click.option("--why", default="", help="With --call-off: for those who were told of the drill.")
    @wraps(command)
    def with_looks(**given: Any) -> None:
        asked = {name: given.pop(name) for name in DrillLooks.model_fields}
        command(looks=DrillLooks.model_validate(asked), **given)

    return with_looks


def show_scores(as_json: bool) -> None:
    """Print the score cards of the record."""
    with Record.open(Settings().record_dsn) as record:
        cards = record.scores(limit=200)
    click.echo(json.dumps(scores_in_json(cards), indent=2) if as_json else scores_in_words(cards))


def show_report(file: Path, as_json: bool) -> None:
    """Write the report, or print its numbers.

    Raises:
        FileError: The file cannot be written.
    """
    from stack.page.practice.trend_view import trend_file, trend_now

    settings = Settings()
    with Record.open(settings.record_dsn) as record:
        if as_json:
            click.echo(json.dumps(trend_in_json(trend_now(record, settings, datetime.now(UTC))), indent=2))
            return
        written = trend_file(record, settings)
    try:
        file.write_text(written, encoding="utf-8")
    except OSError as error:
        raise FileError(f"write the report {file}: {error.strerror}") from error
    click.echo(f"{file}: how practice went, in one file")


def call_drills_off(drill_id: str, by: str, why: str) -> None:
    """Call off one announced drill, or all of them.

    Raises:
        ClickException: It is not announced, or has begun.
    """
    from tasks.drill.scheduled.announced_drills import call_off_one, call_off_waiting

    says = call_off_waiting("", by, why) if drill_id == ALL else call_off_one(drill_id, by, why)
    click.echo(says)
