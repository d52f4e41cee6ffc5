"""PagerDuty, REST v2: who took there what our pages opened. It is only read, so that nothing is opened inwards."""

from datetime import datetime
from typing import Any

from pydantic import ValidationError

from blocks.channels.channel import ServiceHttp
from blocks.channels.secret_reference import read_secret
from outage.errors import AnswerLost
from outage.people.channel_settings import PagerDutySettings, SecretReference
from outage.value import Value

USERS = ("user", "user_reference")
"""Types of who is a person; our own events act as an integration."""


class PagerTaking(Value):
    """A person took what a page opened."""

    incident: str
    """As PagerDuty calls it."""
    user: str
    """Id of the person there."""
    name: str = ""
    mail: str = ""
    at: datetime
    resolved: bool = False
    """Whether they closed it instead of acknowledging it."""


class PagerDutyIncidents:
    """The incidents of one account."""

    def __init__(self, settings: PagerDutySettings, token: SecretReference) -> None:
        """Read the token; nothing is asked yet.

        Raises:
            ChannelUnusable: It cannot be read.
        """
        headers = {
            "Authorization": f"Token token={read_secret(token)}",
            "Accept": "application/vnd.pagerduty+json;version=2",
        }
        self._http = ServiceHttp(settings.api_url, "PagerDuty", settings.timeout_seconds, headers=headers)

    def takings(self, key: str) -> list[PagerTaking]:
        """Who took what one page opened, oldest first.

        Args:
            key: The page's `dedup_key`.

        Raises:
            ChannelError: PagerDuty could not be asked, or its answer says nothing.
        """
        asked = {"incident_key": key, "include[]": "acknowledgers"}
        answer = self._http.ask("GET", "/incidents", "read who acknowledged", params=asked)
        try:
            found = [one for incident in answer["incidents"] for one in _takings_of(incident)]
        except (KeyError, TypeError, AttributeError, ValidationError) as error:
            raise AnswerLost(f"read who acknowledged at PagerDuty: its answer lacks {error}") from error
        return sorted(found, key=lambda one: one.at)

    def close(self) -> None:
        """Give the connections back."""
        self._http.close()


def _takings_of(incident: dict[str, Any]) -> list[PagerTaking]:
    found = [
        _taking(incident, one["acknowledger"], one["at"])
        for one in incident.get("acknowledgements") or []
        if one["acknowledger"].get("type") in USERS
    ]
    last = incident.get("last_status_change_by") or {}
    if incident.get("status") == "resolved" and last.get("type") in USERS:
        ended = _taking(incident, last, incident["last_status_change_at"])
        found.append(ended.model_copy(update={"resolved": True}))
    return found


def _taking(incident: dict[str, Any], by: dict[str, Any], at: str) -> PagerTaking:
    return PagerTaking(
        incident=incident["id"],
        user=by["id"],
        name=by.get("name") or by.get("summary") or "",
        mail=by.get("email") or "",
        at=datetime.fromisoformat(at),
    )
