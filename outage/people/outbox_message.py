"""One message to people: kept as a row before it is sent, so that it is visible once and never lost."""

from datetime import datetime
from enum import StrEnum

from outage.incidents.severity import Severity
from outage.people.chat_button import ChatButton
from outage.text.redaction import redact
from outage.value import Value

TEST_INCIDENT = "channel-test"
"""Stands where an incident's id would: a message of `outage channel test`."""
WATCHDOG_INCIDENT = "watchdog-"
"""What begins that which stands where an incident's id would, in messages about a silent monitoring."""
DRILL_NEWS = "drill-"
"""The same in messages about a drill itself: that one is announced, is called off, or went worse than the last."""


class MessageKind(StrEnum):
    """What a message is about."""

    ALERT = "alert"
    UPDATE = "update"
    RESOLVED = "resolved"
    HANDED_OVER = "handed-over"
    """The response is over and the outage is not, or nobody can say so: a person has it."""
    PAGE = "page"
    ACKNOWLEDGED = "acknowledged"
    """To pagers: somebody has it, stop calling."""
    CALLED_OFF = "called-off"
    """To pagers: it is over, close what the page opened."""
    INVITATION = "invitation"
    """To the post-mortem."""
    FOLLOW_UP = "follow-up"
    """What was to be done after an incident is overdue."""
    ACTION_ITEM = "action-item"
    """To tickets: one thing to do, as a ticket of its own."""
    ITEM_DONE = "item-done"
    """To the ticket of one thing to do: it is done, close it."""
    QUESTION = "question"
    """To chats: a plan waits for a yes or no; and what became of it, in the same place."""
    TAKEN = "taken"
    """To chats: who has the incident."""
    TEST = "test"

    @property
    def follows_end(self) -> bool:
        """Whether it says nothing of where the incident stands: that is over."""
        return self.of_item or self in (MessageKind.FOLLOW_UP, MessageKind.INVITATION)

    @property
    def of_item(self) -> bool:
        """Whether it belongs to the ticket of one thing to do, and not to the incident's."""
        return self in (MessageKind.ACTION_ITEM, MessageKind.ITEM_DONE)


class MessageState(StrEnum):
    """Where a message is. The last three are final."""

    HELD = "held"
    """Waits for a person's yes."""
    ASKED = "asked"
    """Not sent yet, or certainly not taken by the service."""
    SENT = "sent"
    """Given to the service, whose answer is not known: it may be there."""
    RECEIPT = "receipt"
    UNKNOWN = "unknown"
    """The answer was lost, and the service lets nobody look; it is not sent a second time."""
    FAILED = "failed"
    """The service refused it, or nobody could send it for a day."""

    @property
    def final(self) -> bool:
        """Whether nothing more is done about it."""
        return self in (MessageState.RECEIPT, MessageState.UNKNOWN, MessageState.FAILED)


class MessageBody(Value):
    """What a channel is given to say. Text only, without secrets."""

    title: str
    text: str
    severity: Severity = Severity.NONE
    status: str = ""
    """One of the runbook's four: Investigating, Identified, Resolving, Monitoring; `Resolved` at the end."""
    services: tuple[str, ...] = ()
    platform: str = ""
    cluster: str = ""
    drill: str = ""
    """Name of the fault when it is practice."""
    started_at: datetime | None = None
    public: str = ""
    """What the public is told; empty for what no public page is told."""
    link: str = ""
    people: tuple[str, ...] = ()
    """Who is called or invited."""
    rung: str = ""
    """L1 to L4 when it is a page."""
    taken_by: str = ""
    """Who has the incident; empty while nobody said so."""
    plan: str = ""
    """Hash of the plan that is asked about."""
    buttons: tuple[ChatButton, ...] = ()
    """For channels that take clicks; all others leave them out."""
    meets_at: datetime | None = None
    """When the post-mortem is."""


class OutboxMessage(Value):
    """One row of the outbox."""

    incident: str
    what: MessageKind
    channel: str
    """Name of the channel in the policy."""
    turn: str = "1"
    """Which of several of the same kind."""
    body: MessageBody
    state: MessageState = MessageState.ASKED
    tries: int = 0
    asked_at: datetime
    not_before: datetime
    sent_at: datetime | None = None
    settled_at: datetime | None = None
    receipt: dict[str, str] = {}
    """What the service calls it."""
    why: str = ""
    """What stood against it last; empty when nothing did."""

    @property
    def key(self) -> str:
        """By which the message is found again at the service: `inc-20301123-7f3a12/update/slack/2`."""
        return f"{self.incident}/{self.what}/{self.channel}/{self.turn}"

    @property
    def of_incident(self) -> bool:
        """Whether an incident stands behind it, with a timeline: not behind tests, drills and a silent monitoring."""
        return self.incident != TEST_INCIDENT and not self.incident.startswith(
            (WATCHDOG_INCIDENT, DRILL_NEWS)
        )


def redacted_body(body: MessageBody) -> MessageBody:
    """The body without passwords, tokens and keys, whoever wrote them into a title or a log line."""
    return body.model_copy(
        update={
            "title": redact(body.title),
            "text": redact(body.text),
            "public": redact(body.public),
            "link": redact(body.link),
            "services": tuple(redact(one) for one in body.services),
        }
    )
