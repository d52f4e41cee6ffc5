"""`make drill`: a real outage on a real cluster, healed end to end, also when everything dies in between."""

from collections.abc import Callable

import pytest

from tests.end_to_end.conftest import (
    Drill,
    in_json,
    kill_everything_of,
    kubectl,
    outage,
    prefect_state,
    until,
    writes_of,
)

pytestmark = [pytest.mark.end_to_end, pytest.mark.timeout(900)]


def image_of_auth() -> str:
    """The image that auth-service is told to run."""
    return kubectl(
        "get", "deployment/auth-service", "--output=jsonpath={.spec.template.spec.containers[0].image}"
    )


def test_a_bad_image_is_healed_with_one_command(ground: None) -> None:
    """The main job, as a new user runs it."""
    good = image_of_auth()

    said = outage("drill", "bad-image", "--yes", "--json")

    assert said.returncode == 0, said.stderr
    incident = in_json("show", "last")
    assert incident["ending"] == "Recovered"
    assert incident["hypotheses"][0]["cause"] == "bad-image"
    assert image_of_auth() == good
    assert {"detect_seconds", "plan_seconds", "approve_seconds", "mend_seconds", "verified_seconds"} == {
        name for name, value in incident["times"].items() if value is not None and name != "attempts"
    }
    assert [one["attempt"] for one in incident["times"]["attempts"]] == [1]
    assert prefect_state(incident["flow_run_id"]) == "Recovered"


def test_two_causes_at_once_are_mended_one_after_the_other(ground: None) -> None:
    """What mended the first stays, although it alone brought no recovery."""
    good = image_of_auth()

    said = outage("drill", "two-at-once", "--yes", "--json")

    assert said.returncode == 0, said.stderr
    incident = in_json("show", "last")
    assert incident["ending"] == "Recovered"
    assert len(writes_of(incident["id"])) == 2
    assert image_of_auth() == good
    assert "track" not in kubectl("get", "service/auth-service-active", "--output=jsonpath={.spec.selector}")


def test_a_no_writes_nothing_and_is_no_red_run(start_drill: Callable[[str], Drill]) -> None:
    """Declined is a named ending; the drill itself mends what it broke."""
    drill = start_drill("bad-image")
    waiting = drill.incident("awaiting-approval")

    said = outage("decline", waiting["id"], "--by", "ana", "--why", "not now")

    assert said.returncode == 0, said.stderr
    ended = drill.incident("closed")
    assert ended["ending"] == "Declined"
    assert "not now" in ended["says"]
    assert writes_of(ended["id"]) == []
    assert prefect_state(ended["flow_run_id"]) == "Declined"
    drill.process.wait(timeout=120)


def test_kill_9_at_both_joints_loses_nothing_and_writes_once(start_drill: Callable[[str], Drill]) -> None:
    """A waiting incident has no process: a new runner takes it up; and one that has written goes on with verifying."""
    drill = start_drill("bad-image")
    waiting = drill.incident("awaiting-approval")
    kill_everything_of(waiting["flow_run_id"])

    outage("approve", waiting["id"], "--by", "ana")
    until("the write", lambda: writes_of(waiting["id"]), 180)
    dead = kill_everything_of(waiting["flow_run_id"])

    assert len(dead) == 2
    ended = drill.end()
    assert ended["ending"] == "Recovered"
    assert len(writes_of(ended["id"])) == 1
