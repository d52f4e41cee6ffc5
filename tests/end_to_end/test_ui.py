"""A person approves in the real Prefect UI, and sees the phases and the timeline there."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.end_to_end import browsing
from tests.end_to_end.conftest import Drill, in_json, writes_of

pytestmark = [pytest.mark.end_to_end, pytest.mark.timeout(900)]

PICTURES = Path(__file__).resolve().parent.parent.parent / "results"


def test_a_plan_is_approved_through_its_form(start_drill: Callable[[str], Drill]) -> None:
    """The form shows the plan with its diff; the answer goes on the record with its door."""
    drill = start_drill("bad-image")
    waiting = drill.incident("awaiting-approval")

    with browsing.page() as page:
        form = browsing.answer(
            page, waiting["flow_run_id"], "approve", "ana", "the diff is one line", PICTURES / "approval.png"
        )
    ended = drill.end()

    assert "-        image: adaptive/auth-service:9.9.9-broken" in form
    assert "way back" in form
    assert ended["ending"] == "Recovered"
    assert [(one["by"], one["door"], one["why"]) for one in ended["approvals"]] == [
        ("ana", "ui", "the diff is one line")
    ]
    assert len(writes_of(ended["id"])) == 1

    with browsing.page() as page:
        shown = browsing.read_run(page, ended["flow_run_id"], PICTURES / "run.png")
    for phase in ("triage", "investigate", "plan", "resolve", "verify", "close"):
        assert f"{phase} {ended['id']}" in shown
    assert "Timeline" in shown
    assert in_json("show", ended["id"])["drill"] == "bad-image"
