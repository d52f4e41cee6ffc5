"""A service of the customer's own: versioned JSON, signed with HMAC-SHA256 over moment and body."""

from datetime import UTC, datetime

import orjson

from blocks.channels.channel import Channel, ServiceHttp, signature_of
from blocks.channels.secret_reference import read_secret
from outage.people.channel_settings import WebhookSettings
from outage.people.outbox_message import OutboxMessage
from outage.people.settle_try import SecondTry

VERSION = 1
"""Of the body; grows when a key changes its meaning or goes."""


class SignedWebhook(Channel):
    """One URL."""

    second_try = SecondTry.DOUBLED

    def __init__(self, settings: WebhookSettings) -> None:
        """Read the key; nothing is asked yet."""
        self._key = read_secret(settings.signing_key)
        super().__init__(self._key)
        self._http = ServiceHttp(settings.url, "the webhook", settings.timeout_seconds)

    def send(self, message: OutboxMessage, thread: dict[str, str]) -> dict[str, str]:
        """Send once; `X-Outage-Key` is the same for every try of a message."""
        body = orjson.dumps(webhook_body(message))
        moment = str(int(datetime.now(UTC).timestamp()))
        headers = {
            "Content-Type": "application/json",
            "X-Outage-Key": message.key,
            "X-Outage-Timestamp": moment,
            "X-Outage-Signature": signature_of(self._key, moment, body),
        }
        self._http.ask("POST", "", "send", content=body, headers=headers)
        return {}

    def close(self) -> None:
        """Give the connections back."""
        self._http.close()


def webhook_body(message: OutboxMessage) -> dict[str, object]:
    """What is sent, as docs/channels.md describes it."""
    return {
        "version": VERSION,
        "key": message.key,
        "incident": message.incident,
        "what": message.what,
        "turn": message.turn,
        "asked_at": message.asked_at.isoformat(),
        "body": message.body.model_dump(mode="json"),
    }
