"""When a team practises by schedule, and why a drill is not begun now. The key `drill_hours` of the policy file."""

from collections.abc import Collection
from datetime import datetime, time, timedelta
from typing import Annotated, Literal, get_args
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, Field, model_validator

from outage.people.rotation import TimeZone
from outage.text.reviewed_yaml import Duration
from outage.value import Value

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[Weekday, ...] = get_args(Weekday)
LOOKED_AHEAD = timedelta(days=4)
"""Over a long weekend; what would begin later is left to the next turn of the schedule."""


def _of_day(value: object) -> object:
    """YAML reads 09:00 without quotes as a number."""
    if isinstance(value, str | time):
        return value
    raise ValueError(f'{value} is no time of day: write it in quotes, as "09:00"')


ClockTime = Annotated[time, BeforeValidator(_of_day)]


class DrillHours(Value):
    """Working hours of a team, in its own time zone."""

    time_zone: TimeZone = "UTC"
    days: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri")
    starts: ClockTime = time(9)
    ends: ClockTime = time(16)
    """A drill begins before it, so that it is over while everybody is there."""
    announced: Duration = timedelta(hours=1)
    """How long before it breaks anything it is announced; until then anybody may call it off."""
    faults: tuple[str, ...] = ()
    """Only these take their turn; empty: every possible one."""
    services: tuple[str, ...] = Field(default=())
    """Only there; empty: on every service."""

    @model_validator(mode="after")
    def _in_order(self) -> "DrillHours":
        if self.ends <= self.starts:
            raise ValueError(
                f"drill_hours end at {self.ends:%H:%M}, before they start at {self.starts:%H:%M}"
            )
        if not self.days:
            raise ValueError("drill_hours name no day")
        return self

    def holds(self, at: datetime) -> bool:
        """Whether a drill may begin at a moment."""
        local = at.astimezone(ZoneInfo(self.time_zone))
        return WEEKDAYS[local.weekday()] in self.days and self.starts <= local.time() < self.ends

    def first_moment(self, now: datetime) -> datetime | None:
        """When a drill that is announced now may begin; None when that is too far away to wait for."""
        earliest, zone = now + self.announced, ZoneInfo(self.time_zone)
        if self.holds(earliest):
            return earliest
        today = earliest.astimezone(zone).date()
        for day in range(LOOKED_AHEAD.days + 1):
            begins = datetime.combine(today + timedelta(days=day), self.starts, zone)
            if begins >= earliest and self.holds(begins) and begins - earliest <= LOOKED_AHEAD:
                return begins.astimezone(now.tzinfo)
        return None

    def in_words(self) -> str:
        """`mon, tue from 09:00 to 16:00 Europe/Berlin`."""
        return f"{', '.join(self.days)} from {self.starts:%H:%M} to {self.ends:%H:%M} {self.time_zone}"


class DrillSurroundings(Value):
    """What stands on the platform when a drill is about to begin."""

    open_incidents: tuple[str, ...] = ()
    """Ids of incidents that are open there and no practice of this drill."""
    other_drill: str = ""
    """Id of another drill that goes on there; empty when none does."""
    frozen: str = ""
    """Which freeze or maintenance window holds, as a sentence; empty when none does."""
    switched_off: str = ""
    """Which kill switch is thrown, as a sentence."""
    unknown: str = ""
    """What nobody could find out: then nothing is begun."""


def not_begun_reason(hours: DrillHours, around: DrillSurroundings, now: datetime) -> str:
    """Why a drill is not begun now, as one sentence without its end; empty when nothing stands against it.

    Args:
        hours: The team's.
        around: What stands there.
        now: The time.
    """
    if around.unknown:
        return f"it cannot be told whether it may begin: {around.unknown}"
    if around.switched_off:
        return around.switched_off
    if around.open_incidents:
        return f"{_named(around.open_incidents)} open on the platform"
    if around.other_drill:
        return f"another drill goes on there: {around.other_drill}"
    if around.frozen:
        return around.frozen
    if not hours.holds(now):
        local = now.astimezone(ZoneInfo(hours.time_zone))
        return f"it is {local:%a %H:%M} in {hours.time_zone}, and practised is {hours.in_words()}"
    return ""


def _named(incidents: Collection[str]) -> str:
    return f"{', '.join(incidents)} {'is' if len(incidents) == 1 else 'are'}"
