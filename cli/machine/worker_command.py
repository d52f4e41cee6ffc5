"""`outage worker`: carry responses elsewhere than beside the server, in a pod or beside another cluster."""

import os
import sys

import click

from blocks.settings import HERE, Settings
from outage.errors import StackError


@click.command("worker")
@click.argument("pool", default="")
def worker_command(pool: str) -> None:
    """Carry the responses that wait in the work pool POOL; without POOL, those of platforms that name none.

    It polls the Prefect server (OUTAGE_PREFECT_API_URL) and the record (OUTAGE_RECORD_DSN), so nothing opens a port
    towards it; the cluster is reached with the identities of this place. Of several one works, the others stand by.
    """
    settings = Settings()
    if unfit := unfit_place(settings):
        raise StackError(f"start the worker: {unfit}")
    from stack.processes.state_layout import flow_environment

    environment = {**os.environ, **flow_environment(settings), "PYTHONPATH": str(HERE)}
    arguments = [sys.executable, "-m", "stack.runs.runner", *([pool] if pool else [])]
    os.execve(sys.executable, arguments, environment)  # noqa: S606 - a list, no shell


def unfit_place(settings: Settings) -> str:
    """Why no worker can work with these settings; empty when one can."""
    if settings.stack_file.exists():
        home = settings.home
        return f"{home} is the home of a stack, which has a runner; name another one with OUTAGE_HOME"
    missing = [name for name in ("record_dsn", "prefect_api_url") if name not in settings.model_fields_set]
    if missing:
        names = " and ".join(f"OUTAGE_{name.upper()}" for name in missing)
        return f"{names} must say where what it works for is"
    return ""
