"""How long a cron schedule leaves between two ticks at most. Pure."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise, takewhile

from cronsim import CronSim, CronSimError

from outage.kubernetes.objects import dig
from outage.value import Manifest

DAY = timedelta(days=1)
FIELDS = 5
"""Minute, hour, day of month, month, day of week: Kubernetes knows no seconds, cronsim does."""
WORDS = {"@hourly": "0 * * * *", "@daily": "0 0 * * *", "@midnight": "0 0 * * *"}
"""The macros that tick daily at least."""
LEAP_YEAR = tuple(datetime(2024, 1, 1, tzinfo=UTC) + number * DAY for number in range(366))
"""Days among which every day of a month, every month and every day of a week is found."""


def next_tick(cronjob: Manifest | None, up_to: timedelta) -> timedelta | None:
    """How long until a CronJob's next tick at the latest, or None when that is longer than `up_to`."""
    gap = longest_gap(str(dig(cronjob or {}, "spec.schedule", "")))
    return gap if gap is not None and gap <= up_to else None


def longest_gap(schedule: str) -> timedelta | None:
    """The longest time between two ticks, or None for schedules that leave days out or cannot be read."""
    # Kubernetes reads `?` as any value, too; cronsim does not know it
    words = [word.replace("?", "*") for word in WORDS.get(schedule.strip(), schedule).split()]
    if len(words) != FIELDS:
        return None
    ticks = " ".join(words)
    try:
        if not all(_ticks_within(ticks, day) for day in LEAP_YEAR):
            return None
    except CronSimError:
        return None
    # whoever ticks every day does so at the same times, so that two days hold every gap
    found = takewhile(lambda at: at < LEAP_YEAR[2], CronSim(ticks, LEAP_YEAR[0] - timedelta(seconds=1)))
    return max(later - tick for tick, later in pairwise(found))


def _ticks_within(schedule: str, day: datetime) -> bool:
    at = next(CronSim(schedule, day - timedelta(seconds=1)), None)
    return at is not None and at < day + DAY
