"""Calendars of rotations: a file, or a URL; the last good copy serves when the URL does not answer at night."""

from pathlib import Path

import httpx

from blocks.channels.secret_reference import read_secret
from outage.errors import ChannelUnusable, FileError, cut
from outage.incidents.alert import alert_digest
from outage.people.rotation import Rotation
from outage.value import Value

SECONDS = 10.0
LARGEST_BYTES = 5_000_000


class CalendarText(Value):
    """A calendar, and what is to be said about it."""

    text: str
    says: str = ""
    """Why it may be old; empty when it is fresh."""


def load_calendar(name: str, rotation: Rotation, copies: Path) -> CalendarText | None:
    """The calendar of a rotation; None when it has none but overrides.

    Args:
        name: The rotation's.
        rotation: Where its calendar is.
        copies: Folder of the last good copies.

    Raises:
        FileError: It cannot be had, and there is no copy. Says where, without the URL, which is a secret.
    """
    source = rotation.calendar
    if source is None:
        return None
    try:
        found = read_secret(source)
    except ChannelUnusable as error:
        raise FileError(f"read the calendar of `{name}`: {error}") from error
    if source.file is not None:
        return CalendarText(text=found)
    copy = copies / f"{name}-{alert_digest(str(source))}.ics"  # two policies may call different ones the same
    try:
        answer = httpx.get(found.replace("webcal://", "https://", 1), timeout=SECONDS, follow_redirects=True)
        answer.raise_for_status()
        text = answer.text[:LARGEST_BYTES]
        copies.mkdir(parents=True, exist_ok=True)
        copy.write_text(text, encoding="utf-8")
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        says = f"the calendar of `{name}` in {source} does not answer ({type(error).__name__})"
        if not copy.exists():
            raise FileError(f"{says}, and there is no copy of it") from error
        return CalendarText(text=copy.read_text(encoding="utf-8"), says=f"{says}: its last copy is used")
    except OSError as error:
        return CalendarText(text=text, says=f"no copy could be kept: {cut(str(error))}")
    return CalendarText(text=text)
