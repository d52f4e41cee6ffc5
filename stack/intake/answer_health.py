"""Whether an alert that is taken in would be answered: somebody must run the response."""

from collections.abc import Iterable

from blocks.prefect_api import PrefectApi
from blocks.record.process_leases import ProcessLeases, runner_lease
from blocks.settings import Settings
from outage.errors import OutageError, RecordError
from stack.processes import state_layout
from stack.processes.heartbeats import last_beat, silence_of
from stack.processes.supervisor import supervisor_state
from stack.runs.deployments import report_deployments

RESPONSE = "respond"
"""The deployment that answers an incident."""


def unanswered_because(settings: Settings, record: ProcessLeases, api: PrefectApi) -> list[str]:
    """Why nobody would answer an alert that came now, one sentence each; empty when somebody would.

    Args:
        settings: Of the home.
        record: Where the runner's lease stands: in a cluster it is all that is known of another pod.
        api: Knows there what can be run; on one machine a file of the runner's says more.
    """
    if settings.in_cluster:
        return [why for why in (missing_runner(record), _unknown_response(api)) if why]
    return [why for why in (_runner(settings), _deployment(settings)) if why]


def uncarried_pools(record: ProcessLeases, pools: Iterable[str]) -> list[str]:
    """Why alerts of single platforms would wait: a sentence for each work pool that no worker carries.

    Args:
        record: Where the workers' leases stand.
        pools: What platform files name; empty ones are our own runner's.
    """
    return [why for one in sorted({*pools} - {""}) if (why := missing_runner(record, one))]


def missing_runner(record: ProcessLeases, pool: str = "") -> str | None:
    """Why no response runs, as the record has it; None when a runner, or the worker of a pool, renews its lease."""
    try:
        lease = record.lease(runner_lease(pool))
    except RecordError:
        return None  # that it is away is said already
    who = f"no worker of pool {pool}" if pool else "no runner"
    if lease is None:
        return f"{who}: none ever held the lease, so no response runs"
    if lease.good:
        return None
    return (
        f"{who}: {lease.owner.says} let its lease run out at {lease.until:%Y-%m-%d %H:%M:%S} UTC,"
        " so no response runs"
    )


def _unknown_response(api: PrefectApi) -> str | None:
    try:
        known = api.deployments(RESPONSE)
    except OutageError:
        return None  # that the server is away is said already
    return None if known else f"no response can be run: Prefect knows no deployment {RESPONSE} yet"


def _runner(settings: Settings) -> str | None:
    state = supervisor_state(settings, "runner")
    if state is None:
        return "no runner: none was started, so no response runs"
    if not state.process.alive:
        last = last_beat(settings, "runner")
        when = f"; it was last seen at {last:%Y-%m-%d %H:%M:%S} UTC" if last else ""
        return f"no runner: process {state.process.pid} is dead, so no response runs{when}"
    silent = silence_of(settings, "runner")
    return f"no heartbeat of the runner, process {state.process.pid}: {silent}" if silent else None


def _deployment(settings: Settings) -> str | None:
    report = report_deployments(state_layout.state_folder(settings, "flows"))
    if report is None:
        return "no response can be run: the runner has not made its flows known yet"
    if any(one.name == RESPONSE for one in report.known):
        return None
    return f"no response can be run: {report.problems.get(RESPONSE, 'no deployment is called respond')}"
