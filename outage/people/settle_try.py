"""What becomes of a message after a try: the rules that make it visible once and never lost.

A service falls in one of three classes. Where it lets one look, a lost answer is looked up before a second try.
Where it merges what has the same key, a second try is harmless. Where neither holds, a lost answer stays unknown and is
said; only a page is sent again, because nobody called is worse than called twice.
"""

from datetime import datetime, timedelta
from enum import StrEnum

from outage.people.outbox_message import MessageKind, MessageState, OutboxMessage
from outage.value import Value

GIVE_UP_AFTER = timedelta(hours=24)
"""What nobody could send for a day is news no more; it is said to have failed."""
BACKOFF_SECONDS = (2.0, 5.0, 15.0, 30.0, 60.0, 120.0, 300.0)
"""Before the second and each further try, when the service names no time of its own."""
UNUSABLE_SECONDS = 120.0
"""Between tries of a channel that a person has to mend: a revoked token is not given back within seconds."""


class SecondTry(StrEnum):
    """What a service does with a message that it may have already."""

    LOOK = "look"
    """It lets one look the message up by its key."""
    MERGED = "merged"
    """It takes the same key as the same message."""
    DOUBLED = "doubled"
    """It shows it twice, and nobody can look."""


class TryResult(StrEnum):
    """What came of one try."""

    DELIVERED = "delivered"
    REFUSED = "refused"
    """The service will never take this message."""
    BUSY = "busy"
    """It was certainly not taken; later it may be."""
    UNUSABLE = "unusable"
    """It was certainly not taken, and will not be before a person mends the channel."""
    LOST = "lost"
    """It may have been taken: no answer, or one that says nothing."""


class Tried(Value):
    """One try, and what came back."""

    result: TryResult
    why: str = ""
    receipt: dict[str, str] = {}
    retry_after: timedelta | None = None
    """The service's own word, when it gave one."""


class Settlement(Value):
    """What the row becomes."""

    state: MessageState
    not_before: datetime
    why: str = ""
    receipt: dict[str, str] = {}


def settle_try(message: OutboxMessage, tried: Tried, second: SecondTry, now: datetime) -> Settlement:
    """Decide what becomes of a message after a try.

    Args:
        message: As it stood when the try began; `tries` counts that one.
        tried: What came back.
        second: What the service does with a second try.
        now: The time after the try.
    """
    if tried.result is TryResult.DELIVERED:
        return Settlement(state=MessageState.RECEIPT, not_before=now, receipt=tried.receipt)
    if tried.result is TryResult.REFUSED:
        return Settlement(state=MessageState.FAILED, not_before=now, why=tried.why)
    blind = second is SecondTry.DOUBLED and message.what is not MessageKind.PAGE
    if tried.result is TryResult.LOST and blind:
        says = f"{tried.why}; it may have arrived, and nobody can look: it is not sent again"
        return Settlement(state=MessageState.UNKNOWN, not_before=now, why=says)
    if now - message.asked_at >= GIVE_UP_AFTER:
        may = tried.result is TryResult.LOST
        return Settlement(
            state=MessageState.UNKNOWN if may else MessageState.FAILED,
            not_before=now,
            why=f"{tried.why}; given up after {message.tries} tries",
        )
    state = MessageState.SENT if tried.result is TryResult.LOST else MessageState.ASKED
    return Settlement(state=state, not_before=now + _pause(message, tried), why=tried.why)


def _pause(message: OutboxMessage, tried: Tried) -> timedelta:
    own = timedelta(seconds=BACKOFF_SECONDS[min(max(message.tries, 1), len(BACKOFF_SECONDS)) - 1])
    if tried.result is TryResult.UNUSABLE:
        own = timedelta(seconds=UNUSABLE_SECONDS)
    return max(own, tried.retry_after) if tried.retry_after is not None else own
