"""The life of one flow process, forked from the runner."""

import contextlib
import os
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from outage.value import Value
from stack.processes import fork_target


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
    with handle_engine_signals(run_id):
        flow_run = load_flow_run(flow_run_id=run_id)
        logger = flow_run_logger(flow_run=flow_run)
        try:
            flow = load_flow(flow_run)
        except Exception:
            logger.exception("Could not load %s", job.entrypoint)
            raise
        _drive_run_flow_result(flow, run_flow(flow, flow_run=flow_run, error_logger=logger))  # type: ignore[arg-type]


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
