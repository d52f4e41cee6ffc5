"""ServiceNow's Table API, written from its published reference: incidents and the journal of their notes."""

import base64
import re
from typing import Any

from tests.blocks.channels.fake_service import Asked, FakeService, Given

USER, PASSWORD = "outage.bot", "correct-horse-battery"
LIMITS = {"short_description": 160, "correlation_id": 100, "correlation_display": 100}
CLOSE_CODES = ("Solution provided", "Workaround provided", "Resolved by caller")


class ServiceNowDouble(FakeService):
    """One instance."""

    def __init__(self) -> None:
        super().__init__()
        self.incidents: dict[str, dict[str, Any]] = {}
        self.notes: list[dict[str, str]] = []

    def answer(self, asked: Asked) -> Given:
        """By table."""
        login = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        if asked.headers.get("authorization") != f"Basic {login}":
            return refused(401, "User Not Authenticated")
        if asked.headers.get("accept") != "application/json":
            return refused(406, "Accept names no format")
        if asked.path == "/api/now/table/sys_journal_field":
            return self._journal(asked)
        found = re.fullmatch(r"/api/now/table/incident(?:/([0-9a-f]{32}))?", asked.path)
        if not found:
            return refused(400, "Invalid table")
        return self._one(found[1], asked) if found[1] else self._all(asked)

    def _all(self, asked: Asked) -> Given:
        if asked.method == "GET":
            query = re.fullmatch(r"correlation_id=(\S+)", asked.query.get("sysparm_query", ""))
            fitting = [one for one in self.incidents.values() if query and one["correlation_id"] == query[1]]
            return Given(200, {"result": fitting[: int(asked.query.get("sysparm_limit", 10000))]})
        if wrong := record_error(asked.json):
            return refused(400, wrong)
        made = {"correlation_id": "", "state": "1", **asked.json}
        made |= {"sys_id": f"{len(self.incidents) + 1:032x}", "number": f"INC{len(self.incidents) + 1:07}"}
        self.incidents[made["sys_id"]] = made
        return Given(201, {"result": made})

    def _one(self, sys_id: str, asked: Asked) -> Given:
        if sys_id not in self.incidents:
            return refused(404, "No Record found")
        one = self.incidents[sys_id]
        if asked.method == "PATCH":
            if wrong := record_error(asked.json, one):
                return refused(400 if "long" in wrong else 403, wrong)
            given = dict(asked.json)
            if note := given.pop("work_notes", ""):
                self.notes.append(
                    {"element_id": sys_id, "element": "work_notes", "value": note, "sys_id": "9" * 32}
                )
            one |= given
        return Given(200, {"result": one})

    def _journal(self, asked: Asked) -> Given:
        query = re.fullmatch(
            r"element_id=([0-9a-f]{32})\^valueLIKE([^^]+)", asked.query.get("sysparm_query", "")
        )
        if not query:
            return refused(400, "Invalid query")
        return Given(
            200, {"result": [n for n in self.notes if n["element_id"] == query[1] and query[2] in n["value"]]}
        )


def refused(status: int, says: str) -> Given:
    """ServiceNow's shape of an error."""
    return Given(status, {"error": {"message": says, "detail": None}, "status": "failure"})


def record_error(given: Any, standing: dict[str, Any] | None = None) -> str:
    """Why a record is not taken, or empty."""
    if not isinstance(given, dict) or not given:
        return "Exception while reading request"
    if standing is None and not str(given.get("short_description", "")).strip():
        return "Data Policy Exception: The following fields are mandatory: Short description"
    for name, most in LIMITS.items():
        if len(str(given.get(name, ""))) > most:
            return f"{name} is too long"
    if any(given[name] not in ("1", "2", "3") for name in ("impact", "urgency") if name in given):
        return "Invalid choice"
    if given.get("state") == "6" and (
        given.get("close_code") not in CLOSE_CODES or not given.get("close_notes")
    ):
        return "Data Policy Exception: The following fields are mandatory: Resolution notes, Resolution code"
    return ""
