"""The outbox as a process: one thread for each channel that has something to send.

It may be killed at any line: what was begun stands in its row, and the next process looks it up, repeats it or says
that nobody knows, as `outage.people.settle_try` has it. A lease in the record lets one process at a time send, on
however many machines there are, and a lock for each channel one thread, also of `outage channel test`.
"""

import signal
import threading
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime

from blocks.channels.open_channel import open_channel
from blocks.installation.platform_files import PlatformFiles
from blocks.record import Record
from blocks.settings import Settings
from outage.errors import ChannelUnusable, OutageError, RecordError
from outage.people.channel_settings import ChannelSettings, KnownChannels
from outage.people.outbox_message import OutboxMessage
from outage.people.settle_try import SecondTry, Tried, TryResult, settle_try
from outage.plans.fence import Fence
from stack.outbox.chat_listener import ChatListener
from stack.outbox.close_items import TicketReader
from stack.outbox.deliver_message import deliver_message, outbox_now, unsendable
from stack.processes.heartbeats import show_life
from stack.processes.lease_keeper import LeaseKeeper

LOOK_SECONDS = 0.5
BEAT = "outbox"


class ChannelSender(threading.Thread):
    """Sends through one channel until nothing waits there that may be tried soon."""

    def __init__(
        self, record: Record, channel: str, channels: KnownChannels, may_send: Callable[[], bool]
    ) -> None:
        super().__init__(name=f"send-{channel}", daemon=True)
        self.record = record
        self.channel = channel
        self.channels = channels
        self.may_send = may_send

    def run(self) -> None:
        """Send; a record that is away ends the thread, and the process starts another one."""
        try:
            with self.record.only_writer(f"outbox/{self.channel}") as fence:
                while fence and self.may_send():
                    message = self.record.next_message(self.channel, outbox_now())
                    if message is None:
                        return
                    self.send_one(message, fence)
        except RecordError as error:
            log_outbox(f"{self.channel}: {error}")

    def send_one(self, message: OutboxMessage, fence: Fence) -> None:
        """Try one message, and log what came of it."""
        settings = self.channels().get(self.channel)
        after = send_waiting(self.record, settings, message, fence)
        log_outbox(f"{after.key}: {after.state}{f', {after.why}' if after.why else ''}")


def send_waiting(
    record: Record, settings: ChannelSettings | None, message: OutboxMessage, fence: Fence
) -> OutboxMessage:
    """Open the channel of a message and try it once.

    Args:
        record: Where its row stands.
        settings: The channel in its policy; None when no policy has it any more.
        message: As `next_message` gave it.
        fence: Held on the channel.

    Returns:
        The row as it stands after the try.

    Raises:
        RecordError: The record did not answer, or another process sends through the channel since.
    """
    if settings is None:
        return _gone(record, message)
    try:
        channel = open_channel(settings)
    except ChannelUnusable as error:
        return unsendable(record, message, error)
    with closing(channel):
        return deliver_message(record, channel, message, fence)


def _gone(record: Record, message: OutboxMessage) -> OutboxMessage:
    now = outbox_now()
    why = f"the policy of its platform has no channel `{message.channel}` any more, or cannot be read"
    tried = Tried(result=TryResult.BUSY, why=why)
    counted = message.model_copy(update={"tries": message.tries + 1})
    return record.settle_message(message, settle_try(counted, tried, SecondTry.LOOK, now), now)


def send_from_outbox(settings: Settings, stopping: threading.Event) -> None:
    """Send until told to stop; of several processes one sends, the others stand by."""
    record = _opened(settings, stopping)
    if record is None:
        return
    lease = LeaseKeeper(lambda: record, BEAT)
    senders: dict[str, ChannelSender] = {}
    last = ""
    channels = PlatformFiles(settings).channels
    TicketReader(record, channels, stopping, log_outbox).start()
    ChatListener(settings, record, channels, stopping, log_outbox).start()
    while not stopping.is_set():
        show_life(settings, BEAT)
        try:
            waiting = record.channels_waiting() if lease.held() else []
            last = ""
        except RecordError as error:
            if str(error) != last:
                last = str(error)
                log_outbox(last)
            waiting = []
        for name in waiting:
            if name not in senders or not senders[name].is_alive():
                senders[name] = ChannelSender(
                    record,
                    name,
                    channels,
                    lambda: not stopping.is_set() and lease.held(),
                )
                senders[name].start()
        stopping.wait(LOOK_SECONDS)
    lease.give_back()


def _opened(settings: Settings, stopping: threading.Event) -> Record | None:
    """The record; PostgreSQL may be starting at this very moment."""
    while not stopping.is_set():
        show_life(settings, BEAT)
        try:
            return Record.open(settings.record_dsn)
        except OutageError as error:
            log_outbox(f"waiting: {error}")
            stopping.wait(LOOK_SECONDS)
    return None


def log_outbox(words: str) -> None:
    """One line in the outbox's log."""
    print(f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} {words}", flush=True)  # noqa: T201


def main() -> None:
    """Be the outbox."""
    settings, stopping = Settings(), threading.Event()
    (settings.home / "run").mkdir(parents=True, exist_ok=True)
    for one in (signal.SIGTERM, signal.SIGINT):
        signal.signal(one, lambda *_: stopping.set())
    log_outbox("sends what the record holds")
    send_from_outbox(settings, stopping)


if __name__ == "__main__":
    main()
