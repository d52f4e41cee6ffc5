"""`python -m bench.load.month_of_record [SCALE]`: a month of 2,000 outages a day, 200 open: how fast is a look?

SCALE makes the month smaller (0.05 is part of `make bench`). Each look is made on a record of an hour and on that of
the month, side by side, in one process: the middle of several, and what memory the month's looks took. Writes
results/month.json; the exit status is 0 when every page came within the promised time.
"""

import json
import os
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

from fastapi.testclient import TestClient

from bench.__main__ import RESULTS, bench_print
from bench.load.filled_month import fill_month
from blocks.clients import clients
from blocks.record import Record
from blocks.settings import Settings
from outage.value import Value
from stack.embedded_postgres import make_databases, throwaway_postgres, with_database
from stack.page.page_app import page_app
from stack.timers.timers_process import look_after_people

CLOSED_A_DAY, DAYS, OPEN = 2_000, 30, 200
HOUR_CLOSED, HOUR_OPEN = 80, 2
PAGE_MS = 300.0
TIMES = 7
WARM = 2
"""Looks that are not counted: templates are compiled with the first."""

Look = Callable[[], object]


class MonthRow(Value):
    """One look: on a small record, on a large one."""

    name: str
    page: bool
    hour_ms: float
    month_ms: float

    def __str__(self) -> str:
        """A line of the table."""
        ratio = self.month_ms / max(self.hour_ms, 0.01)
        return f"{self.name:<38}{self.hour_ms:>10.1f}{self.month_ms:>10.1f}{ratio:>8.1f}"


def looks_at(record: Record, browser: TestClient, ids: list[str]) -> Mapping[str, Look]:
    """Everything that is looked at while outages are answered, by name; what begins with `/` is a page."""
    now = datetime.now(UTC)

    def page(path: str) -> Look:
        return lambda: browser.get(path).raise_for_status()

    return {
        "/": page("/"),
        "/?text=secret": page("/?text=secret"),
        "/incidents/ID, waits for a yes": page(f"/incidents/{ids[0]}"),
        "/incidents/ID, is over": page(f"/incidents/{ids[-1]}"),
        "/drills": page("/drills"),
        "what Prometheus scrapes": page("/metrics"),
        "what is open": record.open_incidents,
        "what the guards count": lambda: record.writes_since(now - timedelta(hours=2)),
        "what the watch knows": lambda: record.answered_since("shop", now - timedelta(hours=1)),
        "a round of the timers": lambda: look_after_people(now),
        "the newest 50 incidents": record.incidents,
    }


def middle_ms(look: Look) -> float:
    """The middle of several times, in milliseconds."""
    took: list[float] = []
    for number in range(TIMES + WARM):
        began = time.perf_counter()
        look()
        if number >= WARM:
            took.append(time.perf_counter() - began)
    return statistics.median(took) * 1000


def measure_record(
    postgres: str, home: Path, name: str, closed: int, still_open: int, days: float
) -> dict[str, float]:
    """Fill a record, and time every look at it."""
    make_databases(postgres, name)
    dsn = with_database(postgres, name)
    settings = Settings(home=home, record_dsn=dsn, prefect_api_url="http://127.0.0.1:9/api")
    with Record.open(dsn) as record:
        began = time.perf_counter()
        ids = fill_month(record, closed, still_open, days, datetime.now(UTC))
        bench_print(
            f"{closed:,} closed and {still_open} open incidents filled in {time.perf_counter() - began:.0f} s"
        )
        speak_to(settings)
        with TestClient(page_app(record, settings), base_url="http://127.0.0.1") as browser:
            return {what: middle_ms(look) for what, look in looks_at(record, browser, ids).items()}


def speak_to(settings: Settings) -> None:
    """Let everything that asks for the record in this process ask this one."""
    os.environ |= {"OUTAGE_HOME": str(settings.home), "OUTAGE_RECORD_DSN": settings.record_dsn}
    clients.cache_clear()


def month_main(scale: float) -> int:
    """Both records; the exit status is 0 when every page of the month came in time."""
    with tempfile.TemporaryDirectory() as folder, throwaway_postgres(Path(folder) / "data") as postgres:
        home = Path(folder)
        (home / "policy.yaml").write_text("version: 1\n")
        hour = measure_record(postgres, home, "hour", HOUR_CLOSED, HOUR_OPEN, 1 / 24)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        month = measure_record(
            postgres, home, "month", int(CLOSED_A_DAY * DAYS * scale), int(OPEN * scale) or 1, DAYS
        )
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    rows = [
        MonthRow(name=one, page=one.startswith("/"), hour_ms=hour[one], month_ms=month[one]) for one in hour
    ]
    bench_print(f"{'look':<38}{'hour ms':>10}{'month ms':>10}{'ratio':>8}")
    for row in rows:
        bench_print(str(row))
    bench_print(f"memory that the month's looks took: {grown / 1024:.0f} MiB")
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "month.json").write_text(json.dumps([one.model_dump() for one in rows], indent=2) + "\n")
    late = [one.name for one in rows if one.page and one.month_ms > PAGE_MS]
    bench_print(
        f"NOT within {PAGE_MS:.0f} ms: {', '.join(late)}" if late else f"every page within {PAGE_MS:.0f} ms"
    )
    return 1 if late else 0


if __name__ == "__main__":
    sys.exit(month_main(float((sys.argv[1:] or ["1"])[0])))
