"""How practice went, on the page and as one HTML file."""

from datetime import UTC, datetime

from blocks.installation.platform_files import PlatformFiles
from blocks.record import Record
from blocks.settings import Settings
from outage.errors import FileError
from outage.reports.drills.score_trend import ScoreTrend, score_trend
from outage.reports.drills.trend_chart import TrendChart, trend_chart
from outage.value import Value
from stack.page.incident_file import one_file
from stack.page.practice.standing_practice import StandingPractice, standing_practice
from tasks.drill.scheduled.drill_turns import practisable_names

DRILLED = 1000
"""Newest drills that are shown."""


class TrendView(Value):
    """The page of practice."""

    now: datetime
    trend: ScoreTrend
    chart: TrendChart
    practice: StandingPractice = StandingPractice()
    """What is announced, and what is not over."""


def trend_view(record: Record, settings: Settings, now: datetime) -> TrendView:
    """Collect the page.

    Args:
        record: Where the scores are.
        settings: Where the platforms and the catalogue are.
        now: The time.
    """
    found = trend_now(record, settings, now)
    return TrendView(now=now, trend=found, chart=trend_chart(found), practice=standing_practice(record, now))


def trend_now(record: Record, settings: Settings, now: datetime) -> ScoreTrend:
    """The trend of all that was practised, on every platform of this installation."""
    return score_trend(record.scores(limit=DRILLED), possible_names(settings), now)


def possible_names(settings: Settings) -> dict[str, list[str]]:
    """Platform → what can be practised there; nothing of a catalogue that cannot be read."""
    known = PlatformFiles(settings).registry().platforms
    try:
        return {one.name: practisable_names(one, settings) for one in known}
    except FileError:
        return {one.name: [] for one in known}


def trend_file(record: Record, settings: Settings) -> str:
    """The page as one HTML file that loads nothing and may do nothing."""
    return trend_file_of(trend_view(record, settings, datetime.now(UTC)))


def trend_file_of(view: TrendView) -> str:
    """The document of one view."""
    return one_file("drills/trend_body.html.j2", "How practice went · outage", {"view": view})
