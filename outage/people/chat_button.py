"""Buttons of a message in a chat: what each does, and a click on one.

A button carries a random word of its own. The word opens nothing by itself: that somebody pressed the button, and who,
is told by the chat, and the record says whether the button still counts.
"""

from datetime import datetime
from enum import StrEnum

from outage.value import Value


class ButtonKind(StrEnum):
    """What a click does. The first two are spelled as the answer that they give."""

    APPROVE = "approve"
    DECLINE = "decline"
    ACKNOWLEDGE = "acknowledge"
    DETAILS = "details"
    """Shows more to whoever pressed it, as often as they like; it changes nothing."""


class ChatButton(Value):
    """One button of a message."""

    kind: ButtonKind
    label: str
    token: str = ""
    """Empty until the message is sent."""


class KeptButton(Value):
    """A button as the record knows it."""

    token: str
    incident: str
    channel: str
    """Name of the channel in the policy: a click counts only there."""
    kind: ButtonKind
    plan: str = ""
    """Hash of the plan that it answers."""
    used_at: datetime | None = None
    used_by: str = ""


class ChatClick(Value):
    """One click, as a chat told us of it in a way that nobody else can."""

    place: str
    """What the service calls the channel in which the message stands."""
    user: str
    """What the service calls the person; their proof."""
    token: str
    channels: tuple[str, ...] = ()
    """Names, in the policies, of the channels that are that place."""
    foreign: bool = False
    """Whether the person belongs to another company's workspace, where the same id may be somebody else."""


ACKNOWLEDGE = ChatButton(kind=ButtonKind.ACKNOWLEDGE, label="Acknowledge")
DETAILS = ChatButton(kind=ButtonKind.DETAILS, label="Details")
