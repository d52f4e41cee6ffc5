"""A customer's service, written from docs/channels.md: it checks the signature before it reads."""

import hashlib
import hmac
from typing import Any

from tests.blocks.channels.fake_service import Asked, FakeService, Given

KEY = "a-key-of-at-least-thirty-two-characters"


class WebhookDouble(FakeService):
    """One URL."""

    def __init__(self) -> None:
        super().__init__()
        self.taken: list[dict[str, Any]] = []

    def answer(self, asked: Asked) -> Given:
        """Check, then take."""
        moment = asked.headers.get("x-outage-timestamp", "")
        own = hmac.new(KEY.encode(), moment.encode() + b"." + asked.raw, hashlib.sha256).hexdigest()
        if not moment.isdigit() or asked.headers.get("x-outage-signature") != f"sha256={own}":
            return Given(401, {"error": "the signature does not fit"})
        body = asked.json
        if (
            not isinstance(body, dict)
            or body.get("version") != 1
            or not {"key", "incident", "what", "body"} <= set(body)
        ):
            return Given(400, {"error": "not version 1"})
        if asked.headers.get("x-outage-key") != body["key"]:
            return Given(400, {"error": "two keys"})
        self.taken.append(body)
        return Given(200)
