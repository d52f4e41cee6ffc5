"""One try of one message: written down before, looked up where it may be there already, settled after."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from blocks.channels.channel import Channel
from blocks.record import Record
from blocks.record.people.outbox_rows import ChannelHealth
from outage.errors import (
    AnswerLost,
    ChannelBusy,
    ChannelError,
    ChannelRefused,
    ChannelUnusable,
    OutageError,
    cut,
)
from outage.incidents.timeline import Entry, EntryKind
from outage.people.outbox_message import MessageKind, MessageState, OutboxMessage
from outage.people.settle_try import SecondTry, Settlement, Tried, TryResult, settle_try
from outage.plans.fence import Fence

Clock = Callable[[], datetime]
SHOWN_WORDS = 80


def outbox_now() -> datetime:
    """Now."""
    return datetime.now(UTC)


def deliver_message(
    record: Record, channel: Channel, message: OutboxMessage, fence: Fence, clock: Clock = outbox_now
) -> OutboxMessage:
    """Try a message once, unless it turns out to be there already.

    Args:
        record: Where its row stands.
        channel: Through which it goes.
        message: As `next_message` gave it.
        fence: Held on the channel; compared when the try is written down, and again right before the message leaves.
        clock: Says what time it is.

    Returns:
        The row as it stands after the try.

    Raises:
        FenceLost: Another process sends through the channel since; this one sent nothing. Permanent.
        RecordError: The record did not answer; the row says what was begun. Transient.
    """
    thread = record.thread_receipt(message)
    may_be_there = message.state is MessageState.SENT
    if may_be_there and channel.second_try is SecondTry.DOUBLED and message.what is not MessageKind.PAGE:
        lost = Tried(result=TryResult.LOST, why=message.why or "the sender died before the answer came")
        return _settle(record, message, settle_try(message, lost, channel.second_try, clock()), clock())
    if message.tries and channel.second_try is SecondTry.LOOK:
        if too_early := _too_early(channel, message, clock()):
            return _settle(record, message, too_early, clock())
        found = attempt(channel, lambda: channel.find(message, thread), certain=not may_be_there)
        if found is not None:
            return _settle(record, message, settle_try(message, found, channel.second_try, clock()), clock())
    begun = record.begin_try(message, clock(), fence)
    if begun is None:
        return message  # somebody else has it
    ready = _with_buttons(record, channel, _with_degraded(record, begun), clock())
    fence.confirm_held()
    tried = attempt(channel, lambda: channel.send(ready, thread), certain=True)
    tried = tried or Tried(result=TryResult.DELIVERED)
    return _settle(record, begun, settle_try(begun, tried, channel.second_try, clock()), clock())


def attempt(channel: Channel, doing: Callable[[], dict[str, str] | None], *, certain: bool) -> Tried | None:
    """Do something at a service, and put what came back into words of ours.

    Args:
        channel: Whose service it is.
        doing: Sends, or looks a message up.
        certain: Whether an error means what it says of the message. That of a look-up does not, when the message may
            be there already: then it still may be.

    Returns:
        What came of it; None when a look-up found nothing.
    """
    retry_after: float | None = None
    try:
        receipt = doing()
        return None if receipt is None else Tried(result=TryResult.DELIVERED, receipt=receipt)
    except ChannelError as error:
        result, why = _result(error), str(error)
        retry_after = error.retry_after_seconds if isinstance(error, ChannelBusy) else None
    except Exception as error:  # noqa: BLE001 - whatever a service's answer broke, the message may be there
        result, why = TryResult.LOST, f"{type(error).__name__}: {cut(str(error), SHOWN_WORDS)}"
    return Tried(
        result=result if certain else TryResult.LOST,
        why=channel.without_secrets(why),
        retry_after=None if retry_after is None else timedelta(seconds=retry_after),
    )


def unsendable(
    record: Record, message: OutboxMessage, error: OutageError, clock: Clock = outbox_now
) -> OutboxMessage:
    """Settle a message whose channel cannot even be opened: it waits until a person has mended that."""
    may_be_there = message.state is MessageState.SENT
    tried = Tried(result=TryResult.LOST if may_be_there else TryResult.UNUSABLE, why=str(error))
    second = SecondTry.LOOK  # nothing was sent: whatever the service is, the message can wait
    counted = message.model_copy(update={"tries": message.tries + 1})
    return _settle(record, message, settle_try(counted, tried, second, clock()), clock())


def _result(error: ChannelError) -> TryResult:
    match error:
        case ChannelBusy():
            return TryResult.BUSY
        case ChannelUnusable():
            return TryResult.UNUSABLE
        case ChannelRefused():
            return TryResult.REFUSED
        case AnswerLost():
            return TryResult.LOST
        case _:
            return TryResult.LOST


def _too_early(channel: Channel, message: OutboxMessage, now: datetime) -> Settlement | None:
    """A service that makes things before it finds them is given time; None when a look-up can be trusted."""
    since = message.sent_at or message.asked_at
    trusted = since + timedelta(seconds=channel.settles_seconds)
    if now >= trusted:
        return None
    return Settlement(state=message.state, not_before=trusted, why=message.why)


def _settle(record: Record, message: OutboxMessage, settled: Settlement, at: datetime) -> OutboxMessage:
    after = record.settle_message(message, settled, at)
    for line in timeline_lines(message, after, at):
        if message.of_incident:
            record.add(message.incident, line)
    return after


def timeline_lines(before: OutboxMessage, after: OutboxMessage, at: datetime) -> list[Entry]:
    """What the timeline says of a try: a channel that fails, one that works again, and every call of a person."""
    name = f"{after.what} {after.turn}" if after.turn != "1" else str(after.what)
    people = f" to {', '.join(after.body.people)}" if after.body.people else ""

    def line(key: str, says: str) -> Entry:
        return Entry(key=f"{key}/{after.key}", at=at, kind=EntryKind.MESSAGE, says=says)

    match after.state:
        case MessageState.UNKNOWN:
            return [line("unknown", f"nobody knows whether {name} reached {after.channel}: {after.why}")]
        case MessageState.FAILED:
            return [line("failed", f"{name} did not reach {after.channel}: {after.why}")]
        case MessageState.RECEIPT if before.why or after.what is MessageKind.PAGE:
            late = f" after {after.tries} tries" if after.tries > 1 else ""
            return [line("receipt", f"{name}{people} reached {after.channel}{late}")]
        case MessageState.ASKED | MessageState.SENT if after.why:
            return [line("degraded", f"{after.channel} is degraded, {name} waits: {after.why}")]
    return []


def _with_buttons(record: Record, channel: Channel, message: OutboxMessage, at: datetime) -> OutboxMessage:
    """The message with buttons that work, where its channel takes clicks; without any elsewhere."""
    if not message.body.buttons:
        return message
    laid = record.lay_buttons(message, at) if channel.takes_clicks else ()
    return message.model_copy(update={"body": message.body.model_copy(update={"buttons": laid})})


def _with_degraded(record: Record, message: OutboxMessage) -> OutboxMessage:
    """The message with a line about the channels that do not get through, so that nobody waits there."""
    says = degraded_words([one for one in record.channel_health() if one.channel != message.channel])
    if not says or message.what is MessageKind.TEST:
        return message
    body = message.body.model_copy(update={"text": f"{message.body.text}\n{says}"})
    return message.model_copy(update={"body": body})


def degraded_words(channels: list[ChannelHealth]) -> str:
    """The channels that do not get through, as one line; empty when all do."""
    bad = [f"{one.channel} ({cut(one.why, SHOWN_WORDS)})" for one in channels if one.degraded]
    return f"Channels that do not get through: {'; '.join(bad)}" if bad else ""
