"""Who is on call, and why: rotations from a calendar, with overrides; and the gaps that nobody has seen yet."""

import itertools
import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import icalendar
import recurring_ical_events

from outage.errors import FileError, cut
from outage.people.rotation import Person, Rotation
from outage.value import Value

LOOK_AHEAD = timedelta(days=14)
"""How far gaps are looked for."""


class Shift(Value):
    """One event of a calendar."""

    starts: datetime
    ends: datetime
    says: str
    """Its summary."""
    mails: tuple[str, ...] = ()


class OnCall(Value):
    """Who is on call at one moment."""

    person: str
    """Handle; empty when nobody is."""
    why: str
    until: datetime | None = None


class Gap(Value):
    """A time in which nobody is on call."""

    starts: datetime
    ends: datetime
    why: str


def shifts_between(calendar: str, starts: datetime, ends: datetime, zone: str) -> tuple[Shift, ...]:
    """All events of a calendar that touch a time, recurring ones worked out, in order.

    Args:
        calendar: iCalendar text.
        starts: Aware.
        ends: Aware.
        zone: For events that name whole days, or times without a zone.

    Raises:
        FileError: It is no calendar. Permanent.
    """
    try:
        found = recurring_ical_events.of(icalendar.Calendar.from_ical(calendar)).between(starts, ends)
    except (ValueError, KeyError, TypeError, IndexError) as error:
        raise FileError(f"read the calendar: {cut(str(error)) or type(error).__name__}") from error
    shifts = [_shift(event, zone) for event in found]
    return tuple(
        sorted((one for one in shifts if one.ends > starts and one.starts < ends), key=lambda one: one.starts)
    )


def _shift(event: Any, zone: str) -> Shift:
    starts = _moment(event["DTSTART"].dt, zone)
    if "DTEND" in event:
        ends = _moment(event["DTEND"].dt, zone)
    else:
        ends = starts + (event["DURATION"].dt if "DURATION" in event else timedelta(days=1))
    guests = event.get("ATTENDEE", [])
    mails = [
        str(one).lower().removeprefix("mailto:") for one in (guests if isinstance(guests, list) else [guests])
    ]
    return Shift(starts=starts, ends=ends, says=str(event.get("SUMMARY", "")), mails=tuple(mails))


def _moment(value: date | datetime, zone: str) -> datetime:
    if not isinstance(value, datetime):
        return datetime.combine(value, time(), ZoneInfo(zone))
    return value if value.tzinfo else value.replace(tzinfo=ZoneInfo(zone))


def person_of(shift: Shift, people: Mapping[str, Person]) -> str:
    """Whose shift it is: by mail, else by handle or name in the summary; empty when it names nobody we know."""
    for handle, one in people.items():
        if one.mail and one.mail.lower() in shift.mails:
            return handle
    said = shift.says.casefold()
    for handle, one in people.items():
        names = [name.casefold() for name in (handle, one.name) if name]
        if any(re.search(rf"(?<!\w){re.escape(name)}(?!\w)", said) for name in names):
            return handle
    return ""


def on_call_at(
    rotation: Rotation, people: Mapping[str, Person], shifts: Sequence[Shift], at: datetime
) -> OnCall:
    """Who is on call at a moment, and why.

    Args:
        rotation: Its overrides go before its calendar.
        people: Of the policy.
        shifts: Of its calendar, around the moment.
        at: Aware.
    """
    for change in rotation.overrides:
        if change.starts <= at < change.ends:
            return OnCall(person=change.person, why=f"override: {change.why}", until=change.ends)
    here = [one for one in shifts if one.starts <= at < one.ends]
    for one in sorted(here, key=lambda one: one.starts, reverse=True):
        if handle := person_of(one, people):
            following = [other.starts for other in rotation.overrides if at < other.starts < one.ends]
            return OnCall(person=handle, why=f"calendar: {one.says}", until=min([one.ends, *following]))
    if here:
        return OnCall(person="", why=f"the calendar's `{here[0].says}` names nobody of the policy")
    return OnCall(person="", why="no shift covers it")


def gaps_ahead(
    rotation: Rotation, people: Mapping[str, Person], shifts: Sequence[Shift], now: datetime
) -> tuple[Gap, ...]:
    """Times within the next 14 days in which nobody is on call.

    Args:
        rotation: Of the policy.
        people: Handle → person, with where they can be reached.
        shifts: Of its calendar.
        now: From when, aware UTC.
    """
    ends = now + LOOK_AHEAD
    known = [moment for one in shifts for moment in (one.starts, one.ends)]
    known += [moment for change in rotation.overrides for moment in (change.starts, change.ends)]
    edges = {now, ends, *(moment for moment in known if now < moment < ends)}
    gaps: list[Gap] = []
    ordered = sorted(edges)
    for starts, following in itertools.pairwise(ordered):
        found = on_call_at(rotation, people, shifts, starts)
        if found.person:
            continue
        if gaps and gaps[-1].ends == starts and gaps[-1].why == found.why:
            gaps[-1] = gaps[-1].model_copy(update={"ends": following})
        else:
            gaps.append(Gap(starts=starts, ends=following, why=found.why))
    return tuple(gaps)
