"""The page over HTTP: which address shows what, to whom, and where a plan is answered."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from blocks.record import Record
from blocks.settings import Settings
from outage.diagnosis.cause import Cause
from outage.errors import AnswerRefused, NoSuchPlan, OutageError, UnknownIncident
from outage.incidents.incident import Ending, Incident
from outage.incidents.severity import Severity
from outage.people.person_act import ActKind
from outage.plans.approval import DOORS, Answer
from outage.reports.past_incidents import DrillChoice, HistoryFilter
from outage.text.redaction import redact
from stack.page.cause_view import runbook_named
from stack.page.chat_endpoint import add_chat
from stack.page.home_view import OnCallMemory, home_view
from stack.page.incident_view import incident_view
from stack.page.page_door import HEADERS, PageDoor, PageRefused
from stack.page.page_session import FORM_COOKIE, SESSION_COOKIE, SESSION_LASTS
from stack.page.page_templates import SCRIPT, STYLE, page_file, render_page
from stack.page.practice.call_off_form import CALL_OFF, add_call_off
from stack.page.practice.tabletop_page import add_tabletops
from stack.page.practice.trend_view import trend_view
from stack.page.record_metrics import metrics_registry
from tasks.ask.person_answer import answer_and_wake, waiting_plan
from tasks.lead.person_acts import keep_act

LOGIN, LOGOUT = "login", "logout"
"""Purposes of forms, beside `CALL_OFF`; every other one is an incident's id."""
OWN_PATHS = ("/incidents/", "/tabletops/", "/causes/", "/drills")
"""Where somebody may be led after a login."""


class IncidentPages:
    """What is shown, and what is done about a form."""

    def __init__(self, record: Record, settings: Settings) -> None:
        """Read nothing yet."""
        self.record, self.settings = record, settings
        self.door = PageDoor(settings)
        self.on_call = OnCallMemory(settings)

    def home(self, request: Request) -> Response:
        """The first page, with the history that the address asks for."""
        self.door.let_in(request)
        now, wanted = datetime.now(UTC), wanted_history(dict(request.query_params))
        view = home_view(self.record, self.settings, wanted, self.on_call.now(now), now)
        older = {**request.query_params, "before": view.older.isoformat()} if view.older else {}
        fields = {
            "view": view,
            "severities": list(Severity),
            "endings": list(Ending),
            "older_link": f"/?{urlencode(older)}#history",
        }
        return self.show(request, "home.html.j2", fields | {"in_file": False}, purpose=CALL_OFF)

    def drills(self, request: Request) -> Response:
        """How practice went."""
        self.door.let_in(request)
        view = trend_view(self.record, self.settings, datetime.now(UTC))
        return self.show(request, "drills/trend.html.j2", {"view": view, "in_file": False}, purpose=CALL_OFF)

    def cause(self, request: Request, name: str) -> Response:
        """The runbook page of one cause."""
        self.door.let_in(request)
        found = runbook_named(self.settings, name)
        if found is None:
            return self.say(request, 404, "No such cause", "no cause is called so")
        return self.show(request, "cause.html.j2", {"page": found})

    def incident(self, request: Request, incident_id: str) -> Response:
        """One incident, with the form where a plan waits."""
        self.door.let_in(request)
        incident = self.record.incident(incident_id)
        fields = {
            "view": incident_view(self.record, self.settings, incident, datetime.now(UTC)),
            "doors": DOORS,
            "causes": frozenset(Cause),
            "in_file": False,
            "news": self.news_of(incident),
        }
        return self.show(request, "incident.html.j2", fields, purpose=incident_id)

    def news(self, request: Request, incident_id: str) -> Response:
        """A word that changes with everything that happens to an incident."""
        self.door.let_in(request)
        return PlainTextResponse(self.news_of(self.record.incident(incident_id)))

    def news_of(self, incident: Incident) -> str:
        """Where it stands, and how many lines its timeline has."""
        return f"{incident.phase}-{len(self.record.entries(incident.id))}"

    def take_answer(self, request: Request, incident_id: str, fields: dict[str, str]) -> Response:
        """Take a yes or no; the page tells what stands in the record by then.

        Args:
            request: For whose browser the answer is shown.
            incident_id: Whose plan.
            fields: Of the form: `said`, `plan` (the hash that was read), `by`, `code`, `why`.

        Raises:
            PageRefused: It does not say what, or to which plan.
            AnswerRefused: It does not count, and why; `NoSuchPlan` when another plan waits, or none. Permanent.
            RecordError: It could not be recorded. Transient.
        """
        said = {"approve": Answer.APPROVE, "decline": Answer.DECLINE}.get(fields.get("said", ""))
        read = fields.get("plan", "")
        if said is None or not read:
            raise PageRefused(400, "say approve or decline, to the plan that you read")
        by = self.door.let_in(request) or fields.get("by", "")
        incident = self.record.incident(incident_id)
        plan = waiting_plan(self.record, incident, said, read)
        code, why = fields.get("code", "").strip(), fields.get("why", "")[:500]
        given = answer_and_wake(
            self.settings, self.record, incident, plan, said, by, why, door="page", code=code
        )
        kind, head = ("good", "Recorded") if given.counted else ("warn", "Another answer stands")
        return self.say(request, 200, head, given.says, kind, back=f"/incidents/{incident.id}")

    def take_act(self, request: Request, incident_id: str, fields: dict[str, str]) -> Response:
        """Take an acknowledgement or a note of a proven person: by their session, or by a code.

        Args:
            request: Of whom.
            incident_id: About which incident.
            fields: Of the form: `did`, `note`, and without a session `by` and `code`.

        Raises:
            PageRefused: It does not say what, or there is no note to write.
            AnswerRefused: Name and code do not fit. Permanent.
            RecordError: It could not be recorded. Transient.
        """
        did, note = fields.get("did", ""), redact(fields.get("note", "").strip()[:500])
        if did not in ("acknowledge", "note") or (did == "note" and not note):
            raise PageRefused(400, "say whether you acknowledge or write a note, and what the note says")
        incident = self.record.incident(incident_id)
        person = self.door.let_in(request) or self.door.proven_person(
            self.record, fields.get("by", ""), fields.get("code", "")
        )
        if did == "acknowledge":
            keep_act(self.record, incident, ActKind.ACKNOWLEDGED, "", person, "has it (on the page)")
        if note:
            keep_act(self.record, incident, ActKind.NOTE, note, person, note)
        says = f"{person} has it" if did == "acknowledge" else f"the note of {person} is on the timeline"
        return self.say(
            request, 200, "Recorded", f"{incident.id}: {says}", "good", f"/incidents/{incident.id}"
        )

    def login_form(self, request: Request, says: str = "", to: str = "/", status: int = 200) -> Response:
        """The one page that a stranger sees."""
        fields = {"says": says, "to": own_path(to)}
        return self.show(request, "login.html.j2", fields, purpose=LOGIN, status=status)

    def log_in(self, request: Request, fields: dict[str, str]) -> Response:
        """Open a session for a code that counts."""
        to = own_path(fields.get("to", "/"))
        try:
            person = self.door.proven_person(self.record, fields.get("by", ""), fields.get("code", ""))
        except AnswerRefused as refused:
            return self.login_form(request, str(refused), to, 403)
        response = RedirectResponse(to, status_code=303)
        cookie = self.door.sessions.open_session(person, datetime.now(UTC))
        self.door.keep_cookie(response, SESSION_COOKIE, cookie, int(SESSION_LASTS.total_seconds()))
        return response

    def log_out(self) -> Response:
        """End the session of this browser."""
        response = RedirectResponse("/", status_code=303)
        name = self.door.cookie_name(SESSION_COOKIE)
        response.delete_cookie(name, path="/", secure=self.door.secure, httponly=True, samesite="strict")
        return response

    def metrics(self, request: Request) -> Response:
        """Numbers for the monitoring."""
        self.door.let_in_monitoring(request)
        found = generate_latest(metrics_registry(self.record, self.settings))
        return Response(found, media_type=CONTENT_TYPE_LATEST)

    def say(
        self, request: Request, status: int, head: str, says: str, kind: str = "bad", back: str = "/"
    ) -> Response:
        """A page of one sentence."""
        fields = {"head": head, "says": says, "kind": kind, "back": back, "back_words": "Back"}
        return self.show(request, "said.html.j2", fields, status=status)

    def show(
        self, request: Request, name: str, fields: dict[str, Any], *, purpose: str = "", status: int = 200
    ) -> Response:
        """Render a page whose forms are bound to this browser."""
        cookie = self.door.form_cookie(request)
        words = {
            "reader": self.door.reader(request),
            "form_word": self.door.sessions.form_word(cookie, purpose),
            "form_word_out": self.door.sessions.form_word(cookie, LOGOUT),
        }
        response = HTMLResponse(render_page(name, fields | words), status_code=status)
        self.door.keep_cookie(response, FORM_COOKIE, cookie)
        return response

    def failed(self, request: Request, error: Exception) -> Response:
        """The page, and the status, of what could not be done."""
        path = request.url.path
        if isinstance(error, PageRefused):
            if error.status == 401 and request.method == "GET" and not path.endswith(("/news", "/metrics")):
                return self.login_form(request, to=path, status=401)
            return self.say(request, error.status, "Refused", str(error))
        back = path.removesuffix("/answer").removesuffix("/act").removesuffix(f"/{CALL_OFF}")
        if isinstance(error, NoSuchPlan):
            return self.say(request, 409, "Not this plan", str(error), back=back)
        if isinstance(error, AnswerRefused):
            return self.say(request, 403, "Not counted", str(error), back=back)
        if isinstance(error, UnknownIncident):
            return self.say(request, 404, "No such incident", str(error))
        return self.say(request, 503, "Not now", str(error), back=back)


def wanted_history(query: dict[str, str]) -> HistoryFilter:
    """What an address asks of the history; what it spells wrongly is left out."""

    def one_of(kind: Callable[[str], Any], name: str) -> Any:
        try:
            return kind(query[name]) if query.get(name) else None
        except ValueError:
            return None

    before = one_of(datetime.fromisoformat, "before")
    return HistoryFilter(
        platform=query.get("platform", ""),
        severity=one_of(Severity, "severity"),
        ending=one_of(Ending, "ending"),
        drills=one_of(DrillChoice, "drills") or DrillChoice.BOTH,
        text=query.get("text", "")[:200],
        before=before if before and before.tzinfo else None,
    )


def own_path(path: str) -> str:
    """A path of ours to go on to; whatever leads elsewhere leads home."""
    return path if path.startswith(OWN_PATHS) and "\\" not in path else "/"


def say_nothing(_: str) -> None:
    """Where nobody logs."""


def page_app(record: Record, settings: Settings, say: Callable[[str], None] = say_nothing) -> FastAPI:
    """The application.

    Args:
        record: What is shown, and where answers are kept.
        settings: Where policy and proofs are.
        say: Where it is logged what came of a click in a chat.
    """
    pages = IncidentPages(record, settings)
    made = FastAPI(title="outage page", docs_url=None, redoc_url=None, openapi_url=None)
    _add_reading(made, pages)
    _add_forms(made, pages)
    _add_open(made, pages)
    add_chat(made, record, settings, say)
    add_tabletops(made, pages)
    add_call_off(made, pages)

    @made.middleware("http")
    async def guarded(request: Request, call: Callable[[Request], Any]) -> Response:
        response: Response = await call(request)
        for name, value in HEADERS.items():
            response.headers[name] = value
        return response

    async def failed(request: Request, error: Exception) -> Response:
        return await run_in_threadpool(pages.failed, request, error)

    for kind in (OutageError, PageRefused):
        made.add_exception_handler(kind, failed)
    made.add_exception_handler(HTTPException, _no_such_page)
    return made


async def _no_such_page(_: Request, error: Exception) -> Response:
    """Strangers learn nothing from what is not there."""
    return PlainTextResponse("there is nothing here", getattr(error, "status_code", 404))


def _add_reading(made: FastAPI, pages: IncidentPages) -> None:
    @made.get("/")
    def home(request: Request) -> Response:
        return pages.home(request)

    @made.get("/drills")
    def drills(request: Request) -> Response:
        return pages.drills(request)

    @made.get("/causes/{name}")
    def cause(request: Request, name: str) -> Response:
        return pages.cause(request, name)

    @made.get("/incidents/{incident_id}")
    def incident(request: Request, incident_id: str) -> Response:
        return pages.incident(request, incident_id)

    @made.get("/incidents/{incident_id}/news")
    def news(request: Request, incident_id: str) -> Response:
        return pages.news(request, incident_id)

    @made.get("/metrics")
    def metrics(request: Request) -> Response:
        return pages.metrics(request)


def _add_forms(made: FastAPI, pages: IncidentPages) -> None:
    @made.post("/incidents/{incident_id}/answer")
    async def answer(request: Request, incident_id: str) -> Response:
        await run_in_threadpool(pages.door.let_in, request)
        fields = await pages.door.read_form(request, incident_id)
        return await run_in_threadpool(pages.take_answer, request, incident_id, fields)

    @made.post("/incidents/{incident_id}/act")
    async def act(request: Request, incident_id: str) -> Response:
        await run_in_threadpool(pages.door.let_in, request)
        fields = await pages.door.read_form(request, incident_id)
        return await run_in_threadpool(pages.take_act, request, incident_id, fields)

    @made.get("/login")
    def login_form(request: Request) -> Response:
        return pages.login_form(request)

    @made.post("/login")
    async def log_in(request: Request) -> Response:
        fields = await pages.door.read_form(request, LOGIN)
        return await run_in_threadpool(pages.log_in, request, fields)

    @made.post("/logout")
    async def log_out(request: Request) -> Response:
        await pages.door.read_form(request, LOGOUT)
        return pages.log_out()


def _add_open(made: FastAPI, pages: IncidentPages) -> None:
    """What everybody may have: how the page looks, and whether it lives."""
    style, script = page_file(STYLE), page_file(SCRIPT)

    @made.get(f"/{STYLE}")
    async def page_style() -> Response:
        return Response(style, media_type="text/css")

    @made.get(f"/{SCRIPT}")
    async def page_script() -> Response:
        return Response(script, media_type="text/javascript")

    @made.get("/alive")
    async def alive() -> Response:
        return PlainTextResponse("ok")

    @made.get("/health")
    def health() -> Response:
        why = pages.record.healthy()
        return PlainTextResponse("the record does not answer" if why else "ok", 503 if why else 200)
