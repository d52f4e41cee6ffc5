"""Slack's Web API, written from its published method pages: fields, limits, errors."""

import re
from itertools import count
from typing import Any
from urllib.parse import parse_qsl

from tests.blocks.channels.fake_service import Asked, FakeService, Given

TOKEN = "xoxb-111-aaaaaaaaaaaaaaaaaaaa"
APP_TOKEN = "xapp-1-A111-222-aaaaaaaaaaaaaaaaaaaa"
SIGNING_SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
TEAM = "T0HOUSE00"
CHANNEL = "C0INCIDENTS"


class SlackDouble(FakeService):
    """One workspace with one channel, in which our app is."""

    def __init__(self) -> None:
        super().__init__()
        self.messages: list[dict[str, Any]] = []
        self.whispers: list[dict[str, Any]] = []
        """What one person alone was shown."""
        self.revoked = False
        self.socket_url = ""
        """Where Socket Mode is served, while it is."""
        self._clock = count(1_900_000_000)

    def delete(self, ts: str) -> None:
        """Somebody deletes a message by hand."""
        self.messages = [one for one in self.messages if one["ts"] != ts]

    @property
    def heads(self) -> list[dict[str, Any]]:
        """Messages of the channel itself."""
        return [one for one in self.messages if not one.get("thread_ts")]

    @property
    def replies(self) -> list[dict[str, Any]]:
        """Messages of threads."""
        return [one for one in self.messages if one.get("thread_ts")]

    def answer(self, asked: Asked) -> Given:
        """By method; Slack's errors have status 200."""
        if asked.path == "/api/apps.connections.open":
            return self._connections_open(asked)
        wrong = self.login_error(asked)
        if wrong:
            return Given(200, {"ok": False, "error": wrong})
        method = asked.path.removeprefix("/api/")
        given = arguments(method, asked)
        wrong = "channel_not_found" if given.get("channel") != CHANNEL else ""
        if not wrong:
            doing = {
                "chat.postMessage": self._post,
                "chat.update": self._update,
                "chat.postEphemeral": self._whisper,
                "conversations.replies": self._replies,
                "conversations.history": self._history,
            }.get(method)
            wrong, answer = doing(given) if doing else ("unknown_method", {})
        return Given(200, {"ok": False, "error": wrong} if wrong else {"ok": True, **answer})

    def login_error(self, asked: Asked) -> str:
        """Tokens travel in the header."""
        if asked.headers.get("authorization") != f"Bearer {TOKEN}":
            return "invalid_auth" if asked.headers.get("authorization") else "not_authed"
        return "token_revoked" if self.revoked else ""

    def _post(self, given: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        if wrong := post_error(given):
            return wrong, {}
        thread = given.get("thread_ts")
        if thread and not any(one["ts"] == thread for one in self.heads):
            return "thread_not_found", {}
        ts = f"{next(self._clock)}.000100"
        kept = {"ts": ts, "text": given["text"], "metadata": given.get("metadata"), "type": "message"}
        kept["blocks"] = given.get("blocks") or []
        self.messages.append(kept | ({"thread_ts": thread} if thread else {}))
        return "", {"ts": ts, "channel": CHANNEL}

    def _update(self, given: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        if not given.get("text") and not given.get("blocks"):
            return "no_text", {}
        if wrong := blocks_error(given.get("blocks")):
            return wrong, {}
        for one in self.messages:
            if one["ts"] == given.get("ts"):
                one["text"] = given["text"]
                one["blocks"] = given.get("blocks", one["blocks"])  # what is not named stays
                one["edited"] = True
                return "", {"ts": one["ts"]}
        return "message_not_found", {}

    def _whisper(self, given: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        if not given.get("text") and not given.get("blocks"):
            return "no_text", {}
        if not re.fullmatch(r"[UW][A-Z0-9]{6,}", str(given.get("user", ""))):
            return "user_not_in_channel", {}
        self.whispers.append(given)
        return "", {"message_ts": f"{next(self._clock)}.000100"}

    def _connections_open(self, asked: Asked) -> Given:
        if asked.headers.get("authorization") != f"Bearer {APP_TOKEN}":
            return Given(200, {"ok": False, "error": "not_allowed_token_type"})
        return Given(200, {"ok": True, "url": self.socket_url})

    def _replies(self, given: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        head = given.get("ts")
        if not any(one["ts"] == head for one in self.messages):
            return "thread_not_found", {}
        return "", {"messages": [one for one in self.messages if head in (one["ts"], one.get("thread_ts"))]}

    def _history(self, given: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        shown = [one for one in self.heads if float(one["ts"]) >= float(given.get("oldest") or 0)]
        bare = given.get("include_all_metadata") not in ("1", "true", "True")
        return "", {"messages": [one | {"metadata": None} if bare else one for one in shown[::-1]]}


def arguments(method: str, asked: Asked) -> dict[str, Any]:
    """A method's arguments: JSON only where the method takes it, else a form or the query."""
    if asked.headers.get("content-type", "").startswith("application/json"):
        return (asked.json or {}) if method.startswith("chat.") else {}
    return asked.query | dict(parse_qsl(asked.raw.decode()))


def post_error(given: dict[str, Any]) -> str:
    """Why a message is refused; Slack's own word, or empty."""
    if not given.get("text") and not given.get("blocks") and not given.get("attachments"):
        return "no_text"
    if len(given.get("text", "")) > 40_000:
        return "msg_too_long"
    if wrong := blocks_error(given.get("blocks")):
        return wrong
    if "thread_ts" in given and not re.fullmatch(r"\d{10}\.\d{6}", str(given["thread_ts"])):
        return "invalid_thread_ts"
    if (metadata := given.get("metadata")) is not None:
        if not isinstance(metadata, dict) or set(metadata) - {"event_type", "event_payload", "entities"}:
            return "invalid_metadata_format"
        if not re.fullmatch(r"[A-Za-z0-9_.]{1,255}", str(metadata.get("event_type", ""))):
            return "invalid_metadata_format"
        if not isinstance(metadata.get("event_payload"), dict):
            return "invalid_metadata_schema"
    return ""


def blocks_error(blocks: Any) -> str:
    """Why blocks are refused; empty when they are taken."""
    if blocks is None:
        return ""
    if not isinstance(blocks, list) or len(blocks) > 50:
        return "invalid_blocks"
    return "" if all(_block_fits(one) for one in blocks) else "invalid_blocks"


def _block_fits(block: Any) -> bool:
    if not isinstance(block, dict):
        return False
    if block.get("type") == "section":
        return set(block) <= {"type", "text", "block_id"} and _text_fits(block.get("text"), 3000)
    elements = block.get("elements")
    if block.get("type") != "actions" or not isinstance(elements, list) or not 1 <= len(elements) <= 25:
        return False
    ids = [one.get("action_id") for one in elements]
    return len(set(ids)) == len(ids) and all(_button_fits(one) for one in elements)


def _button_fits(one: dict[str, Any]) -> bool:
    known = {"type", "action_id", "text", "value", "style", "confirm", "url"}
    return (
        one.get("type") == "button"
        and set(one) <= known
        and _text_fits(one.get("text"), 75, plain=True)
        and 1 <= len(str(one.get("action_id", ""))) <= 255
        and len(str(one.get("value", ""))) <= 2000
        and one.get("style", "primary") in ("primary", "danger")
        and ("confirm" not in one or _confirmation_fits(one["confirm"]))
    )


def _confirmation_fits(one: Any) -> bool:
    limits = {"title": 100, "text": 300, "confirm": 30, "deny": 30}
    return isinstance(one, dict) and all(
        _text_fits(one.get(name), most, plain=True) for name, most in limits.items()
    )


def _text_fits(text: Any, most: int, plain: bool = False) -> bool:
    kinds = ("plain_text",) if plain else ("plain_text", "mrkdwn")
    return (
        isinstance(text, dict) and text.get("type") in kinds and 1 <= len(str(text.get("text", ""))) <= most
    )
