"""`python -m bench.load.alert_storm [SCALE]`: 10,000 alerts of 20 causes in 5 minutes, and a burst of 1,000.

SCALE makes both smaller (0.05 is part of `make bench`). Measured are the real intake and record on a PostgreSQL of the
bench's own, which keeps its promise to disk, beside a handler that stores nothing: nothing may be lost, and there must
be as many incidents as causes; then once more under the policy's storm threshold. Writes results/alerts.json.
"""

import asyncio
import contextlib
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import httpx

from bench.__main__ import RESULTS, bench_print
from bench.load.loaded_intake import NOTHING, WORD
from bench.load.outages import Alert, broken_stores, first_alerts, more_alerts, write_platforms
from blocks.record import Record
from blocks.retry import wait_until
from outage.errors import StackError
from outage.value import Value
from practice.nodeless.nodeless_plane import free_ports
from stack.embedded_postgres import make_databases, throwaway_postgres, with_database

BEGINS_WITHIN_SECONDS = 30.0
ALERTS, SECONDS, BURST = 10_000, 300.0, 1_000
IN_ONE = 5
"""Alerts of one delivery, as Alertmanager groups them."""
IN_ONE_OF_BURST = 20
SENDERS = 16
AGAIN_SECONDS = 0.2
"""After a 503: a sender would wait as long as Retry-After says, which is not what is measured."""
LIFTED, POLICYS_OWN = 1000, 3


class LoadRow(Value):
    """What one round came to."""

    name: str
    alerts: int
    lost: int = 0
    incidents: int = 0
    storms: int = 0
    refused: int = 0
    """Deliveries that were sent away to come again."""
    parsed: int = 0
    """How often the platform files were read."""
    p50_ms: float
    p99_ms: float
    burst_p99_ms: float
    burst_seconds: float

    def __str__(self) -> str:
        """A line of the table."""
        return (
            f"{self.name:<26}{self.alerts:>7}{self.lost:>6}{self.incidents:>11}{self.storms:>8}{self.refused:>9}"
            f"{self.parsed:>8}{self.p50_ms:>9.1f}{self.p99_ms:>9.1f}{self.burst_p99_ms:>11.1f}"
            f"{self.burst_seconds:>9.1f}"
        )


class Sender:
    """Sends deliveries and keeps how long each answer took."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.took: list[float] = []
        self.refused = 0

    async def send(self, client: httpx.AsyncClient, alerts: Sequence[Alert]) -> None:
        """One delivery, until it is taken."""
        body = {"version": "4", "groupKey": "g", "alerts": list(alerts)}
        while True:
            began = time.perf_counter()
            answer = await client.post(f"{self.url}/webhook/alertmanager", json=body)
            self.took.append(time.perf_counter() - began)
            if answer.status_code != 503:
                answer.raise_for_status()
                return
            self.refused += 1
            await asyncio.sleep(AGAIN_SECONDS)

    async def paced(self, deliveries: Sequence[Sequence[Alert]], seconds: float) -> None:
        """Spread evenly over so many seconds, whether or not earlier ones were answered."""
        began, pause = time.perf_counter(), seconds / max(len(deliveries), 1)
        async with open_sender() as client, asyncio.TaskGroup() as group:
            for number, alerts in enumerate(deliveries):
                await asyncio.sleep(max(0.0, began + number * pause - time.perf_counter()))
                group.create_task(self.send(client, alerts))

    async def at_once(self, deliveries: Sequence[Sequence[Alert]]) -> None:
        """All of them, as fast as the answers come."""
        waiting = iter(deliveries)

        async def go_on(client: httpx.AsyncClient) -> None:
            for alerts in waiting:
                await self.send(client, alerts)

        async with open_sender() as client, asyncio.TaskGroup() as group:
            for _ in range(SENDERS):
                group.create_task(go_on(client))


def open_sender() -> httpx.AsyncClient:
    """A client that knows the word."""
    return httpx.AsyncClient(
        headers={"Authorization": f"Bearer {WORD}"}, timeout=60, limits=httpx.Limits(max_connections=100)
    )


@contextmanager
def serving(home: Path, dsn: str) -> Iterator[str]:
    """One of the two handlers as a process of its own; yields its address."""
    (port,) = free_ports(1)
    process = subprocess.Popen([sys.executable, "-m", "bench.load.loaded_intake", str(home), dsn, str(port)])
    url = f"http://127.0.0.1:{port}"
    try:
        if not wait_until(lambda: _answers(url), BEGINS_WITHIN_SECONDS, 0.1):
            raise StackError(f"start the handler at {url}: no answer in {BEGINS_WITHIN_SECONDS:.0f} s")
        yield url
    finally:
        process.terminate()
        process.wait(20)


def _answers(url: str) -> bool:
    with contextlib.suppress(httpx.HTTPError):
        httpx.get(f"{url}/alive", timeout=1)
        return True
    return False


def grouped(alerts: Sequence[Alert], size: int) -> list[Sequence[Alert]]:
    """So many to a delivery."""
    return [alerts[at : at + size] for at in range(0, len(alerts), size)]


def load_round(name: str, url: str, scale: float) -> LoadRow:
    """The alerts in their time, then the burst."""
    causes = broken_stores(datetime.now(UTC))
    count, burst = int(ALERTS * scale), int(BURST * scale)
    first, sent = first_alerts(causes), list(more_alerts(causes, count + burst))
    calm, fast = Sender(url), Sender(url)
    asyncio.run(calm.at_once(grouped(first, 1)))
    asyncio.run(calm.paced(grouped(sent[:count], IN_ONE), SECONDS * scale))
    began = time.perf_counter()
    asyncio.run(fast.at_once(grouped(sent[count:], IN_ONE_OF_BURST)))
    return LoadRow(
        name=name,
        alerts=len({json.dumps(one, sort_keys=True) for one in [*first, *sent]}),
        refused=calm.refused + fast.refused,
        p50_ms=quantile_ms(calm.took, 0.5),
        p99_ms=quantile_ms(calm.took, 0.99),
        burst_p99_ms=quantile_ms(fast.took, 0.99),
        burst_seconds=time.perf_counter() - began,
    )


def quantile_ms(took: Sequence[float], share: float) -> float:
    """What so large a share of the answers did not take longer than, in milliseconds."""
    return sorted(took)[min(len(took) - 1, int(len(took) * share))] * 1000


def intake_round(name: str, home: Path, postgres: str, scale: float, storm_from: int) -> LoadRow:
    """One round against the real intake, with a record of its own, and what stands in the record afterwards."""
    write_platforms(home / "platforms")
    (home / "policy.yaml").write_text(f"version: 1\nlimits: {{storm_causes: {storm_from}}}\n")
    database = f"alerts_{storm_from}"
    make_databases(postgres, database)
    dsn = with_database(postgres, database)
    with Record.open(dsn) as record, serving(home, dsn) as url:
        row = load_round(name, url, scale)
        placed = record.row(
            "count", "select count(distinct fingerprint) as n from outage.member where firing"
        )
        storms = record.row(
            "count", "select count(distinct incident) as n from outage.member where reason = 'storm-opened'"
        )
        return row.model_copy(
            update={
                "lost": row.alerts - int((placed or {})["n"]),
                "incidents": len(record.incidents(limit=10_000)),
                "storms": int((storms or {})["n"]),
                "parsed": httpx.get(f"{url}/parsed").json(),
            }
        )


def alerts_main(scale: float) -> int:
    """All three rounds; the exit status is 0 when nothing was lost and every cause is an incident of its own."""
    bench_print(
        f"{'round':<26}{'alerts':>7}{'lost':>6}{'incidents':>11}{'storms':>8}{'refused':>9}{'parsed':>8}"
        f"{'p50 ms':>9}{'p99 ms':>9}{'burst p99':>11}{'burst s':>9}"
    )
    with (
        tempfile.TemporaryDirectory() as folder,
        throwaway_postgres(Path(folder) / "data", durable=True) as at,
    ):
        home = Path(folder)
        with serving(home, NOTHING) as url:
            rows = [load_round("stores nothing", url, scale)]
        bench_print(str(rows[0]))
        for name, storm_from in (("storm threshold lifted", LIFTED), ("the policy's threshold", POLICYS_OWN)):
            rows.append(intake_round(name, home, at, scale, storm_from))
            bench_print(str(rows[-1]))
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "alerts.json").write_text(json.dumps([one.model_dump() for one in rows], indent=2) + "\n")
    _, lifted, storm = rows
    causes = len(broken_stores(datetime.now(UTC)))
    held = not lifted.lost and not storm.lost and lifted.incidents == causes and lifted.parsed == 1
    bench_print(
        f"{'as promised' if held else 'NOT as promised'}: {lifted.incidents} incidents of {causes} causes"
    )
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(alerts_main(float((sys.argv[1:] or ["1"])[0])))
