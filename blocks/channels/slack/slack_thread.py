"""Slack: one thread an incident; its head is edited in place, details stand in the thread.

Every message carries its key as metadata (`event_type` outage_message), by which it is found again.
"""

import re
from typing import Any
from urllib.error import URLError

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError

from blocks.channels.channel import Channel, refusal
from blocks.channels.secret_reference import read_secret
from blocks.channels.slack.slack_blocks import blocks_of
from outage.errors import AnswerLost, ChannelBusy, ChannelError, ChannelRefused, ChannelUnusable, cut
from outage.people.channel_settings import SlackSettings
from outage.people.outbox_message import MessageBody, MessageKind, OutboxMessage
from outage.people.settle_try import SecondTry

EVENT = "outage_message"
LONGEST_TEXT = 3800
"""Slack advises 4,000 characters; longer text is cut where nobody reads on."""
THREAD_GONE = frozenset({"thread_not_found", "message_not_found", "cant_update_message", "invalid_thread_ts"})
"""Somebody deleted the head by hand: the incident goes on under a new one."""
LOCKED_OUT = frozenset(
    {
        *(
            "invalid_auth",
            "not_authed",
            "account_inactive",
            "token_revoked",
            "token_expired",
            "missing_scope",
        ),
        *("not_in_channel", "channel_not_found", "is_archived", "no_permission", "org_login_required"),
    }
)
"""Nothing of ours is taken before a person mends it."""
PASSING = frozenset({"ratelimited", "rate_limited", "service_unavailable", "team_added_to_org"})
UNCERTAIN = frozenset({"internal_error", "fatal_error", "request_timeout"})
PAGE_LIMIT = 200
LOOK_BACK_SECONDS = 120
"""Before our own clock's moment of the first try: clocks differ."""
PAGES = 10


class SlackThread(Channel):
    """One Slack channel."""

    second_try = SecondTry.LOOK
    settles_seconds = 1.0

    def __init__(self, settings: SlackSettings) -> None:
        """Read the token; nothing is asked yet."""
        token = read_secret(settings.token)
        super().__init__(token)
        self.channel, self.takes_clicks = settings.channel, settings.takes_clicks
        self._client = WebClient(
            token=token,
            base_url=settings.url + "/",
            timeout=int(settings.timeout_seconds) or 1,
            retry_handlers=[],  # the outbox retries, with what it knows of the message
        )

    def send(self, message: OutboxMessage, thread: dict[str, str]) -> dict[str, str]:
        """Post the head, or edit it and add to its thread; a question is edited where it stands."""
        if message.what is MessageKind.QUESTION:
            return self._ask(message, thread)
        head = thread.get("head")
        if not head:
            return self._begin(message, slack_text(message.body.text))
        try:
            # The edit comes first: done twice it changes nothing, and what fails before the reply can be repeated.
            if not message.what.follows_end:
                self._edit(message, head, head_text(message.body))
            reply = self._post(message, slack_text(message.body.text), thread_ts=head)
        except _ThreadGone:
            says = "The thread of this incident was deleted; it goes on here."
            return self._begin(message, f"_{says}_\n{slack_text(message.body.text)}")
        return {"head": head, "ts": reply}

    def find(self, message: OutboxMessage, thread: dict[str, str]) -> dict[str, str] | None:
        """Look through the thread, and through the channel since the first try."""
        if message.what is not MessageKind.QUESTION:
            return self._look(message, thread)
        if question_name(message) in thread:
            return None  # it would only be edited, and that twice changes nothing
        found = self._look(message, thread)
        return {question_name(message): found["ts"]} if found else None

    def _look(self, message: OutboxMessage, thread: dict[str, str]) -> dict[str, str] | None:
        head = thread.get("head")
        if head:
            try:
                if found := self._seek("conversations.replies", message, ts=head):
                    return {"head": head, "ts": found}
            except _ThreadGone:
                pass
        since = message.asked_at.timestamp() - LOOK_BACK_SECONDS
        found = self._seek("conversations.history", message, oldest=f"{since:.6f}")
        return {"head": found, "ts": found} if found else None

    def tell_privately(self, user: str, text: str) -> None:
        """Show something to one person of the channel; it is kept nowhere.

        Args:
            user: Their member id.
            text: Without secrets.

        Raises:
            ChannelError: It could not be shown.
        """
        self._call("chat.postEphemeral", channel=self.channel, user=user, text=slack_text(text))

    def _ask(self, message: OutboxMessage, thread: dict[str, str]) -> dict[str, str]:
        """Post a question in the thread so that the channel sees it too, or edit it where it stands."""
        name, text = question_name(message), slack_text(message.body.text)
        if asked := thread.get(name):
            try:
                self._edit(message, asked, text)
                return {name: asked}
            except _ThreadGone:
                pass  # deleted by hand: it is asked again
        if head := thread.get("head"):
            try:
                return {name: self._post(message, text, thread_ts=head, reply_broadcast=True)}
            except _ThreadGone:
                pass
        return {name: self._post(message, text)}

    def _begin(self, message: OutboxMessage, text: str) -> dict[str, str]:
        posted = self._post(message, text)
        return {"head": posted, "ts": posted}

    def _edit(self, message: OutboxMessage, ts: str, text: str) -> None:
        blocks = blocks_of(text, message.body.buttons)  # none takes those away that were there
        self._call("chat.update", channel=self.channel, ts=ts, text=text, blocks=blocks)

    def _post(self, message: OutboxMessage, text: str, **more: Any) -> str:
        if not more or message.what is MessageKind.QUESTION:  # replies in the thread repeat no button
            blocks = blocks_of(text, message.body.buttons)
            more |= {"blocks": blocks} if blocks else {}
        answer = self._call(
            "chat.postMessage",
            channel=self.channel,
            text=text,
            unfurl_links=False,
            unfurl_media=False,
            metadata={"event_type": EVENT, "event_payload": {"key": message.key}},
            **more,
        )
        return str(answer["ts"])

    def _seek(self, method: str, message: OutboxMessage, **where: str) -> str | None:
        cursor = ""
        for _ in range(PAGES):
            asked = {"channel": self.channel, "limit": PAGE_LIMIT, "include_all_metadata": True, **where}
            answer = self._call(method, **(asked | ({"cursor": cursor} if cursor else {})))
            for one in answer.get("messages", []):
                payload = (one.get("metadata") or {}).get("event_payload") or {}
                if payload.get("key") == message.key:
                    return str(one["ts"])
            cursor = (answer.get("response_metadata") or {}).get("next_cursor") or ""
            if not cursor:
                break
        return None

    def _call(self, method: str, **given: Any) -> Any:
        reading = method.startswith("conversations.")
        try:
            if reading:
                return self._client.api_call(method, http_verb="GET", params=given).data
            return self._client.api_call(method, json=given).data
        except SlackApiError as error:
            raise self._meaning(method, error) from None  # the error's text may hold what we sent
        except URLError as error:
            says = f"{method} at Slack: {cut(str(error.reason))}"
            reached = not isinstance(error.reason, ConnectionRefusedError | OSError) or isinstance(
                error.reason, TimeoutError | ConnectionResetError
            )
            raise (AnswerLost(says) if reached else ChannelBusy(says)) from error
        except (SlackClientError, OSError, ValueError) as error:
            raise AnswerLost(f"{method} at Slack: no answer: {self.without_secrets(str(error))}") from error

    def _meaning(self, method: str, error: SlackApiError) -> "ChannelError | _ThreadGone":
        answer = error.response
        status, headers = int(answer.status_code), dict(answer.headers or {})
        data = answer.data if isinstance(answer.data, dict) else {}
        word = str(data.get("error") or "")
        says = f"{method} at Slack: {word or status}"
        if word in THREAD_GONE:
            return _ThreadGone(says)
        if word in LOCKED_OUT:
            return ChannelUnusable(says)
        if status == 429 or status >= 500 or word in PASSING | UNCERTAIN:
            code = 429 if word in PASSING else 500 if word in UNCERTAIN else status
            return refusal(f"{method} at Slack", code, word, headers)
        return ChannelRefused(says)


class _ThreadGone(ChannelError):
    """The head was deleted by hand."""


def slack_text(text: str) -> str:
    """Text as Slack wants it: its three special characters escaped, and not longer than anybody reads."""
    safe = re.sub(r"[&<>]", lambda found: {"&": "&amp;", "<": "&lt;", ">": "&gt;"}[found[0]], text)
    if len(safe) <= LONGEST_TEXT:
        return safe
    return safe[:LONGEST_TEXT].rsplit("\n", 1)[0] + "\n… the rest is in the report."


def question_name(message: OutboxMessage) -> str:
    """What the receipts call the place where a plan is asked about."""
    return f"question/{message.body.plan}"


def head_text(body: MessageBody) -> str:
    """What the head says from now on: where the incident stands. Its story is the thread."""
    lines = [
        f"*{body.title}*",
        f"Service: {', '.join(body.services) or 'none known yet'}",
        f"Status: {body.status}",
        f"Taken by: {body.taken_by}" if body.taken_by else "",
        f"Started: {body.started_at:%Y-%m-%d %H:%M:%S} UTC" if body.started_at else "",
        f"Platform: {body.platform}, cluster {body.cluster}",
        "The story is in the thread.",
    ]
    return slack_text("\n".join(one for one in lines if one)).replace("*" * 2, "*")
