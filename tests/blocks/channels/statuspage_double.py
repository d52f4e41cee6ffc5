"""Statuspage's REST API, written from its published reference: realtime incidents of one page."""

import re
from typing import Any

from tests.blocks.channels.fake_service import Asked, FakeService, Given

TOKEN, PAGE = "89a229ce-1a8d-4f1c-aaaa-bbbbbbbbbbbb", "y2j98763l56x"
COMPONENTS = ("8kbf7d35c070", "x90f7d35c071")
STATUSES = ("investigating", "identified", "monitoring", "resolved")
COMPONENT_STATUSES = (
    "operational",
    "degraded_performance",
    "partial_outage",
    "major_outage",
    "under_maintenance",
)
KNOWN = {
    *("name", "status", "impact_override", "body", "components", "component_ids", "metadata"),
    *("deliver_notifications", "backfilled"),
}


class StatuspageDouble(FakeService):
    """One page."""

    def __init__(self) -> None:
        super().__init__()
        self.incidents: list[dict[str, Any]] = []

    def answer(self, asked: Asked) -> Given:
        """By path."""
        if asked.headers.get("authorization") not in (f"OAuth {TOKEN}", TOKEN):
            return Given(401, {"error": "Could not authenticate"})
        found = re.fullmatch(rf"/v1/pages/{PAGE}/incidents(?:/(\w+))?", asked.path)
        if not found:
            return Given(404, {"error": "Not found"})
        if asked.method == "GET":
            return Given(200, self.incidents[::-1][: int(asked.query.get("limit", 100))])
        given = (asked.json or {}).get("incident")
        standing = next((one for one in self.incidents if one["id"] == found[1]), None)
        if found[1] and standing is None:
            return Given(404, {"error": "Not found"})
        if errors := incident_errors(given, standing is None):
            return Given(422, {"error": errors})
        if standing is None:
            standing = {"id": f"p31zjtct2jer{len(self.incidents)}", "incident_updates": []}
            self.incidents.append(standing)
        standing |= {name: value for name, value in given.items() if name != "body"}
        standing["incident_updates"].append({"status": given["status"], "body": given.get("body", "")})
        return Given(201 if asked.method == "POST" else 200, standing)


def incident_errors(given: Any, new: bool) -> list[str]:
    """What is wrong with an incident."""
    if not isinstance(given, dict):
        return ["incident is required"]
    errors = [f"{name} is not allowed" for name in set(given) - KNOWN]
    if new and not given.get("name"):
        errors.append("Name can't be blank")
    if given.get("status") not in STATUSES:
        errors.append("Status is not included in the list")
    if given.get("impact_override", "none") not in ("none", "minor", "major", "critical", "maintenance"):
        errors.append("Impact override is not included in the list")
    if len(given.get("body", "")) > 25_000:
        errors.append("Body is too long")
    if set(given.get("component_ids", [])) - set(COMPONENTS) or set(given.get("components", {})) - set(
        COMPONENTS
    ):
        errors.append("Component does not exist")
    if set(given.get("components", {}).values()) - set(COMPONENT_STATUSES):
        errors.append("Component status is not included in the list")
    if not all(isinstance(one, dict) for one in given.get("metadata", {}).values()):
        errors.append("Metadata holds objects by namespace")
    return errors
