"""Clicks on our buttons as Slack tells them: over its websocket, or by a request that it signed."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from slack_sdk.signature import Clock, SignatureVerifier

from blocks.channels.slack.slack_blocks import ACTION
from outage.people.channel_settings import SlackSettings
from outage.people.chat_button import ChatClick


def click_of(payload: Any, heard: Mapping[str, SlackSettings]) -> ChatClick | None:
    """Read a click.

    Args:
        payload: Of an interaction.
        heard: The channels whose clicks Slack tells the app that it told, by name.

    Returns:
        The click; None when it is none on a button of ours.
    """
    if not isinstance(payload, dict) or payload.get("type") != "block_actions":
        return None
    pressed = [one for one in _listed(payload, "actions") if str(one.get("action_id", "")).startswith(ACTION)]
    user, team = _part(payload, "user"), _part(payload, "team")
    place = _part(payload, "channel").get("id") or _part(payload, "container").get("channel_id")
    if not pressed or not user.get("id"):
        return None
    return ChatClick(
        place=str(place or ""),
        channels=tuple(name for name, one in heard.items() if place and one.channel == place),
        user=str(user["id"]),
        token=str(pressed[0].get("value") or ""),
        foreign=bool(user.get("team_id") and team.get("id") and user["team_id"] != team["id"]),
    )


def _part(payload: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = payload.get(name)
    return found if isinstance(found, dict) else {}


def _listed(payload: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    found = payload.get(name)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


class _Moment(Clock):
    """A clock that stands."""

    def __init__(self, now: datetime) -> None:
        self.at = now.timestamp()

    def now(self) -> float:
        return self.at


def is_slacks_own(secret: str, timestamp: str, signature: str, body: bytes, now: datetime) -> bool:
    """Whether Slack signed a request within the last five minutes.

    Args:
        secret: The app's signing secret.
        timestamp: Of the request's header.
        signature: Likewise.
        body: The very bytes that came.
        now: The time.
    """
    if not secret or not timestamp.isdecimal() or len(timestamp) > 12 or not signature.isascii():
        return False
    return SignatureVerifier(secret, _Moment(now)).is_valid(body, timestamp, signature)
