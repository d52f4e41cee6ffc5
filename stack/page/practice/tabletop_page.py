"""The page of a tabletop: what is heard so far, the question that waits, what people did, and at the end the score."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI, Request
from fastapi.responses import RedirectResponse, Response
from starlette.concurrency import run_in_threadpool

from blocks.record import Record
from outage.reports.drills.tabletop import (
    Tabletop,
    TabletopAct,
    TabletopBeat,
    TabletopDid,
    TabletopScore,
    beats_by_now,
    open_question,
    score_tabletop,
)
from outage.value import Value
from stack.page.page_door import PageRefused
from tasks.tabletop.play_incident import take_tabletop_act

if TYPE_CHECKING:
    from stack.page.page_app import IncidentPages

DOES = {
    "ack": TabletopDid.ACKNOWLEDGED,
    "approve": TabletopDid.APPROVED,
    "decline": TabletopDid.DECLINED,
    "note": TabletopDid.NOTED,
}
"""What the buttons of the form are called."""


class TabletopView(Value):
    """The page."""

    table: Tabletop
    beats: tuple[TabletopBeat, ...]
    acts: tuple[TabletopAct, ...]
    question: TabletopBeat | None = None
    score: TabletopScore | None = None
    """Once it is over."""


def tabletop_view(record: Record, table_id: str, now: datetime) -> TabletopView:
    """Collect the page of one play.

    Raises:
        UnknownIncident: There is none of that id. Permanent.
    """
    table, acts = record.tabletop(table_id), record.tabletop_acts(table_id)
    return TabletopView(
        table=table,
        beats=beats_by_now(table, acts, now),
        acts=tuple(acts),
        question=open_question(table, acts, now),
        score=score_tabletop(table, acts) if table.ended_at else None,
    )


def add_tabletops(made: FastAPI, pages: "IncidentPages") -> None:
    """Serve the tables."""

    @made.get("/tabletops/{table_id}")
    def tabletop(request: Request, table_id: str) -> Response:
        pages.door.let_in(request)
        fields: dict[str, Any] = {"view": tabletop_view(pages.record, table_id, datetime.now(UTC))}
        return pages.show(request, "drills/tabletop.html.j2", fields, purpose=table_id)

    @made.post("/tabletops/{table_id}")
    async def take_part(request: Request, table_id: str) -> Response:
        reader = await run_in_threadpool(pages.door.let_in, request)
        fields = await pages.door.read_form(request, table_id)
        return await run_in_threadpool(_taken, pages, table_id, fields, reader)


def _taken(pages: "IncidentPages", table_id: str, fields: dict[str, str], reader: str) -> Response:
    did = DOES.get(fields.get("did", ""))
    if did is None:
        raise PageRefused(400, "say what you do: take it, approve, decline, or write something down")
    by, what = reader or fields.get("by", ""), fields.get("what", "")
    take_tabletop_act(pages.record, table_id, did, by, what, datetime.now(UTC))
    return RedirectResponse(f"/tabletops/{table_id}", status_code=303)
