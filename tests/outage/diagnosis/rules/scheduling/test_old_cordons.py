"""A node that has long been cordoned is no news: it is not opened by a response."""

import pytest

from outage.diagnosis.hypothesis import Action, Hypothesis
from tests.outage.diagnosis.worlds.breaking_scheduling import cordons
from tests.outage.diagnosis.worlds.diagnosed import diagnose
from tests.outage.diagnosis.worlds.shop_snapshot import Ground, platform


def told(*, when_well: bool) -> list[Hypothesis]:
    """What is said of cordoned nodes that were, or were not, so when the baseline was recorded."""
    before = Ground()
    if when_well:
        for one in before.objects["Node"]:
            one["spec"]["unschedulable"] = True
    baseline = before.baseline()
    ground = Ground()
    cordons(ground)
    found = diagnose(ground.snapshot(), platform(), baseline).hypotheses
    return [one for one in found if one.cause == "node-cordoned"]


@pytest.mark.parametrize("when_well", [True, False])
def test_only_a_new_cordon_is_taken_away(when_well: bool) -> None:
    """What was so when all was well was somebody's wish."""
    repairs = [one.repair.changes[0].action for one in told(when_well=when_well) if one.repair]

    assert set(repairs) == (set() if when_well else {Action.UNCORDON})


def test_an_old_cordon_is_doubted() -> None:
    """It is told still: the scheduler says so."""
    assert all("there-when-well" in one.doubts for one in told(when_well=True))
