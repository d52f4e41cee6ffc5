"""Forking processes from one that has everything imported already.

Importing Prefect and its server takes five to eight seconds of a core. The supervisor does it once; the server, the
intake, the runner and every flow process are forks of it, start at once and share its memory. That is safe
because whoever forks here has a single thread and keeps no loop.
"""

import contextlib
import os
import random
import sys
from collections.abc import Mapping
from pathlib import Path

from blocks.log_redaction import redact_logs
from stack.processes.own_processes import default_signals

ROOMS = ("outage", "blocks", "tasks", "flows", "stack", "practice", "cli")
"""Our own source: never inherited but read from disk, so that a change is in force with the next process."""


class ForkTarget(BaseException):
    """Raised in a fork, so that it leaves everything its parent was in the middle of; caught at the very top."""

    def __init__(self, module: str, *arguments: str) -> None:
        super().__init__(module)
        self.module = module
        self.arguments = arguments

    def enter(self) -> None:
        """Be that module's `main`, as `python -m` would."""
        forget_rooms()
        sys.argv = [self.module, *self.arguments]
        __import__(self.module)
        sys.modules[self.module].main()


def fork_process(become: ForkTarget, *, log: Path, environment: Mapping[str, str], folder: Path) -> int:
    """Fork a process of its own session; returns its pid. Raises `Become` in the child."""
    log.parent.mkdir(parents=True, exist_ok=True)
    pid = os.fork()
    if pid:
        return pid
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    settle_in(log, become.module.rpartition(".")[2])
    raise become


def settle_in(log: Path, name: str) -> None:
    """Become a process of its own right after the fork: session, signals, words, name."""
    os.setsid()
    default_signals()
    random.seed()
    log.parent.mkdir(parents=True, exist_ok=True)
    words = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for number in (1, 2):
        os.dup2(words, number)
    os.close(words)
    redact_logs()
    with contextlib.suppress(OSError):
        Path("/proc/self/comm").write_text(f"outage-{name}", encoding="utf-8")  # what `top` shows


def forget_rooms() -> None:
    """Forget our own modules, so that they are imported anew."""
    for name in list(sys.modules):
        if name.partition(".")[0] in ROOMS:
            del sys.modules[name]


def preload_modules() -> None:
    """Import everything of others that a process of ours may need."""
    import asyncpg  # type: ignore[import-untyped,unused-ignore]  # noqa: F401
    import jsonpatch  # noqa: F401
    import prefect.artifacts
    import prefect.deployments
    import prefect.engine
    import prefect.events.clients
    import prefect.flow_engine
    import prefect.flow_runs
    import prefect.input.run_input
    import prefect.logging.handlers
    import prefect.results
    import prefect.server.api.server
    import prefect.task_engine  # noqa: F401
    import prometheus_client  # noqa: F401
    import psycopg_pool  # noqa: F401
    import sqlalchemy.dialects.postgresql.asyncpg  # noqa: F401
    import uvicorn  # noqa: F401

    # What only our doors may import comes with them; they themselves are forgotten in every fork.
    with contextlib.suppress(Exception):
        import blocks.kubernetes  # noqa: F401
