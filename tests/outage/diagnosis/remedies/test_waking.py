"""When what refused pods is mended, the controllers that stopped asking are woken."""

from collections.abc import Callable

import pytest

from outage.diagnosis.hypothesis import Action, Hypothesis
from outage.snapshots.baseline import WOKEN
from tests.outage.diagnosis.worlds.breaking_admission import limit_range, pod_security, quota, webhook
from tests.outage.diagnosis.worlds.breaking_pods import bad_command
from tests.outage.diagnosis.worlds.diagnosed import diagnose
from tests.outage.diagnosis.worlds.shop_snapshot import Ground, platform

Break = Callable[[Ground], None]


def first(break_it: Break) -> Hypothesis:
    """The likeliest cause."""
    ground = Ground()
    healthy = ground.baseline()
    break_it(ground)
    return diagnose(ground.snapshot(), platform(), healthy).hypotheses[0]


def woken(found: Hypothesis) -> list[str]:
    """Who is asked again by the repair."""
    changes = found.repair.changes if found.repair else ()
    return [str(one.target) for one in changes if WOKEN in str(one.patch)]


@pytest.mark.parametrize("break_it", [quota, limit_range, webhook, pod_security])
def test_the_workload_that_was_refused_is_woken_last(break_it: Break) -> None:
    """Before the refusal is gone, waking would only make it wait longer."""
    found = first(break_it)

    assert woken(found) == ["deployment/auth in shop"]
    assert found.repair
    assert found.repair.changes[-1].action is Action.PATCH
    assert len(found.repair.changes) == 2


def test_a_cause_in_the_workload_itself_wakes_nobody_else() -> None:
    """Its own change is what its controller hears of."""
    assert woken(first(bad_command)) == []


@pytest.mark.parametrize("noted", [{}, {"team": "a"}, {WOKEN: "2029-01-01T00:00:00Z"}])
def test_the_note_is_written_whatever_notes_there_are(noted: dict[str, str]) -> None:
    """JSON Patch makes no map by itself, and a note of an earlier outage must change."""

    def broken(ground: Ground) -> None:
        quota(ground)
        ground.get("Deployment", "auth")["metadata"]["annotations"] = dict(noted)

    found = first(broken)
    assert found.repair
    op = found.repair.changes[-1].patch[0]

    assert op["path"] == (
        "/metadata/annotations/outage.dev~1asked-again" if noted else "/metadata/annotations"
    )


def test_when_somebody_lifted_the_quota_already_only_the_waking_is_left() -> None:
    """Its controller does not hear of it, and nobody knows why nothing comes."""

    def lifted(ground: Ground) -> None:
        quota(ground)
        ground.drop("ResourceQuota", "tight")

    found = first(lifted)

    assert found.cause == "quota-exceeded"
    assert found.repair
    assert found.repair.summary.startswith("Let who was refused")
    assert woken(found) == ["deployment/auth in shop"]


def test_the_note_is_no_drift() -> None:
    """A healed workload is as its baseline."""
    ground = Ground()
    before = ground.baseline()
    ground.get("Deployment", "auth")["metadata"]["annotations"] = {WOKEN: "2030-01-01T12:00:00Z"}

    assert ground.baseline() == before
