"""The intake's door: who may deliver, how much at once, and one clear sentence for what is not taken.

Everything that cannot be taken now is answered 503 with Retry-After, because senders repeat only 5xx; what can
never be taken is answered 4xx, so that they stop.
"""

import asyncio
import json
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
from fastapi import Request
from fastapi.responses import JSONResponse
from starlette.concurrency import run_in_threadpool

from blocks.installation.intake_token import token_cluster
from outage.errors import MalformedAlert, OutageError
from outage.incidents.alert import Alert
from stack.intake.deliveries import Intake

LARGEST_BODY_BYTES = 1024 * 1024
"""A delivery of a thousand alerts. Larger ones: set `max_alerts` at the sender."""

AT_ONCE = 6
"""Deliveries in hand at a time: as many as the record gives connections."""

WAITING = 24
"""Deliveries that may wait for a hand; the next one is sent away to come again."""

RETRY_AFTER_SECONDS = 5

RECONCILE_SECONDS = 10

Reader = Callable[[Any, datetime], list[Alert]]


class DeliveryRefused(Exception):
    """A delivery is answered with this status and sentence."""

    def __init__(self, status: int, says: str) -> None:
        super().__init__(says)
        self.status = status


class IntakeEndpoint:
    """Authentication, size, load and counting around an intake."""

    def __init__(
        self,
        intake: Intake,
        token_file: Path,
        clock: Callable[[], datetime],
        tokens_folder: Path | None = None,
        unanswered: Callable[[], list[str]] = list,
        uncarried: Callable[[], list[str]] = list,
    ) -> None:
        self.intake = intake
        self.token_file = token_file
        self.tokens_folder = tokens_folder
        self.clock = clock
        self.unanswered = unanswered
        self.uncarried = uncarried
        self.counted: Counter[str] = Counter()
        self.problem = ""
        self._hands = asyncio.Semaphore(AT_ONCE)
        self._in_hand = 0

    async def take(self, request: Request, reader: Reader) -> JSONResponse:
        """Take one delivery in, or say why not."""
        try:
            cluster = self._know(request)
            body = _json(await _read(request))
            answer = await self._deliver(reader(body, self.clock()), cluster)
        except DeliveryRefused as refusal:
            return self._refuse(refusal.status, str(refusal))
        except MalformedAlert as error:
            return self._refuse(422, str(error))
        except OutageError as error:
            return self._refuse(503, str(error))
        return answer

    async def _deliver(self, alerts: list[Alert], cluster: str) -> JSONResponse:
        if self._in_hand >= AT_ONCE + WAITING:
            raise DeliveryRefused(503, f"take the delivery: {self._in_hand} are in hand already; come again")
        self._in_hand += 1
        try:
            async with self._hands:
                done = await run_in_threadpool(self.intake.deliver, alerts, self.clock(), cluster)
        finally:
            self._in_hand -= 1
        self.counted["accepted"] += len(done)
        self.counted["started"] += sum(one.new for one in done)
        return JSONResponse({"alerts": [one.model_dump() for one in done]})

    def _know(self, request: Request) -> str:
        """The cluster whose word the sender knows; empty for everybody's."""
        scheme, _, word = request.headers.get("authorization", "").partition(" ")
        cluster = token_cluster(word, self.token_file, self.tokens_folder) if scheme == "Bearer" else None
        if cluster is None:
            raise DeliveryRefused(
                401, f"know the sender: `Authorization: Bearer …` must carry the word in {self.token_file}"
            )
        return cluster

    def _refuse(self, status: int, says: str) -> JSONResponse:
        self.counted[f"refused_{status}"] += 1
        headers = {"Retry-After": str(RETRY_AFTER_SECONDS)} if status == 503 else {}
        return JSONResponse({"error": says}, status_code=status, headers=headers)

    async def reconcile(self) -> None:
        """Go round for ever, finishing what was left half done."""
        while True:
            await asyncio.sleep(RECONCILE_SECONDS)
            try:
                for unfinished in (self.intake.reconcile, self.intake.abandoned.look):
                    for sentence in await run_in_threadpool(unfinished, self.clock()):
                        self.counted["reconciled"] += 1
                        log_delivery(sentence)
                self.problem = ""
            except OutageError as error:
                if str(error) != self.problem:
                    log_delivery(str(error))
                self.problem = str(error)

    async def health(self, pools: bool) -> JSONResponse:
        """Whether an alert that came now would be taken in and answered; with `pools` also in every work pool."""
        record = await run_in_threadpool(self.intake.record.healthy)
        server = await run_in_threadpool(self.intake.api.healthy)
        wrong = [why for why in (record, server) if why] + await run_in_threadpool(self.unanswered)
        wrong += await run_in_threadpool(self.uncarried) if pools else []
        return JSONResponse({"ok": not wrong, "wrong": wrong}, status_code=503 if wrong else 200)

    def metrics(self) -> str:
        """The counters in Prometheus' words."""
        lines = ["# TYPE outage_intake_alerts_total counter"]
        for name in ("accepted", "started", "reconciled", "lost"):
            lines.append(f'outage_intake_alerts_total{{what="{name}"}} {self.counted[name]}')
        lines.append("# TYPE outage_intake_refused_total counter")
        for status in (401, 413, 422, 503):
            lines.append(
                f'outage_intake_refused_total{{status="{status}"}} {self.counted[f"refused_{status}"]}'
            )
        return "\n".join(lines) + "\n"


async def _read(request: Request) -> bytes:
    told = request.headers.get("content-length", "0")
    if told.isdigit() and int(told) > LARGEST_BODY_BYTES:
        raise DeliveryRefused(413, f"take the delivery: {told} bytes came, {LARGEST_BODY_BYTES} are allowed")
    read = bytearray()
    async for part in request.stream():
        read += part
        if len(read) > LARGEST_BODY_BYTES:
            raise DeliveryRefused(413, f"take the delivery: more than {LARGEST_BODY_BYTES} bytes came")
    return bytes(read)


def _json(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except json.JSONDecodeError as error:
        raise MalformedAlert(f"read the delivery as JSON: {error.msg} at character {error.pos}") from error


def log_delivery(words: str) -> None:
    """One line in the intake's log."""
    print(f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} {words}", flush=True)  # noqa: T201
