"""ServiceNow, Table API: an incident an incident, found by its correlation id; every message is a work note.

An action item is an incident of its own there.
"""

import re

from blocks.channels.channel import Channel, ServiceHttp
from blocks.channels.secret_reference import read_secret
from outage.errors import ChannelRefused, cut
from outage.incidents.severity import Severity
from outage.people.channel_settings import ServiceNowSettings
from outage.people.outbox_message import MessageKind, OutboxMessage
from outage.people.settle_try import SecondTry

TABLE = "/api/now/table/incident"
NOTES = "/api/now/table/sys_journal_field"
LONGEST_SUMMARY, LONGEST_CORRELATION, LONGEST_TEXT = 160, 100, 4000
RESOLVED = "6"
DONE = (RESOLVED, "7", "8")
"""Resolved, closed, cancelled."""
IMPACT = {Severity.P0: "1", Severity.P1: "2"}
"""ServiceNow's three steps, worst first; anything milder is 3. Its priority follows from impact and urgency."""


class ServiceNowIncident(Channel):
    """One ServiceNow instance."""

    second_try = SecondTry.LOOK
    settles_seconds = 1.0

    def __init__(self, settings: ServiceNowSettings) -> None:
        """Read the password; nothing is asked yet."""
        password = read_secret(settings.password)
        super().__init__(password)
        self.settings = settings
        self._http = ServiceHttp(
            settings.url,
            "ServiceNow",
            settings.timeout_seconds,
            headers={"Accept": "application/json"},
            auth=(settings.user, password),
        )

    def send(self, message: OutboxMessage, thread: dict[str, str]) -> dict[str, str]:
        """Open the incident, or add a work note; the end of the outage resolves it, and what is done the item's."""
        known = self._known(message, thread)
        if not known:
            return {} if message.what is MessageKind.ITEM_DONE else self._open(message)
        if message.what is MessageKind.ACTION_ITEM:
            return {"sys_id": known}
        fields = {"work_notes": marked(message)}
        if message.what in (MessageKind.RESOLVED, MessageKind.ITEM_DONE):
            notes = cut(message.body.text, LONGEST_TEXT)
            fields |= {"state": RESOLVED, "close_code": self.settings.close_code, "close_notes": notes}
        try:
            self._http.ask("PATCH", f"{TABLE}/{known}", "add a work note", json=fields)
        except ChannelRefused as error:
            if ": 404:" not in str(error):
                raise
            return self._open(message)  # deleted by hand
        return {"sys_id": known}

    def find(self, message: OutboxMessage, thread: dict[str, str]) -> dict[str, str] | None:
        """Look for the message's mark in the work notes, or in the description that it opened the incident with."""
        known = self._known(message, thread)
        if not known:
            return None
        query = f"element_id={known}^valueLIKE{mark_of(message)}"
        params = {"sysparm_query": query, "sysparm_fields": "sys_id", "sysparm_limit": "1"}
        if self._http.ask("GET", NOTES, "look for a work note", params=params).get("result"):
            return {"sys_id": known}
        opened = self._http.ask(
            "GET", f"{TABLE}/{known}", "read the incident", params={"sysparm_fields": "sys_id,description"}
        )
        text = str((opened.get("result") or {}).get("description", ""))
        return {"sys_id": known} if mark_of(message) in text else None

    def is_done(self, receipt: dict[str, str]) -> bool:
        """Whether an item's incident is resolved, closed or cancelled."""
        path, fields = f"{TABLE}/{receipt['sys_id']}", {"sysparm_fields": "state"}
        found = self._http.ask("GET", path, "read the incident's state", params=fields)
        return str((found.get("result") or {}).get("state", "")) in DONE

    def _known(self, message: OutboxMessage, thread: dict[str, str]) -> str | None:
        own = message.what.of_item  # the thread's incident is the outage's
        if not own and thread.get("sys_id"):
            return thread["sys_id"]
        params = {
            "sysparm_query": f"correlation_id={correlation_of(message)}",
            "sysparm_fields": "sys_id,number",
            "sysparm_limit": "1",
        }
        found = self._http.ask("GET", TABLE, "look for the incident", params=params).get("result", [])
        return str(found[0]["sys_id"]) if found else None

    def _open(self, message: OutboxMessage) -> dict[str, str]:
        weight = IMPACT.get(message.body.severity, "3")
        fields = {
            "short_description": cut(f"{message.body.title} ({message.incident})", LONGEST_SUMMARY),
            "description": marked(message),
            "correlation_id": correlation_of(message),
            "correlation_display": "outage",
            "impact": weight,
            "urgency": weight,
        }
        made = self._http.ask("POST", TABLE, "open an incident", json=fields).get("result", {})
        return {"sys_id": str(made["sys_id"]), "number": str(made.get("number", ""))}

    def close(self) -> None:
        """Give the connections back."""
        self._http.close()


def correlation_of(message: OutboxMessage) -> str:
    """By which an incident of ours, or one of its items, is found there."""
    item = f"/{message.turn}" if message.what.of_item else ""
    return f"{message.incident}{item}"[:LONGEST_CORRELATION]


def mark_of(message: OutboxMessage) -> str:
    """By which a message is found in a text; nothing in it means anything in an encoded query."""
    return f"[{re.sub(r'[^A-Za-z0-9./_-]', '.', message.key)}]"


def marked(message: OutboxMessage) -> str:
    """The message's text with its mark as the last line."""
    return f"{message.body.text[:LONGEST_TEXT]}\n{mark_of(message)}"
