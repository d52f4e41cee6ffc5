"""Restarting all: one service after the other, each only once the one before is up again."""

from typing import Any

import pytest

from outage.diagnosis.hypothesis import Action
from outage.kubernetes.objects import ObjectRef
from outage.plans.outcome import Resolved, StepDid
from tasks.act import apply_plan_steps
from tests.tasks.act.fake_cluster import Clock, Cluster, Ledger
from tests.tasks.act.shop_plans import ACTING, AUTH, INCIDENT, at, change, deployment, plan_of, view

USER = at("Deployment", "user")


def ready(cluster: Cluster, target: ObjectRef, pods: int = 2) -> None:
    """All pods of the newest template run, as the controller reports it."""
    numbers = dict.fromkeys(("replicas", "updatedReplicas", "availableReplicas"), pods)
    live = cluster.objects[target]
    cluster.objects[target] = live | {
        "status": numbers | {"observedGeneration": live["metadata"]["generation"]}
    }


def restarted(cluster: Cluster, up_after: int, stopped: Any = lambda: None) -> Resolved:
    """Both restarted; auth is up again after so many looks."""
    clock, rests = Clock(), []

    def rest(seconds: float) -> None:
        rests.append(seconds)
        clock.rest(seconds)
        if len(rests) == up_after:
            ready(cluster, AUTH)

    plan = plan_of(cluster, change(Action.RESTART, AUTH), change(Action.RESTART, USER))
    return apply_plan_steps(
        plan,
        INCIDENT,
        Ledger(),
        cluster,
        policy=lambda: ACTING,
        view=lambda: view(cluster, taken_at=clock.now()),
        stopped=stopped,
        now=clock.now,
        rest=rest,
    )


@pytest.fixture
def cluster() -> Cluster:
    """Two services whose pods are being replaced."""
    made = Cluster(deployment("auth"), deployment("user"))
    ready(made, AUTH, pods=1)
    ready(made, USER)
    return made


def test_the_second_is_restarted_once_the_first_is_up_again(cluster: Cluster) -> None:
    """Not a moment earlier."""
    done = restarted(cluster, up_after=5)

    assert done.applied
    assert cluster.writes == [(Action.RESTART, AUTH), (Action.RESTART, USER)]


def test_what_does_not_come_up_again_is_followed_by_no_other(cluster: Cluster) -> None:
    """Two services down would be worse than one."""
    done = restarted(cluster, up_after=10_000)

    assert not done.applied
    assert cluster.writes == [(Action.RESTART, AUTH)]
    assert "the restart before it is not done: deployment/auth in shop: 1 of 2 updated" in done.says


def test_the_kill_switch_ends_the_waiting(cluster: Cluster) -> None:
    """Whoever throws it in between wants nothing more written."""
    done = restarted(cluster, up_after=10_000, stopped=lambda: "stop" if cluster.writes else None)

    assert cluster.writes == [(Action.RESTART, AUTH)]
    assert "the kill switch is thrown: stop" in done.says
    assert [one.did for one in done.outcomes.values()] == [StepDid.APPLIED, StepDid.FAILED]
