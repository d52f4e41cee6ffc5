"""The intake over HTTP: which address takes whose deliveries, and the application that serves them."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, PlainTextResponse

from outage.incidents.payloads import from_alertmanager, from_anybody, from_grafana, from_person
from stack.intake.deliveries import Intake
from stack.intake.endpoint import IntakeEndpoint


def intake_app(
    intake: Intake,
    token_file: Path,
    clock: Callable[[], datetime] | None = None,
    tokens_folder: Path | None = None,
    unanswered: Callable[[], list[str]] = list,
    uncarried: Callable[[], list[str]] = list,
) -> FastAPI:
    """The application.

    Args:
        intake: Takes alerts in.
        token_file: Holds the word that senders must know.
        clock: For tests.
        tokens_folder: Holds the words of single clusters.
        unanswered: Why nobody would answer an alert that is taken in, one sentence each; for `/health`.
        uncarried: Why those of single platforms would wait, for `/health` unless it is asked with `pools=false`.
    """
    now = clock or (lambda: datetime.now(UTC))
    door = IntakeEndpoint(intake, token_file, now, tokens_folder, unanswered, uncarried)

    @asynccontextmanager
    async def life(_: FastAPI) -> AsyncIterator[None]:
        round_ = asyncio.create_task(door.reconcile())
        yield
        round_.cancel()

    made = FastAPI(title="outage intake", lifespan=life, docs_url=None, redoc_url=None, openapi_url=None)

    _take_deliveries(made, door)
    _answer_health(made, door)

    @made.exception_handler(Exception)
    async def lost(_: Request, error: Exception) -> JSONResponse:
        door.counted["lost"] += 1
        return JSONResponse(
            {"error": f"take the delivery: {type(error).__name__}; see the log"}, status_code=500
        )

    return made


def _take_deliveries(made: FastAPI, door: IntakeEndpoint) -> None:
    """What brings alerts in: each sender has an address of its own, since each has its own form."""

    @made.post("/webhook/alertmanager")
    async def alertmanager(request: Request) -> JSONResponse:
        return await door.take(request, from_alertmanager)

    @made.post("/webhook/grafana")
    async def grafana(request: Request) -> JSONResponse:
        return await door.take(request, from_grafana)

    @made.post("/webhook/generic")
    async def generic(request: Request) -> JSONResponse:
        return await door.take(request, from_anybody)

    @made.post("/incidents")
    async def by_hand(request: Request) -> JSONResponse:
        return await door.take(request, lambda body, now: [from_person(body, now)])


def _answer_health(made: FastAPI, door: IntakeEndpoint) -> None:
    """What watches the intake: whether alerts would be answered, whether it lives, what it counted."""

    @made.get("/health")
    async def health(pools: bool = True) -> JSONResponse:
        return await door.health(pools)

    @made.get("/alive")
    async def alive() -> JSONResponse:
        return JSONResponse({"ok": True})

    @made.get("/metrics")
    async def metrics() -> PlainTextResponse:
        return PlainTextResponse(door.metrics())
