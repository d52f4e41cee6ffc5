"""People who press buttons in Slack: what its interactions look like, over its websocket and over a signed request.

Written from Slack's pages on interaction payloads, on verifying requests and on Socket Mode.
"""

import hmac
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from typing import Any, NamedTuple
from urllib.parse import urlencode
from uuid import uuid4

from websockets.exceptions import ConnectionClosed
from websockets.sync.server import ServerConnection, serve

from tests.blocks.channels.slack_double import CHANNEL, SIGNING_SECRET, TEAM, SlackDouble

ANA, BOB, STRANGER = "U0ANA0000", "U0BOB0000", "U0EVE0000"


def buttons_of(message: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The buttons below a message, by what stands on them."""
    rows = [one["elements"] for one in message["blocks"] if one["type"] == "actions"]
    return {one["text"]["text"]: one for row in rows for one in row}


def pressing(
    message: dict[str, Any], label: str, user: str = ANA, *, place: str = CHANNEL, team: str = TEAM
) -> dict[str, Any]:
    """The payload of one click."""
    button = buttons_of(message)[label]
    return {
        "type": "block_actions",
        "user": {"id": user, "username": user.lower(), "name": user.lower(), "team_id": team},
        "api_app_id": "A0OUTAGE0",
        "token": "legacy-and-unused",
        "container": {
            "type": "message",
            "message_ts": message["ts"],
            "channel_id": place,
            "is_ephemeral": False,
        },
        "trigger_id": "1.2.3",
        "team": {"id": TEAM, "domain": "house"},
        "channel": {"id": place, "name": "incidents"},
        "message": message,
        "response_url": "https://hooks.slack.com/actions/T/1/2",
        "actions": [
            {
                "action_id": button["action_id"],
                "block_id": "b1",
                "text": button["text"],
                "value": button["value"],
                "type": "button",
                "action_ts": f"{time.time():.6f}",
            }
        ],
    }


class SignedRequest(NamedTuple):
    """One request as Slack sends it."""

    headers: dict[str, str]
    content: bytes


def signed_request(
    payload: dict[str, Any], secret: str = SIGNING_SECRET, age_seconds: int = 0
) -> SignedRequest:
    """An interaction as a signed form."""
    body = urlencode({"payload": json.dumps(payload)}).encode()
    timestamp = str(int(time.time()) - age_seconds)
    words = b"v0:" + timestamp.encode() + b":" + body
    headers = {
        "X-Slack-Request-Timestamp": timestamp,
        "X-Slack-Signature": "v0=" + hmac.new(secret.encode(), words, sha256).hexdigest(),
        "Content-Type": "application/x-www-form-urlencoded",
    }
    return SignedRequest(headers, body)


class SlackSocket:
    """Socket Mode of the double: it says hello, sends envelopes, and wants each acknowledged within three seconds."""

    ACKNOWLEDGED_WITHIN = 3.0

    def __init__(self) -> None:
        self.connections: list[ServerConnection] = []
        self.acknowledged: dict[str, threading.Event] = {}
        self.errors: list[str] = []

    def serve_one(self, connection: ServerConnection) -> None:
        """One connection, until it is closed."""
        hello = {"type": "hello", "num_connections": 1, "connection_info": {"app_id": "A0OUTAGE0"}}
        connection.send(json.dumps(hello))
        self.connections.append(connection)
        try:
            for raw in connection:
                said = json.loads(raw)
                if set(said) - {"envelope_id", "payload"} or said.get("envelope_id") not in self.acknowledged:
                    self.errors.append(f"no acknowledgement of ours: {raw!r}")
                else:
                    self.acknowledged[said["envelope_id"]].set()
        except ConnectionClosed:
            pass
        finally:
            self.connections.remove(connection)

    def press(self, payload: dict[str, Any]) -> float:
        """Send a click; how many seconds its acknowledgement took."""
        envelope = str(uuid4())
        arrived = self.acknowledged[envelope] = threading.Event()
        sent = {
            "envelope_id": envelope,
            "type": "interactive",
            "accepts_response_payload": True,
            "payload": payload,
        }
        began = time.monotonic()
        self.connections[-1].send(json.dumps(sent))
        assert arrived.wait(self.ACKNOWLEDGED_WITHIN), "not acknowledged within three seconds"
        return time.monotonic() - began


@contextmanager
def socket_mode(service: SlackDouble) -> Iterator[SlackSocket]:
    """Socket Mode beside the double, for as long as the block lasts."""
    socket = SlackSocket()
    with serve(socket.serve_one, "127.0.0.1", 0) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        service.socket_url = f"ws://127.0.0.1:{server.socket.getsockname()[1]}/link/?ticket=t-1"
        try:
            yield socket
        finally:
            for one in list(socket.connections):
                one.close()
            server.shutdown()
