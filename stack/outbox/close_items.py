"""Close the action items whose ticket somebody has closed: what is done there needs no second word here."""

import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime

from blocks.channels.open_channel import open_channel
from blocks.record import Record
from outage.errors import ChannelError, OutageError
from outage.incidents.timeline import Entry, EntryKind
from outage.people.action_item import ActionItem
from outage.people.outbox_message import MessageKind, MessageState, OutboxMessage
from outage.policies.policy import Policy

EVERY_SECONDS = 300.0


def close_items(record: Record, policy: Policy, now: datetime) -> list[str]:
    """Ask each open item's ticket once, and close the items whose ticket is closed.

    Args:
        record: Where the items and their tickets' receipts stand.
        policy: Its channels hold the tickets.
        now: The time.

    Returns:
        What was closed, and what could not be asked, a sentence each.
    """
    said = []
    for item, ticket in open_tickets(record):
        settings = policy.channels.get(ticket.channel)
        if settings is None:
            continue
        try:
            with closing(open_channel(settings)) as channel:
                done = channel.is_done(ticket.receipt)
        except (ChannelError, KeyError) as error:
            said.append(f"{item.id}: {error}")
            continue
        if done and record.finish_item(item, f"ticket in {ticket.channel}", now):
            says = f"done: {item.says} (its ticket in {ticket.channel} is closed)"
            record.add(item.incident, Entry(key=f"action/{item.key}", at=now, kind=EntryKind.NOTE, says=says))
            said.append(f"{item.id} is done: its ticket in {ticket.channel} is closed")
    return said


def open_tickets(record: Record) -> Iterator[tuple[ActionItem, OutboxMessage]]:
    """Each item that is not done, with each message that is its ticket."""
    for item in record.items(open_only=True):
        for one in record.messages(item.incident):
            is_ticket = one.what is MessageKind.ACTION_ITEM and one.turn == item.key
            if is_ticket and one.state is MessageState.RECEIPT:
                yield item, one


class TicketReader(threading.Thread):
    """Asks the tickets now and then, beside the sending."""

    def __init__(
        self,
        record: Record,
        policy: Callable[[], Policy],
        stopping: threading.Event,
        say: Callable[[str], None],
    ) -> None:
        super().__init__(name="read-tickets", daemon=True)
        self.record, self.policy, self.stopping, self.say = record, policy, stopping, say

    def run(self) -> None:
        """Ask until told to stop; of several processes one asks."""
        while not self.stopping.wait(EVERY_SECONDS):
            try:
                with self.record.only_writer("outbox/tickets") as mine:
                    said = close_items(self.record, self.policy(), datetime.now(UTC)) if mine else []
            except OutageError as error:
                said = [str(error)]
            for one in said:
                self.say(one)
