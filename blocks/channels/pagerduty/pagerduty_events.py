"""PagerDuty, Events API v2: a page opens, an acknowledgement quiets and the end closes what has the same key."""

from typing import Any

from blocks.channels.channel import Channel, ServiceHttp
from blocks.channels.secret_reference import read_secret
from outage.errors import ChannelUnusable, cut
from outage.incidents.severity import Severity
from outage.people.channel_settings import PagerDutySettings
from outage.people.outbox_message import MessageKind, OutboxMessage
from outage.people.settle_try import SecondTry

ACTIONS = {MessageKind.ACKNOWLEDGED: "acknowledge", MessageKind.CALLED_OFF: "resolve"}
URGENCY = {Severity.P0: "critical", Severity.P1: "error", Severity.P2: "warning", Severity.NONE: "info"}
KEY_LENGTH = 32
LONGEST_SUMMARY, LONGEST_DEDUP = 1024, 255


class PagerDutyEvents(Channel):
    """One integration of one PagerDuty service."""

    second_try = SecondTry.MERGED

    def __init__(self, settings: PagerDutySettings) -> None:
        """Read the routing key; nothing is asked yet."""
        self._key = read_secret(settings.routing_key)
        super().__init__(self._key)
        if len(self._key) != KEY_LENGTH:
            raise ChannelUnusable(
                f"use the routing key in {settings.routing_key}: it has {len(self._key)} characters,"
                f" an Events API v2 key has {KEY_LENGTH}"
            )
        self._http = ServiceHttp(settings.url, "PagerDuty", settings.timeout_seconds)

    def send(self, message: OutboxMessage, thread: dict[str, str]) -> dict[str, str]:
        """Send one event; the same key again is the same alert there."""
        event: dict[str, Any] = {
            "routing_key": self._key,
            "event_action": ACTIONS.get(message.what, "trigger"),
            "dedup_key": dedup_key(message),
        }
        if event["event_action"] == "trigger":
            event |= self._page(message)
        answer = self._http.ask("POST", "/v2/enqueue", f"send {event['event_action']}", json=event)
        return {"dedup_key": str((answer or {}).get("dedup_key", event["dedup_key"]))}

    def _page(self, message: OutboxMessage) -> dict[str, Any]:
        body = message.body
        details = {"text": body.text, "people": list(body.people), "rung": body.rung, "drill": body.drill}
        page: dict[str, Any] = {
            "payload": {
                "summary": cut(body.title, LONGEST_SUMMARY),
                "source": f"{body.platform}/{body.cluster}".strip("/") or "outage",
                "severity": URGENCY[body.severity],
                "timestamp": message.asked_at.isoformat(),
                "component": ", ".join(body.services),
                "group": body.platform,
                "custom_details": {name: value for name, value in details.items() if value},
            },
            "client": "outage",
        }
        if body.link:
            page |= {"client_url": body.link, "links": [{"href": body.link, "text": message.incident}]}
        return page

    def close(self) -> None:
        """Give the connections back."""
        self._http.close()


def dedup_key(message: OutboxMessage) -> str:
    """One alert per rung of an incident's escalation: what has the same key calls nobody anew."""
    return f"outage/{message.incident}/{message.turn}"[:LONGEST_DEDUP]
