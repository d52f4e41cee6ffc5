"""Action items and their tickets, both ways: what is closed there is done here, and the other way round."""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from datetime import UTC, datetime, timedelta

from blocks.channels.open_channel import open_channel
from blocks.record import Record
from outage.errors import ChannelError, OutageError
from outage.incidents.timeline import Entry, EntryKind
from outage.people.action_item import ActionItem
from outage.people.channel_settings import ChannelSettings, KnownChannels
from outage.people.message_routing import MessageRoute
from outage.people.outbox_message import MessageKind, MessageState, OutboxMessage

EVERY_SECONDS = 300.0
DONE_WITHIN = timedelta(days=14)
"""Items that were done longer ago have had their tickets closed, or nobody could."""


def close_items(record: Record, channels: Mapping[str, ChannelSettings], now: datetime) -> list[str]:
    """Ask each open item's ticket once, and close the items whose ticket is closed.

    Args:
        record: Where the items and their tickets' receipts stand.
        channels: Those that hold the tickets, by name.
        now: The time.

    Returns:
        What was closed, and what could not be asked, a sentence each.
    """
    said = []
    for item, ticket in open_tickets(record):
        settings = channels.get(ticket.channel)
        if settings is None:
            continue
        try:
            with closing(open_channel(settings)) as channel:
                done = channel.is_done(ticket.receipt)
        except (ChannelError, KeyError) as error:
            said.append(f"{item.id}: {error}")
            continue
        if done and record.finish_item(item, done_there(ticket), now):
            says = f"done: {item.says} (its ticket in {ticket.channel} is closed)"
            record.add(item.incident, Entry(key=f"action/{item.key}", at=now, kind=EntryKind.NOTE, says=says))
            said.append(f"{item.id} is done: its ticket in {ticket.channel} is closed")
    return said


def close_tickets(record: Record, now: datetime) -> int:
    """Ask for the closing of each ticket whose item was done here; asked for again, it changes nothing.

    Args:
        record: Where the items and their tickets' receipts stand.
        now: The time.

    Returns:
        How many are new.
    """
    asked, what = 0, MessageKind.ITEM_DONE
    for item in record.done_items(now - DONE_WITHIN):
        for ticket in tickets_of(record, item):
            if item.done_by == done_there(ticket):
                continue
            text = f"Done by {item.done_by}, {item.done_at:%Y-%m-%d %H:%M} UTC: {item.says}"
            body = ticket.body.model_copy(update={"text": text})
            route = [MessageRoute(channel=ticket.channel)]
            asked += len(record.ask_message(item.incident, what, route, body, now, turn=item.key))
    return asked


def done_there(ticket: OutboxMessage) -> str:
    """Who did an item whose ticket was closed."""
    return f"ticket in {ticket.channel}"


def open_tickets(record: Record) -> Iterator[tuple[ActionItem, OutboxMessage]]:
    """Each item that is not done, with each message that is its ticket."""
    for item in record.items(open_only=True):
        for one in tickets_of(record, item):
            yield item, one


def tickets_of(record: Record, item: ActionItem) -> list[OutboxMessage]:
    """The messages that are an item's tickets."""
    return [
        one
        for one in record.messages(item.incident)
        if one.what is MessageKind.ACTION_ITEM and one.turn == item.key and one.state is MessageState.RECEIPT
    ]


class TicketReader(threading.Thread):
    """Asks the tickets now and then, beside the sending."""

    def __init__(
        self,
        record: Record,
        channels: KnownChannels,
        stopping: threading.Event,
        say: Callable[[str], None],
    ) -> None:
        super().__init__(name="read-tickets", daemon=True)
        self.record, self.channels, self.stopping, self.say = record, channels, stopping, say

    def run(self) -> None:
        """Ask until told to stop; of several processes one asks."""
        while not self.stopping.wait(EVERY_SECONDS):
            try:
                with self.record.only_writer("outbox/tickets") as mine:
                    said = close_items(self.record, self.channels(), datetime.now(UTC)) if mine else []
                    if mine:
                        close_tickets(self.record, datetime.now(UTC))
            except OutageError as error:
                said = [str(error)]
            for one in said:
                self.say(one)
