"""Jira, REST v3: an issue an incident, found by its label; every message is a comment, found by its property.

An action item is an issue of its own.
"""

from typing import Any

from blocks.channels.channel import Channel, ServiceHttp
from blocks.channels.secret_reference import read_secret
from outage.errors import ChannelRefused, cut
from outage.people.channel_settings import JiraSettings
from outage.people.outbox_message import MessageKind, OutboxMessage
from outage.people.settle_try import SecondTry

PROPERTY = "outage.message"
LONGEST_SUMMARY = 255
LONGEST_TEXT = 30_000
"""Jira takes 32,767 characters."""
COMMENTS = 100
ENDS = (MessageKind.RESOLVED, MessageKind.ITEM_DONE)
"""Messages that close their issue."""


class JiraIssue(Channel):
    """One Jira project."""

    second_try = SecondTry.LOOK
    settles_seconds = 5.0  # Jira's search is behind its writes by seconds

    def __init__(self, settings: JiraSettings) -> None:
        """Read the token; nothing is asked yet."""
        token = read_secret(settings.token)
        super().__init__(token)
        self.settings = settings
        self._http = ServiceHttp(
            f"{settings.url}/rest/api/3",
            "Jira",
            settings.timeout_seconds,
            headers={"Accept": "application/json"},
            auth=(settings.user, token),
        )

    def send(self, message: OutboxMessage, thread: dict[str, str]) -> dict[str, str]:
        """Open the issue, or comment on it; the end of the outage closes it, and what is done the item's."""
        issue = self._known(message, thread)
        if not issue:
            return {} if message.what is MessageKind.ITEM_DONE else self._open(message)
        if message.what is MessageKind.ACTION_ITEM:
            return {"issue": issue}
        try:
            if message.what in ENDS:
                self._finish(issue)  # before the comment: done twice it changes nothing
            return {"issue": issue, "comment": self._comment(issue, message)}
        except ChannelRefused as error:
            if ": 404:" not in str(error):
                raise
            return self._open(message)  # deleted by hand

    def find(self, message: OutboxMessage, thread: dict[str, str]) -> dict[str, str] | None:
        """Look for the message's comment, or for the issue that it opened."""
        issue = self._known(message, thread)
        if not issue:
            return None
        found = self._http.ask("GET", f"/issue/{issue}/properties/{PROPERTY}", "read the issue's key")
        if (found or {}).get("value", {}).get("key") == message.key:
            return {"issue": issue}
        answer = self._http.ask(
            "GET",
            f"/issue/{issue}/comment",
            "look for a comment",
            params={"orderBy": "-created", "maxResults": COMMENTS, "expand": "properties"},
        )
        for one in answer.get("comments", []):
            keys = [item["value"].get("key") for item in one.get("properties", []) if item["key"] == PROPERTY]
            if message.key in keys:
                return {"issue": issue, "comment": str(one["id"])}
        return None

    def is_done(self, receipt: dict[str, str]) -> bool:
        """Whether an item's issue is in a status of the category "done", whatever the workflow calls it."""
        path = f"/issue/{receipt['issue']}"
        found = self._http.ask("GET", path, "read the issue's status", params={"fields": "status"})
        status = ((found or {}).get("fields") or {}).get("status") or {}
        return bool((status.get("statusCategory") or {}).get("key") == "done")

    def _known(self, message: OutboxMessage, thread: dict[str, str]) -> str | None:
        own = message.what.of_item  # the thread's issue is the incident's
        return (None if own else thread.get("issue")) or self._issue_of(message)

    def _issue_of(self, message: OutboxMessage) -> str | None:
        jql = f'project = "{self.settings.project}" AND labels = "{label_of(message)}" ORDER BY created'
        answer = self._http.ask(
            "POST",
            "/search/jql",
            "look for the issue",
            json={"jql": jql, "fields": ["summary"], "maxResults": 1},
        )
        issues = (answer or {}).get("issues", [])
        return str(issues[0]["key"]) if issues else None

    def _open(self, message: OutboxMessage) -> dict[str, str]:
        fields = {
            "project": {"key": self.settings.project},
            "issuetype": {"name": self.settings.issue_type},
            "summary": cut(f"{message.body.title} ({message.incident})", LONGEST_SUMMARY),
            "description": atlassian_document(message.body.text),
            "labels": ["outage", label_of(message)],
        }
        mine = [{"key": PROPERTY, "value": {"key": message.key}}]
        answer = self._http.ask(
            "POST", "/issue", "open an issue", json={"fields": fields, "properties": mine}
        )
        return {"issue": str(answer["key"])}

    def _comment(self, issue: str, message: OutboxMessage) -> str:
        body = {
            "body": atlassian_document(message.body.text),
            "properties": [{"key": PROPERTY, "value": {"key": message.key}}],
        }
        return str(self._http.ask("POST", f"/issue/{issue}/comment", "comment", json=body)["id"])

    def _finish(self, issue: str) -> None:
        answer = self._http.ask("GET", f"/issue/{issue}/transitions", "read the transitions")
        for one in answer.get("transitions", []):
            if one.get("name") == self.settings.done:
                body = {"transition": {"id": one["id"]}}
                self._http.ask("POST", f"/issue/{issue}/transitions", "close the issue", json=body)

    def close(self) -> None:
        """Give the connections back."""
        self._http.close()


def label_of(message: OutboxMessage) -> str:
    """The label by which the issue of an incident, or of one of its items, is found; labels hold no spaces."""
    item = f"-{message.turn}" if message.what.of_item else ""
    return f"outage-{message.incident}{item}"


def atlassian_document(text: str) -> dict[str, Any]:
    """Text in Jira's document format: a paragraph a line."""
    lines = [one for one in text[:LONGEST_TEXT].splitlines() if one.strip()]
    paragraphs = [{"type": "paragraph", "content": [{"type": "text", "text": one}]} for one in lines]
    return {"version": 1, "type": "doc", "content": paragraphs or [{"type": "paragraph", "content": []}]}
