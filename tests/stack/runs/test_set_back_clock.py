"""A run that was asked for before the clock was set back begins now; what is planned ahead waits for its time."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from stack.runs.orphan_runs import is_of_the_future, waits_for_a_wrong_clock

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)


def asked(minutes: float, **more: Any) -> dict[str, Any]:
    """A scheduled run whose state somebody set so many minutes after noon."""
    return {"state": {"timestamp": (NOON + timedelta(minutes=minutes)).isoformat()}, **more}


@pytest.mark.parametrize(
    ("run", "is_so"),
    [
        pytest.param(asked(-1), False, id="just asked for"),
        pytest.param(asked(0.2), False, id="by a clock that is a little ahead"),
        pytest.param(asked(-1, expected_start_time="2031-01-01T00:00:00Z"), False, id="meant for later"),
        pytest.param(asked(120, auto_scheduled=True), False, id="a schedule's, which plans anew"),
        pytest.param({"state": None}, False, id="nothing is known of its state"),
        pytest.param(asked(120), True, id="asked for two hours from now"),
    ],
)
def test_only_what_was_asked_for_in_the_future_begins_now(run: dict[str, Any], is_so: bool) -> None:
    """The healthy cases first."""
    assert is_of_the_future(run, NOON) is is_so


@pytest.mark.parametrize(
    ("run", "is_so"),
    [
        pytest.param(asked(-1, state_type="PENDING"), False, id="its process is starting"),
        pytest.param(asked(-90, state_type="RUNNING"), False, id="at work for long"),
        pytest.param(asked(-4, state_type="PENDING"), True, id="told to wait, on a clock that was set back"),
        pytest.param(
            asked(120, state_type="PENDING"), True, id="told to wait, before the clock was set back"
        ),
    ],
)
def test_only_a_process_that_never_begins_is_ended(run: dict[str, Any], is_so: bool) -> None:
    """Of its flow nothing has run."""
    assert waits_for_a_wrong_clock(run, NOON) is is_so
