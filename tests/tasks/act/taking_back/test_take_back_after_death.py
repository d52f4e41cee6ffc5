"""Taking back by a run that died, or after one: each undoing is written once."""

import pytest

from outage.diagnosis.hypothesis import Action
from outage.plans.plan import Plan
from tests.tasks.act.fake_cluster import Boundaries, Cluster, Died, Ledger
from tests.tasks.act.running import NODE, applied, state, taken_back
from tests.tasks.act.shop_plans import AUTH, at, change, configmap, deployment, image, node, plan_of


def _boundaries() -> int:
    cluster, ledger, plan = _two_steps()
    cluster.boundaries = ledger.boundaries = Boundaries()
    taken_back(cluster, ledger, plan)
    return cluster.boundaries.passed


def _two_steps() -> tuple[Cluster, Ledger, Plan]:
    cluster, ledger = Cluster(deployment(), configmap()), Ledger()
    plan = plan_of(
        cluster, change(Action.PATCH, AUTH, image()), change(Action.DELETE, at("ConfigMap", "settings"))
    )
    applied(cluster, ledger, plan)
    return cluster, ledger, plan


@pytest.mark.parametrize("die_at", range(1, _boundaries() + 1))
def test_a_death_while_taking_back_is_settled_by_the_next_run(die_at: int) -> None:
    """At each boundary: the state is as before in the end, and each undoing is written once."""
    cluster, ledger, plan = _two_steps()
    before = state(Cluster(deployment(), configmap()))
    cluster.boundaries = ledger.boundaries = Boundaries(die_at)
    with pytest.raises(Died):
        taken_back(cluster, ledger, plan)
    done = taken_back(cluster, ledger, plan)

    assert done.applied, done.says
    assert state(cluster) == before
    assert len(cluster.writes) == 4


@pytest.mark.parametrize("die_at", [1, 2, 3, 4])
def test_a_death_while_finding_nothing_to_undo_is_no_failure(die_at: int) -> None:
    """Somebody uncordoned the node before us; the run that saw it died before it could say so."""
    cluster, ledger = Cluster(node()), Ledger()
    plan = plan_of(cluster, change(Action.CORDON, NODE))
    applied(cluster, ledger, plan)
    cluster.edit(NODE, {"op": "remove", "path": "/spec/unschedulable"})
    before, written = state(cluster), list(cluster.writes)
    ledger.boundaries = Boundaries(die_at)
    with pytest.raises(Died):
        taken_back(cluster, ledger, plan)

    assert taken_back(cluster, ledger, plan).applied
    assert state(cluster) == before
    assert cluster.writes == written


def test_a_plan_that_died_before_its_outcome_is_taken_back_by_looking() -> None:
    """The intent is enough to know what to undo."""
    cluster = Cluster(deployment())
    before = state(cluster)
    plan = plan_of(cluster, change(Action.PATCH, AUTH, image()))
    cluster.boundaries = Boundaries()
    ledger = Ledger(cluster.boundaries)
    cluster.boundaries.die_at = 6
    with pytest.raises(Died):
        applied(cluster, ledger, plan)
    assert cluster.writes
    assert ledger.intents("inc-1")[0].outcome is None

    assert taken_back(cluster, ledger, plan).applied
    assert state(cluster) == before
