"""How long a cron schedule leaves between two ticks at most. Pure."""

from datetime import timedelta

from outage.kubernetes.objects import dig
from outage.value import Manifest

DAY = 24 * 60
"""Minutes."""
FIELDS = (range(60), range(24), range(1, 32), range(1, 13), range(7))
"""Minute, hour, day of month, month, day of week."""
WORDS = {"@hourly": "0 * * * *", "@daily": "0 0 * * *", "@midnight": "0 0 * * *"}
"""The macros that tick daily at least."""


def next_tick(cronjob: Manifest | None, up_to: timedelta) -> timedelta | None:
    """How long until a CronJob's next tick at the latest, or None when that is longer than `up_to`."""
    gap = longest_gap(str(dig(cronjob or {}, "spec.schedule", "")))
    return gap if gap is not None and gap <= up_to else None


def longest_gap(schedule: str) -> timedelta | None:
    """The longest time between two ticks, or None for schedules that leave days out or cannot be read."""
    words = WORDS.get(schedule.strip(), schedule).split()
    if len(words) != len(FIELDS):
        return None
    parsed = [_values(word, field) for word, field in zip(words, FIELDS, strict=True)]
    minutes, hours, *days = parsed
    every_day = all(values == set(field) for values, field in zip(days, FIELDS[2:], strict=True))
    if not (minutes and hours and every_day):
        return None  # names of days and months end here, too: such a schedule leaves days out
    ticks = sorted(60 * hour + minute for hour in hours for minute in minutes)
    after = [*ticks[1:], ticks[0] + DAY]
    return timedelta(minutes=max(later - tick for tick, later in zip(ticks, after, strict=True)))


def _values(word: str, field: range) -> set[int]:
    """What a field allows: `*`, numbers, ranges, steps, and lists of those; empty when it is none of them."""
    found: set[int] = set()
    for part in word.split(","):
        values = _part(part, field)
        if not values:
            return set()
        found |= values
    return found


def _part(part: str, field: range) -> set[int]:
    span, slash, step = part.partition("/")
    first, dash, last = span.partition("-")
    if span in ("*", "?"):
        low, high = field[0], field[-1]
    elif first.isdecimal() and (last.isdecimal() or not dash):
        low = int(first)
        high = int(last) if dash else field[-1] if slash else low  # `5/10` means from 5 to the end
    else:
        return set()
    every = int(step) if step.isdecimal() else 0 if slash else 1
    if not every or low not in field or high not in field:
        return set()
    return set(range(low, high + 1, every))
