"""The life of one flow process, forked from the runner."""

import contextlib
import logging
import os
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from outage.value import Value
from stack.processes import fork_target

WAITS = ("Finished in state Suspended(", "Finished in state Paused(")
"""How Prefect's engine takes leave of a run that waits for somebody; it says all but Completed as an error."""


class FlowProcessJob(Value):
    """What a flow process is to do."""

    run_id: str
    entrypoint: str
    log: Path


def settle_flow_process(job: FlowProcessJob) -> None:
    """Become the process of a flow run right after the fork."""
    fork_target.settle_in(job.log, "flow")
    fork_target.forget_rooms()
    os.environ["PREFECT__FLOW_RUN_ID"] = job.run_id
    os.environ["PREFECT__FLOW_ENTRYPOINT"] = job.entrypoint
    print(f"{datetime.now(UTC):%H:%M:%S} process {os.getpid()} carries run {job.run_id}", flush=True)  # noqa: T201


def run_flow(job: FlowProcessJob) -> None:
    """Run the flow to its end, or until it suspends itself. The same steps as `python -m prefect.engine`."""
    from prefect.engine import _drive_run_flow_result, handle_engine_signals
    from prefect.flow_engine import load_flow, load_flow_run, run_flow
    from prefect.logging.loggers import flow_run_logger

    run_id = UUID(job.run_id)
    logging.getLogger("prefect.flow_runs").addFilter(call_waiting_no_error)
    with handle_engine_signals(run_id):
        flow_run = load_flow_run(flow_run_id=run_id)
        logger = flow_run_logger(flow_run=flow_run)
        try:
            flow = load_flow(flow_run)
        except Exception:
            logger.exception("Could not load %s", job.entrypoint)
            raise
        _drive_run_flow_result(flow, run_flow(flow, flow_run=flow_run, error_logger=logger))  # type: ignore[arg-type]


def call_waiting_no_error(record: logging.LogRecord) -> bool:
    """Let the engine's word that a run waits be news: who looks for errors in a log finds errors there.

    Returns:
        True: every record is kept, and every other one as it is.
    """
    if record.levelno == logging.ERROR and record.getMessage().startswith(WAITS):
        record.levelno, record.levelname = logging.INFO, logging.getLevelName(logging.INFO)
    return True


def newest_source(folder: Path, rooms: tuple[str, ...]) -> float:
    """When our own source was last changed: then the deployments are made known anew."""
    newest = 0.0
    for room in rooms:
        for place, folders, files in os.walk(folder / room):
            folders[:] = [name for name in folders if name != "__pycache__"]
            for name in files:
                if name.endswith(".py"):
                    with contextlib.suppress(OSError):
                        newest = max(newest, os.stat(os.path.join(place, name)).st_mtime)
    return newest
