"""`outage worker POOL`, as somebody types it beside a cluster."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from blocks.settings import HERE


@contextmanager
def typed_worker(pool: str, home: Path, **variables: str) -> Iterator["subprocess.Popen[bytes]"]:
    """The worker as a process, killed at the end; what it says is in its home's `worker.log`.

    Args:
        pool: The work pool.
        home: Its own, which is there.
        variables: What it is told beside its home: `OUTAGE_RECORD_DSN` and others; nothing of ours is passed on.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("OUTAGE_", "PREFECT_"))}
    with (home / "worker.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "cli", "worker", pool],
            cwd=HERE,
            env=kept | {"OUTAGE_HOME": str(home)} | variables,
            stdout=log,
            stderr=log,
        )
    try:
        yield process
    finally:
        process.kill()
        process.wait()
