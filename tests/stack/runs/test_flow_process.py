"""What a flow process leaves in Prefect's log: no error where a run waits for somebody, one where it failed."""

import logging
import os
from pathlib import Path
from typing import Any

import pytest

from blocks.prefect_api import PrefectApi
from blocks.settings import Settings
from stack.processes import state_layout
from stack.runs.flow_process import call_waiting_no_error
from stack.stack_up import bring_stack_up
from tests.conftest import eventually

ENGINE = "prefect.flow_runs"


@pytest.mark.parametrize(
    ("level", "says", "kept"),
    [
        (logging.INFO, "Finished in state Completed()", logging.INFO),
        (logging.ERROR, "Finished in state Suspended(type=PAUSED)", logging.INFO),
        (logging.ERROR, "Finished in state Suspended('a plan waits', type=PAUSED)", logging.INFO),
        (logging.ERROR, "Finished in state Paused()", logging.INFO),
        (logging.ERROR, "Finished in state Failed('it was Suspended(type=PAUSED)')", logging.ERROR),
        (logging.ERROR, "Finished in state Cancelled()", logging.ERROR),
        (logging.ERROR, "Finished in state Crashed('aborted')", logging.ERROR),
        (logging.ERROR, "Suspended, and nobody can be asked", logging.ERROR),
        (logging.CRITICAL, "Finished in state Suspended(type=PAUSED)", logging.CRITICAL),
    ],
)
def test_waiting_alone_is_no_error(level: int, says: str, kept: int) -> None:
    """Nothing is dropped; what is wrong stays as loud as it was."""
    record = logging.LogRecord(ENGINE, level, "flow_engine.py", 1, says, (), None)

    assert call_waiting_no_error(record)
    assert (record.levelno, record.levelname) == (kept, logging.getLevelName(kept))


def logged(api: PrefectApi, run: str) -> list[tuple[int, str]]:
    """What Prefect's UI shows of a run's log, with its levels."""
    asked = {"logs": {"flow_run_id": {"any_": [run]}}, "sort": "TIMESTAMP_ASC", "limit": 200}
    return [(one["level"], one["message"]) for one in api.ask("POST", "/logs/filter", asked)]


@pytest.mark.stack
@pytest.mark.parametrize(
    ("deployment", "state", "ends", "errors"),
    [
        pytest.param(
            "asking", "Suspended", "Finished in state Suspended", 0, id="a plan waits for its answer"
        ),
        pytest.param(
            "waiting", "Suspended", "Finished in state Suspended", 0, id="it waits for another's outcome"
        ),
        pytest.param("leading", "Suspended", "Finished in state Suspended", 0, id="a person leads"),
        pytest.param("failing", "Failed", "Finished in state Failed", 2, id="a flow that fails is an error"),
    ],
)
def test_a_run_that_waits_left_no_error_in_prefects_log(
    toy_stack: Settings, tmp_path: Path, deployment: str, state: str, ends: str, errors: int
) -> None:
    """As its UI shows it, and as the process' own log on disk has it."""
    bring_stack_up(toy_stack, print)  # another test took it down
    with PrefectApi(toy_stack.prefect_api_url) as api:
        known = api.deployments(deployment)[0]["id"]
        path: dict[str, Any] = {"path": str(tmp_path / "toy")}
        run = api.start_run(known, name=deployment, key=os.urandom(8).hex(), parameters=path)
        eventually(f"the run is {state}", lambda: api.run(run)["state_name"] == state)
        found = eventually(
            "its last line is kept",
            lambda: (lines := logged(api, run)) and any(says.startswith(ends) for _, says in lines) and lines,
        )
    words = state_layout.flow_log(toy_stack, run).read_text(encoding="utf-8")

    assert len([says for level, says in found if level >= logging.WARNING]) == errors
    assert sum(" | ERROR " in line for line in words.splitlines()) == errors
    assert ends in words
