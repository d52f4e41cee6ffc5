"""`python -m bench.load.steady_load [MINUTES]`: does any of our processes grow under a steady load?

A whole stack of the bench's own, in a folder and on ports of its own: each second an alert, every tenth of a new outage
whose run ends at once; two pages are looked at and the metrics are scraped. What each process holds in memory is read
every five seconds, and a straight line is laid through the later two thirds of it. Writes results/steady.json; the exit
status is 0 when no line climbs faster than is promised.
"""

import json
import os
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NamedTuple

import httpx
import psutil
import yaml

from bench.__main__ import RESULTS, bench_print
from blocks.installation.intake_token import intake_token
from blocks.record import Record
from blocks.settings import Settings
from outage.errors import StackError
from outage.value import Value
from practice.nodeless.nodeless_plane import free_ports
from stack.processes.supervisor import supervisor_state
from stack.stack_down import take_stack_down
from stack.stack_up import bring_stack_up

MINUTES = 15.0
SAMPLE_SECONDS = 5.0
LOAD_SECONDS = 1.0
OUTAGE_EVERY = 10
"""Seconds between new outages: six a minute, which no platform has for long."""
WARMED_UP = 1 / 3
"""Of the time: caches fill, modules are imported by the first request."""
PROMISED_MB_AN_HOUR = 12.0
"""More than a process that is flat shows in a quarter of an hour, less than any leak per alert or page would."""
MEASURED = ("intake", "outbox", "timers", "page", "runner", "supervisor")
MEGABYTE = 1 << 20
POLICY = {
    "version": 1,
    "approvers": {"on-call": ["ana"]},
    "people": {"ana": {}},
    "escalation": {"rungs": {"L1": ["on-call"]}},
}


class MemoryRow(Value):
    """What one process held over the time."""

    name: str
    first_mb: float
    last_mb: float
    mb_an_hour: float
    """The slope of the line through the later part."""
    restarts: int = 0

    def __str__(self) -> str:
        """A line of the table."""
        return f"{self.name:<12}{self.first_mb:>10.1f}{self.last_mb:>10.1f}{self.mb_an_hour:>12.1f}{self.restarts:>10}"


class MemorySample(NamedTuple):
    """What one process held at one moment."""

    second: float
    """Since the load began."""
    pid: int
    size: int
    """Bytes."""


def slope(points: list[tuple[float, float]]) -> float:
    """How fast values climb per unit of time, by the middle of all pairs: one jump bends no line of this kind.

    Args:
        points: Time and value.
    """
    pairs = [
        (later[1] - earlier[1]) / (later[0] - earlier[0])
        for number, earlier in enumerate(points)
        for later in points[number + 1 :]
        if later[0] > earlier[0]
    ]
    return statistics.median(pairs) if pairs else 0.0


def memory_row(name: str, samples: list[MemorySample]) -> MemoryRow:
    """One process' row.

    Args:
        name: Of the process.
        samples: In the order of time.
    """
    first, last = samples[0], samples[-1]
    warm = first.second + (last.second - first.second) * WARMED_UP
    late = [one for one in samples if one.second >= warm and one.pid == last.pid]
    return MemoryRow(
        name=name,
        first_mb=late[0].size / MEGABYTE,
        last_mb=late[-1].size / MEGABYTE,
        mb_an_hour=slope([(one.second, float(one.size)) for one in late]) / MEGABYTE * 3600,
        restarts=len({one.pid for one in samples}) - 1,
    )


@contextmanager
def listener() -> Iterator[str]:
    """A webhook that takes everything."""

    class Taking(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Taking)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/"
    finally:
        server.shutdown()
        server.server_close()


def write_home(home: Path, told: str) -> None:
    """Policy, platform and deployments of the stack."""
    (home / "key").write_text("k" * 32)
    channel = {"kind": "webhook", "url": told, "signing_key": {"file": str(home / "key")}}
    (home / "policy.yaml").write_text(yaml.safe_dump(POLICY | {"channels": {"hook": channel}}))
    (home / "platform.yaml").write_text("version: 1\nname: shop\nnamespace: shop\n")
    flows = [{"name": "respond", "entrypoint": "bench.load.instant_response.respond_at_once"}]
    (home / "deployments.yaml").write_text(yaml.safe_dump({"deployments": flows}))


class SteadyLoad:
    """Alerts, outages and looks, one after the other."""

    def __init__(self, settings: Settings) -> None:
        self.settings, self.outages, self.alerts, self.failed = settings, 0, 0, 0
        self.answered = 0
        self.ids: list[str] = []
        self._client = httpx.Client(
            timeout=10, trust_env=False, headers={"Authorization": f"Bearer {self._word}"}
        )

    @property
    def _word(self) -> str:
        return intake_token(self.settings.intake_token_file)

    def go_on(self, number: int) -> None:
        """One second's worth."""
        if number % OUTAGE_EVERY == 0:
            self.outages += 1
        labels = {
            "alertname": f"Down{self.outages}",
            "namespace": "shop",
            "service": f"service-{self.outages}",
            "pod": f"p-{number}",
            "severity": "critical",
        }
        alert = {"status": "firing", "labels": labels, "startsAt": datetime.now(UTC).isoformat()}
        self._ask("POST", f"{self.settings.intake_url}/webhook/alertmanager", {"alerts": [alert]})
        self.alerts += 1
        self._ask("GET", f"{self.settings.page_base}/")
        if self.ids:
            self._ask("GET", f"{self.settings.page_base}/incidents/{self.ids[number % len(self.ids)]}")
        if number % 15 == 0:
            self._ask("GET", f"{self.settings.page_base}/metrics")
            self._ask("GET", f"{self.settings.intake_url}/health")

    def _ask(self, method: str, url: str, body: object = None) -> None:
        try:
            answer = self._client.request(method, url, json=body)
            self.failed += answer.status_code >= 500 and not url.endswith("/health")
        except httpx.HTTPError:
            self.failed += 1


def sizes(settings: Settings) -> dict[str, tuple[int, int]]:
    """Process → its pid and bytes in memory."""
    found = {}
    for name in MEASURED:
        state = supervisor_state(settings, name)
        pid = state.process.pid if state else _supervisor(settings) if name == "supervisor" else 0
        if pid and psutil.pid_exists(pid):
            found[name] = (pid, psutil.Process(pid).memory_info().rss)
    return found


def _supervisor(settings: Settings) -> int:
    """The parent of the runner, which forks what it supervises."""
    state = supervisor_state(settings, "runner")
    return psutil.Process(state.process.pid).ppid() if state and state.process.alive else 0


def under_load(settings: Settings, seconds: float) -> tuple[SteadyLoad, dict[str, list[MemorySample]]]:
    """Keep the load up, and read how much each process holds."""
    load, seen = SteadyLoad(settings), dict[str, list[MemorySample]]()
    began, number, sampled = time.monotonic(), 0, 0.0
    with Record.open(settings.record_dsn) as record:
        while (now := time.monotonic() - began) < seconds:
            load.go_on(number)
            number += 1
            if now - sampled >= SAMPLE_SECONDS:
                sampled = now
                load.ids = [one.id for one in record.incidents(20)]
                for name, (pid, size) in sizes(settings).items():
                    seen.setdefault(name, []).append(MemorySample(now, pid, size))
            time.sleep(max(0.0, LOAD_SECONDS - (time.monotonic() - began - now)))
        load.answered = sum(one.closed_at is not None for one in record.incidents(100_000))
    return load, seen


def steady_main(minutes: float) -> int:
    """Measure, print, write; 0 when nothing climbs."""
    with tempfile.TemporaryDirectory(prefix="outage-steady-") as folder, listener() as told:
        home = Path(folder)
        write_home(home, told)
        os.environ["OUTAGE_HOME"] = folder
        prefect, intake, page = free_ports(3)
        settings = Settings(
            home=home,
            prefect_port=prefect,
            intake_port=intake,
            page_port=page,
            intake_socket=home / "intake.sock",
            deployments_file=home / "deployments.yaml",
        )
        try:
            bring_stack_up(settings, bench_print)
            load, seen = under_load(Settings(home=home), minutes * 60)
        finally:
            take_stack_down(settings, bench_print)
    rows = [memory_row(name, samples) for name, samples in seen.items() if len(samples) > 2]
    if not rows:
        raise StackError("measure the memory of the stack: none of its processes was seen")
    bench_print(
        f"{load.alerts} alerts, {load.outages} outages, {load.answered} answered,"
        f" {load.failed} requests failed, {minutes:g} minutes"
    )
    bench_print(f"{'process':<12}{'MB then':>10}{'MB at end':>10}{'MB an hour':>12}{'restarts':>10}")
    for row in rows:
        bench_print(str(row))
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "steady.json").write_text(
        json.dumps({"minutes": minutes, "rows": [row.model_dump() for row in rows]}, indent=2) + "\n"
    )
    return int(any(row.mb_an_hour > PROMISED_MB_AN_HOUR for row in rows))


if __name__ == "__main__":
    sys.exit(steady_main(float(sys.argv[1]) if len(sys.argv) > 1 else MINUTES))
