"""Whom a name of the policy means now: a rotation's person on call, a person, or a group."""

from datetime import datetime, timedelta
from pathlib import Path

from blocks.channels.calendar_source import load_calendar
from outage.errors import FileError
from outage.people.on_call import LOOK_AHEAD, Gap, OnCall, Shift, gaps_ahead, on_call_at, shifts_between
from outage.policies.policy import Policy
from outage.text.handle import ANYBODY
from outage.value import Value

AROUND = timedelta(days=32)
"""A shift may last a month."""


class RotationView(Value):
    """One rotation at one moment."""

    name: str
    on_call: OnCall
    gaps: tuple[Gap, ...] = ()
    says: str = ""
    """What is wrong with its calendar; empty when nothing is."""


def rotation_view(name: str, policy: Policy, at: datetime, home: Path) -> RotationView:
    """Who of a rotation is on call, why, and when nobody will be; a calendar that cannot be had is said.

    Args:
        name: Of the rotation.
        policy: Which has it.
        at: The moment, aware UTC.
        home: Where calendars are kept between fetches.
    """
    rotation, says = policy.rotations[name], ""
    shifts: tuple[Shift, ...] = ()
    try:
        if calendar := load_calendar(name, rotation, home / "calendars"):
            says = calendar.says
            shifts = shifts_between(calendar.text, at - AROUND, at + LOOK_AHEAD + AROUND, rotation.time_zone)
    except FileError as error:
        says = str(error)
    return RotationView(
        name=name,
        on_call=on_call_at(rotation, policy.people, shifts, at),
        gaps=gaps_ahead(rotation, policy.people, shifts, at),
        says=says,
    )


def people_meant(names: tuple[str, ...], policy: Policy, at: datetime, home: Path) -> list[str]:
    """The handles that names of the policy mean at a moment, each once; empty when nobody is on call.

    Args:
        names: Of people, groups or rotations.
        policy: Which has them.
        at: The moment, aware UTC.
        home: Where calendars are kept between fetches.
    """
    found: dict[str, None] = {}
    for name in names:
        if name in policy.rotations:
            person = rotation_view(name, policy, at, home).on_call.person
            found |= {person: None} if person else {}
        elif name in policy.people:
            found[name] = None
        else:
            found |= {one: None for one in policy.approvers.get(name, ()) if one != ANYBODY}
    return list(found)
