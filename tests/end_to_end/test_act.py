"""`outage act`: one of the runbook's actions, chosen by hand on the real cluster, from the choice to the verdict."""

import pytest

from cli.drills.drill_preparation import raise_ground
from tests.end_to_end.conftest import in_json, kubectl, outage, until, writes_of

pytestmark = [pytest.mark.end_to_end, pytest.mark.timeout(600)]

RESTARTED_AT = "{.spec.template.metadata.annotations.kubectl\\.kubernetes\\.io/restartedAt}"


def restarted_at() -> str:
    """When content-service was restarted last; empty when it never was."""
    return kubectl("get", "deployment/content-service", f"--output=jsonpath={RESTARTED_AT}")


def test_a_service_is_restarted_by_hand_and_judged_by_what_was_named(ground: None) -> None:
    """Nothing is wrong; an incident is opened for it, and nothing is written before a yes. A restart leaves nothing."""
    raise_ground(print)
    before = restarted_at()

    wrong = outage("act", "restart", "postgres", "--by", "ana")
    chosen = in_json(
        "act", "restart", "content-service", "--by", "ana", "--because", "it holds old connections"
    )

    assert "postgres is a data store" in wrong.stderr
    incident = chosen["incident"]
    until("a plan that waits", lambda: in_json("show", incident)["phase"] == "awaiting-approval", 120)
    shown = in_json("show", incident)
    assert [step["change"]["action"] for step in shown["plans"][0]["steps"]] == ["restart"]
    assert "restartedAt" in shown["plans"][0]["steps"][0]["diff"]
    assert restarted_at() == before

    assert outage("approve", incident, "--by", "ana").returncode == 0
    until("its end", lambda: in_json("show", incident)["phase"] == "closed", 300)
    ended = in_json("show", incident)
    assert ended["ending"] == "Recovered"
    assert len(writes_of(incident)) == 1
    assert restarted_at() != before
