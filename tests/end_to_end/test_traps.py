"""What changes between the yes and the write stops the write: nothing is written on an old picture."""

from collections.abc import Callable, Iterator

import httpx
import pytest

from tests.end_to_end.conftest import Drill, kubectl, outage, prefect_state, writes_of

pytestmark = [pytest.mark.end_to_end, pytest.mark.timeout(600)]

VARIABLES = "http://127.0.0.1:4200/api/variables"
SWITCH = "outage_kill_switch"


@pytest.fixture
def kill_switch() -> Iterator[Callable[[str], None]]:
    """Throws the switch as a person does in the UI, and takes it back."""

    def throw(reason: str) -> None:
        httpx.patch(f"{VARIABLES}/name/{SWITCH}", json={"value": reason}, timeout=10).raise_for_status()

    yield throw
    httpx.patch(f"{VARIABLES}/name/{SWITCH}", json={"value": "off"}, timeout=10)


def test_a_kill_switch_thrown_after_the_plan_was_shown_stops_the_write(
    start_drill: Callable[[str], Drill], kill_switch: Callable[[str], None]
) -> None:
    """It is asked right before the write, whoever said yes."""
    drill = start_drill("bad-image")
    waiting = drill.incident("awaiting-approval")
    kill_switch("the database is being moved")

    outage("approve", waiting["id"], "--by", "ana")

    ended = drill.incident("closed")
    assert ended["ending"] == "Refused"
    assert "the database is being moved" in ended["says"]
    assert all(says.startswith("Failed") for says in writes_of(ended["id"]))
    assert prefect_state(ended["flow_run_id"]) == "Refused"
    drill.process.wait(timeout=120)


def test_an_object_that_somebody_edited_after_the_plan_was_shown_is_left_alone(
    start_drill: Callable[[str], Drill],
) -> None:
    """The yes was to another object than the one that is there now."""
    drill = start_drill("bad-image")
    waiting = drill.incident("awaiting-approval")
    kubectl("set", "image", "deployment/auth-service", "auth-service=adaptive/auth-service:somebody-was-here")

    outage("approve", waiting["id"], "--by", "ana")

    ended = drill.incident("closed")
    assert ended["ending"] == "Refused"
    assert "since the plan was made" in ended["says"]
    assert all(says.startswith("Failed") for says in writes_of(ended["id"]))
    drill.process.wait(timeout=120)
