"""A message with buttons, in Slack's Block Kit: its text as sections, and one row of buttons below."""

from collections.abc import Sequence
from typing import Any

from outage.people.chat_button import ButtonKind, ChatButton

LONGEST_SECTION = 2900
"""Slack takes 3,000 characters."""
STYLES = {ButtonKind.APPROVE: "primary", ButtonKind.DECLINE: "danger"}
ACTION = "outage_"
"""What the ids of our buttons begin with."""


def blocks_of(text: str, buttons: Sequence[ChatButton]) -> list[dict[str, Any]]:
    """Lay a message out.

    Args:
        text: As Slack wants it, escaped.
        buttons: With their words; without any there is nothing to lay out, and Slack shows the text.

    Returns:
        Blocks; empty takes those of an earlier version away.
    """
    if not buttons:
        return []
    sections = [{"type": "section", "text": {"type": "mrkdwn", "text": one}} for one in _parts(text)]
    return [*sections, {"type": "actions", "elements": [_button(one) for one in buttons]}]


def _parts(text: str) -> list[str]:
    parts = [""]
    for line in text.splitlines():
        for start in range(0, max(len(line), 1), LONGEST_SECTION):
            piece = line[start : start + LONGEST_SECTION]
            longer = f"{parts[-1]}\n{piece}" if parts[-1] else piece
            if len(longer) > LONGEST_SECTION:
                parts.append(piece)
            else:
                parts[-1] = longer
    return [one for one in parts if one.strip()] or ["–"]


def _button(one: ChatButton) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "type": "button",
        "action_id": f"{ACTION}{one.kind}",
        "text": {"type": "plain_text", "text": one.label},
        "value": one.token,
    }
    if style := STYLES.get(one.kind):
        shown["style"] = style
    if one.kind is ButtonKind.APPROVE:
        shown["confirm"] = _confirmation(one.label)  # a thumb slips at night
    return shown


def _confirmation(label: str) -> dict[str, Any]:
    return {
        "title": {"type": "plain_text", "text": f"{label}?"},
        "text": {"type": "plain_text", "text": "Your yes is recorded under your name."},
        "confirm": {"type": "plain_text", "text": label},
        "deny": {"type": "plain_text", "text": "Not now"},
    }
