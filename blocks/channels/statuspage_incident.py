"""Statuspage: what the public reads, by a template of its own: nothing of the diagnosis goes there."""

from typing import Any

from blocks.channels.channel import Channel, ServiceHttp
from blocks.channels.message_files import shipped_templates
from blocks.channels.secret_reference import read_secret
from outage.errors import ChannelBusy, ChannelRefused
from outage.incidents.severity import Severity
from outage.people.channel_settings import StatuspageSettings
from outage.people.outbox_message import MessageKind, OutboxMessage
from outage.people.settle_try import SecondTry
from outage.reports.message_templates import render_template
from outage.reports.messages import public_fields

STATUS = {
    "Investigating": "investigating",
    "Identified": "identified",
    "Resolving": "identified",
    "Monitoring": "monitoring",
}
IMPACT = {Severity.P0: "critical", Severity.P1: "major"}
HURT = {Severity.P0: "major_outage", Severity.P1: "partial_outage"}
TOO_FAST_SECONDS = 60.0
"""Statuspage allows 60 requests a minute."""


class StatuspageIncident(Channel):
    """One public page."""

    second_try = SecondTry.LOOK
    settles_seconds = 1.0

    def __init__(self, settings: StatuspageSettings) -> None:
        """Read the token; nothing is asked yet."""
        token = read_secret(settings.token)
        super().__init__(token)
        self.settings = settings
        self._http = ServiceHttp(
            settings.url, "Statuspage", settings.timeout_seconds, headers={"Authorization": f"OAuth {token}"}
        )

    def send(self, message: OutboxMessage, thread: dict[str, str]) -> dict[str, str]:
        """Create the public incident, update it, or resolve it."""
        if message.body.drill:
            raise ChannelRefused("publish on Statuspage: a drill is never published")
        known = thread.get("id") or self._known(message)
        said = self._said(message)
        if not known:
            said |= {
                "name": public_name(message),
                "impact_override": IMPACT.get(message.body.severity, "minor"),
            }
            made = self._ask("POST", "/incidents", "create an incident", json={"incident": said})
            return {"id": str(made["id"])}
        self._ask("PATCH", f"/incidents/{known}", "update the incident", json={"incident": said})
        return {"id": known}

    def find(self, message: OutboxMessage, thread: dict[str, str]) -> dict[str, str] | None:
        """Look at the key that the incident's last update left in its metadata."""
        for one in self._ask("GET", "/incidents", "look for the incident", params={"limit": "20"}):
            mark = (one.get("metadata") or {}).get("outage") or {}
            if mark.get("key") == message.key:
                return {"id": str(one["id"])}
        return None

    def _known(self, message: OutboxMessage) -> str | None:
        for one in self._ask("GET", "/incidents", "look for the incident", params={"limit": "20"}):
            mark = (one.get("metadata") or {}).get("outage") or {}
            if mark.get("incident") == message.incident:
                return str(one["id"])
        return None

    def _said(self, message: OutboxMessage) -> dict[str, Any]:
        status = public_status(message)
        hurt = (
            "operational" if status == "resolved" else HURT.get(message.body.severity, "degraded_performance")
        )
        ids = [one for name in message.body.services if (one := self.settings.components.get(name))]
        return {
            "status": status,
            "body": public_text(message),
            "component_ids": ids,
            "components": dict.fromkeys(ids, hurt),
            "metadata": {"outage": {"incident": message.incident, "key": message.key}},
        }

    def _ask(self, method: str, path: str, what: str, **given: Any) -> Any:
        try:
            return self._http.ask(method, f"/pages/{self.settings.page}{path}", what, **given)
        except ChannelRefused as error:
            if ": 420:" in str(error):  # this service's own word for too many requests
                raise ChannelBusy(str(error), retry_after_seconds=TOO_FAST_SECONDS) from error
            raise

    def close(self) -> None:
        """Give the connections back."""
        self._http.close()


def public_status(message: OutboxMessage) -> str:
    """The page's word for where the incident stands."""
    return (
        "resolved"
        if message.what is MessageKind.RESOLVED
        else STATUS.get(message.body.status, "investigating")
    )


def public_text(message: OutboxMessage) -> str:
    """What the public reads: the team's words, else ours."""
    if message.body.public:
        return message.body.public
    status = "Resolved" if message.what is MessageKind.RESOLVED else message.body.status
    fields = public_fields(status, message.body.services)
    return render_template("status_page", shipped_templates().status_page, fields)


def public_name(message: OutboxMessage) -> str:
    """The public incident's title: what is hurt and nothing else."""
    return f"Outage{_of(message)}"


def _of(message: OutboxMessage) -> str:
    return f" of {', '.join(message.body.services)}" if message.body.services else ""
