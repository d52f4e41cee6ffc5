"""What `outage drill` shows instead of practising: scores, the report of all of them."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

import click

from blocks.record import Record
from blocks.settings import Settings
from outage.reports.drills.score_words import scores_in_json, scores_in_words


@dataclass(frozen=True)
class DrillLooks:
    """What was asked for; nothing of it breaks anything."""

    scores: bool

    def shown(self, as_json: bool) -> bool:
        """Show what was asked for; False when nothing was, and a drill is meant."""
        if self.scores:
            show_scores(as_json)
        return self.scores


def drill_looks(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options to a command, and hand it what was given as `looks`."""

    @click.option("--scores", is_flag=True, help="Show how the last drills went, newest first (--json).")
    @wraps(command)
    def with_looks(scores: bool, **given: Any) -> None:
        command(looks=DrillLooks(scores=scores), **given)

    return with_looks


def show_scores(as_json: bool) -> None:
    """Print the score cards of the record."""
    with Record.open(Settings().record_dsn) as record:
        cards = record.scores(limit=200)
    click.echo(json.dumps(scores_in_json(cards), indent=2) if as_json else scores_in_words(cards))
