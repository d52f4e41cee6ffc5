"""Messages as the outbox would hand them to a channel."""

from datetime import UTC, datetime
from typing import Any

from outage.incidents.severity import Severity
from outage.people.outbox_message import MessageBody, MessageKind, OutboxMessage

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)

BODY = MessageBody(
    title="P1 Service Outage: auth",
    text="🚨 INCIDENT ALERT - P1 Service Outage\nService: auth\nImpact: 40 % of requests <fail> & time out",
    severity=Severity.P1,
    status="Investigating",
    services=("auth",),
    platform="shop",
    cluster="prod-eu",
    started_at=NOON,
)


def sent(
    what: MessageKind = MessageKind.ALERT, incident_id: str = "inc-20300101-aaaaaa", **more: Any
) -> OutboxMessage:
    """A message that is being sent for the first time."""
    body = BODY.model_copy(update=more.pop("body", {}))
    given = {"channel": "here", "asked_at": NOON, "not_before": NOON, "sent_at": NOON, "tries": 1} | more
    return OutboxMessage(incident=incident_id, what=what, body=body, **given)
