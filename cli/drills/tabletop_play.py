"""`outage drill --tabletop INCIDENT`: the play goes on here, the table is the page."""

import time
from datetime import UTC, datetime

import click

from blocks.installation.platform_files import PlatformFiles
from blocks.record import Record
from blocks.settings import Settings
from cli.incident_commands import find_incident
from outage.policies.policy import Policy
from outage.reports.drills.tabletop import PATIENCE, Tabletop, beats_by_now, score_in_words
from tasks.tabletop.play_incident import begin_tabletop, end_tabletop, tell_beat

LOOK_EVERY_SECONDS = 1.0
LAST_WORDS_SECONDS = 30.0
"""After the last line people may still write something down."""


def play_tabletop(named: str, speed: float) -> None:
    """Replay an incident until its end, or until it is interrupted; then print the score.

    Raises:
        UnknownIncident: There is no such incident.
        AnswerRefused: It cannot be replayed; why.
    """
    settings = Settings()
    with Record.open(settings.record_dsn) as record:
        incident = find_incident(record, named)
        policies = PlatformFiles(settings).policies()
        policy = policies.get(incident.platform) or policies.get("") or Policy()
        table = begin_tabletop(
            record, policy, incident.id, datetime.now(UTC), speed=speed, page=settings.page_base
        )
        click.echo(f"the table: {settings.page_base}/tabletops/{table.id}  (Ctrl-C ends it)")
        try:
            follow_table(record, policy, table)
        except KeyboardInterrupt:
            click.echo("it is ended here")
        click.echo(score_in_words(end_tabletop(record, policy, table, datetime.now(UTC))))


def follow_table(record: Record, policy: Policy, table: Tabletop) -> None:
    """Tell each line when its time has come; a question waits for people, but not for ever."""
    told = 0
    while told < len(table.beats):
        now = datetime.now(UTC)
        heard = beats_by_now(table, record.tabletop_acts(table.id), now)
        for beat in heard[told:]:
            click.echo(f"{now:%H:%M:%S} {beat.kind}: {beat.says}")
            if beat.plan:
                click.echo(f"  answer it at the table; without an answer it goes on after {PATIENCE}")
            tell_beat(record, policy, table, beat, now)
        told = len(heard)
        time.sleep(LOOK_EVERY_SECONDS)
    time.sleep(LAST_WORDS_SECONDS / table.speed)
