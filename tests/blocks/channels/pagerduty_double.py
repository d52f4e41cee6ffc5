"""PagerDuty's Events API v2, written from its published schema."""

from datetime import UTC, datetime
from typing import Any

from tests.blocks.channels.fake_service import Asked, FakeService, Given

API_TOKEN = "u+readonly-0000000000"
ROUTING_KEY = "R0123456789abcdefghijklmnopqrstu"


class PagerDutyDouble(FakeService):
    """One service of one account."""

    def __init__(self) -> None:
        super().__init__()
        self.alerts: dict[str, str] = {}
        """Dedup key → triggered, acknowledged or resolved."""
        self.calls = 0
        """How often somebody was called: only a new alert calls."""
        self.pages: list[dict[str, Any]] = []
        self.incidents: dict[str, dict[str, Any]] = {}
        """Dedup key → the incident that its alert opened, as the REST API tells it."""

    def answer(self, asked: Asked) -> Given:
        """Take an event, or tell of incidents."""
        if asked.method == "GET":
            return self._tell(asked)
        if (asked.method, asked.path) != ("POST", "/v2/enqueue"):
            return Given(404)
        errors = event_errors(asked.json)
        if errors:
            body = {"status": "invalid event", "message": "Event object is invalid", "errors": errors}
            return Given(400, body)
        event = asked.json
        if event["routing_key"] != ROUTING_KEY:
            return Given(400, {"status": "invalid event", "message": "Invalid routing key"})
        key = event.get("dedup_key") or f"made-{len(self.alerts)}"
        self._take(event, key)
        return Given(202, {"status": "success", "message": "Event processed", "dedup_key": key})

    def _take(self, event: dict[str, Any], key: str) -> None:
        if event["event_action"] == "trigger":
            if self.alerts.get(key) in (None, "resolved"):
                self.calls += 1
                self.alerts[key] = "triggered"
                made = {"id": f"Q0PAGE{len(self.incidents)}", "type": "incident", "status": "triggered"}
                self.incidents[key] = made | {"incident_key": key, "acknowledgements": []}
            self.pages.append(event)
        elif key in self.alerts and self.alerts[key] != "resolved":
            self.alerts[key] = {"acknowledge": "acknowledged", "resolve": "resolved"}[event["event_action"]]
            integration = {"id": "P0SERVICE", "type": "service_reference", "summary": "outage"}
            self._change(key, self.alerts[key], integration, datetime.now(UTC))

    def press(self, key: str, status: str, user: dict[str, Any], at: datetime) -> None:
        """A person acknowledges or resolves, in the app."""
        self.alerts[key] = status
        self._change(key, status, {"type": "user_reference", **user}, at)

    def _change(self, key: str, status: str, by: dict[str, Any], at: datetime) -> None:
        moment = at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        one = self.incidents[key]
        one |= {"status": status, "last_status_change_at": moment, "last_status_change_by": by}
        if status == "acknowledged":
            one["acknowledgements"] = [*one["acknowledgements"], {"at": moment, "acknowledger": by}]

    def _tell(self, asked: Asked) -> Given:
        if wrong := reading_error(asked):
            return wrong
        wanted = asked.query.get("incident_key")
        found = [one for key, one in self.incidents.items() if wanted in (None, key)]
        return Given(200, {"incidents": found, "limit": 25, "offset": 0, "more": False, "total": None})


def reading_error(asked: Asked) -> Given | None:
    """Why the REST API refuses to tell; None when it tells."""
    if asked.headers.get("authorization") != f"Token token={API_TOKEN}":
        return Given(401, {"error": {"code": 2006, "message": "Authentication failed"}})
    if asked.headers.get("accept") != "application/vnd.pagerduty+json;version=2":
        return Given(400, {"error": {"code": 2001, "message": "Accept header: version=2 is required"}})
    known = {"incident_key", "include[]", "statuses[]", "since", "until", "limit", "offset", "date_range"}
    if asked.path != "/incidents" or set(asked.query) - known:
        return Given(404, {"error": {"code": 2100, "message": "Not Found"}})
    return None


def event_errors(event: Any) -> list[str]:
    """What is wrong with an event; empty when it is taken."""
    if not isinstance(event, dict):
        return ["the body is no JSON object"]
    errors = []
    known = {"routing_key", "event_action", "dedup_key", "payload", "images", "links", "client", "client_url"}
    errors += [f"'{name}' is not known" for name in set(event) - known]
    if len(str(event.get("routing_key", ""))) != 32:
        errors.append("Length of 'routing_key' is incorrect (should be 32 characters)")
    action = event.get("event_action")
    if action not in ("trigger", "acknowledge", "resolve"):
        errors.append("'event_action' is not one of trigger, acknowledge, resolve")
    if len(str(event.get("dedup_key", ""))) > 255:
        errors.append("'dedup_key' is longer than 255")
    if action in ("acknowledge", "resolve") and not event.get("dedup_key"):
        errors.append("'dedup_key' is missing or blank")
    if action == "trigger":
        errors += payload_errors(event.get("payload"))
    errors += ["'links' need 'href'" for one in event.get("links", []) if not one.get("href")]
    return errors


def payload_errors(payload: Any) -> list[str]:
    """What is wrong with the payload of a trigger."""
    if not isinstance(payload, dict):
        return ["'payload' is missing or blank"]
    errors = [
        f"'payload.{name}' is missing or blank" for name in ("summary", "source") if not payload.get(name)
    ]
    if len(str(payload.get("summary", ""))) > 1024:
        errors.append("'payload.summary' is longer than 1024")
    if payload.get("severity") not in ("critical", "error", "warning", "info"):
        errors.append("'payload.severity' is invalid (must be one of critical, warning, error, info)")
    try:
        datetime.fromisoformat(str(payload.get("timestamp", "2030-01-01")))
    except ValueError:
        errors.append("'payload.timestamp' is no ISO 8601 moment")
    if not isinstance(payload.get("custom_details", {}), dict):
        errors.append("'payload.custom_details' is no object")
    return errors
