"""Invitations to a post-mortem: an .ics file, sent by mail when the policy names an address."""

import tempfile
from datetime import UTC, timedelta
from pathlib import Path

import apprise
from icalendar import Calendar, Event, vCalAddress

from blocks.channels.channel import Channel
from blocks.channels.secret_reference import read_secret
from outage.errors import AnswerLost, ChannelBusy, ChannelRefused, ChannelUnusable, cut
from outage.people.channel_settings import CalendarSettings
from outage.people.outbox_message import OutboxMessage
from outage.people.settle_try import SecondTry

LASTS = timedelta(hours=1)


class CalendarInvitation(Channel):
    """One folder of invitations, and perhaps one mail address."""

    second_try = SecondTry.MERGED  # calendars take the same UID as the same event

    def __init__(self, settings: CalendarSettings) -> None:
        """Read the mail address, if there is one; nothing is asked yet."""
        url = read_secret(settings.address) if settings.address else ""
        super().__init__(url)
        self.settings = settings
        self._mail = apprise.Apprise() if url else None
        if self._mail is not None and not self._mail.add(url):
            raise ChannelUnusable(
                f"read the Apprise URL in {settings.address}: Apprise knows no such service"
            )

    def send(self, message: OutboxMessage, thread: dict[str, str]) -> dict[str, str]:
        """Write the invitation, and mail it."""
        if message.body.meets_at is None:
            raise ChannelRefused("invite to a post-mortem: it has no time")
        file = self.settings.folder.expanduser() / f"{message.incident}.ics"
        try:
            _replace(file, invitation(message, self.settings.organizer))
        except OSError as error:
            raise ChannelBusy(f"write {file}: {cut(str(error))}") from error
        body = message.body
        if self._mail and not self._mail.notify(body=body.text, title=body.title, attach=str(file)):
            raise AnswerLost(f"mail the invitation to the post-mortem of {message.incident}: no success")
        return {"file": str(file)}


def invitation(message: OutboxMessage, organizer: str) -> bytes:
    """The invitation as iCalendar text, in UTC; the same message has the same UID.

    Args:
        message: Whose body has the time of the meeting, the people and the words.
        organizer: Address of who invites, without `mailto:`.

    Raises:
        ChannelRefused: The message has no time. Permanent.
    """
    body = message.body
    if body.meets_at is None:
        raise ChannelRefused("invite to a post-mortem: it has no time")
    event = Event()
    event.add("uid", f"{message.incident}-post-mortem@outage")
    event.add("dtstamp", message.asked_at.astimezone(UTC))
    event.add("dtstart", body.meets_at.astimezone(UTC))
    event.add("dtend", (body.meets_at + LASTS).astimezone(UTC))
    event.add("summary", body.title)
    event.add("description", body.text)
    event["organizer"] = vCalAddress(f"mailto:{organizer}")
    for one in body.people:
        if "@" in one:
            event.add("attendee", vCalAddress(f"mailto:{one}"))
    calendar = Calendar()
    calendar.add("prodid", "-//outage//post-mortem//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "REQUEST")
    calendar.add_component(event)
    return bytes(calendar.to_ical())


def _replace(file: Path, content: bytes) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=file.parent, delete=False) as fresh:
        fresh.write(content)
    Path(fresh.name).replace(file)
