"""Calling an announced drill off on the page: by whoever proves a name, until it begins."""

import threading
from typing import TYPE_CHECKING

from fastapi import FastAPI, Request
from fastapi.responses import Response
from starlette.concurrency import run_in_threadpool

from outage.text.redaction import redact
from stack.page.page_door import PageRefused

if TYPE_CHECKING:
    from stack.page.page_app import IncidentPages

CALL_OFF = "call-off"
"""For what the forms beside announced drills are shown."""
WHY_WORDS = 200
_one_at_a_time = threading.Lock()
"""Whose platform is spoken for is the process' own: two call-offs must not turn it for each other."""


def add_call_off(made: FastAPI, pages: "IncidentPages") -> None:
    """Add the address to which the forms are sent."""

    @made.post("/drills/call-off")
    async def call_off(request: Request) -> Response:
        await run_in_threadpool(pages.door.let_in, request)
        fields = await pages.door.read_form(request, CALL_OFF)
        return await run_in_threadpool(_called_off, pages, request, fields)


def _called_off(pages: "IncidentPages", request: Request, fields: dict[str, str]) -> Response:
    """Call one off for a proven person: by their session, or by a code.

    Raises:
        PageRefused: It does not say which.
        AnswerRefused: Name and code do not fit, or it is not announced, has begun, or is off already. Permanent.
        RecordError: It could not be recorded. Transient.
    """
    from tasks.drill.scheduled.announced_drills import call_off_one

    drill_id, why = fields.get("drill", ""), redact(fields.get("why", "").strip()[:WHY_WORDS])
    if not drill_id:
        raise PageRefused(400, "say which drill is called off")
    person = pages.door.let_in(request) or pages.door.proven_person(
        pages.record, fields.get("by", ""), fields.get("code", "")
    )
    with _one_at_a_time:
        says = call_off_one(drill_id, person, why)
    return pages.say(request, 200, "Called off", f"{says} by {person}", "good", "/drills")
