"""Taking back: for every action, the state after equals the state before; what is not ours stays."""

from collections.abc import Callable
from typing import Any

import pytest

from outage.hypothesis import Action, Change
from outage.objects import ObjectRef
from outage.outcome import Did, Resolved
from outage.plan import Plan
from tasks.act import apply, take_back
from tests.tasks.act.ground import (
    ACTING,
    AUTH,
    INCIDENT,
    Boundaries,
    Clock,
    Cluster,
    Died,
    Ledger,
    at,
    change,
    configmap,
    deployment,
    image,
    node,
    plan_of,
    pod,
    session,
    world,
)

NODE = at("Node", "node-1", "")


CORDONED = at("Node", "node-2", "")
SESSION = at("Session", "7", "")
NOT_RESTORED = ("Pod", "Session")
"""Kinds whose objects end for good: a controller, or the client, puts another one in their place."""


def applied(
    cluster: Cluster, ledger: Ledger, plan: Plan, stopped: Callable[[], str | None] = lambda: None
) -> Resolved:
    """Apply under a policy that acts alone."""
    clock = Clock()
    return apply(
        plan,
        INCIDENT,
        ledger,
        cluster,
        policy=lambda: ACTING,
        world=lambda: world(cluster, taken_at=clock.now()),
        stopped=stopped,
        now=clock.now,
        rest=clock.rest,
        database=cluster,
    )


def taken_back(cluster: Cluster, ledger: Ledger, plan: Plan, stop: str | None = None) -> Resolved:
    """Take back with a clock that costs nothing."""
    clock = Clock()
    return take_back(
        plan,
        INCIDENT,
        ledger,
        cluster,
        stopped=lambda: stop,
        now=clock.now,
        rest=clock.rest,
        database=cluster,
    )


def state(cluster: Cluster) -> dict[ObjectRef, Any]:
    """All objects without what the server counts."""
    return {
        ref: {
            **{key: value for key, value in one.items() if key not in ("metadata", "status")},
            "labels": one["metadata"].get("labels"),
            "annotations": one["metadata"].get("annotations"),
        }
        for ref, one in cluster.objects.items()
        if ref.kind not in NOT_RESTORED
    }


OLDER = {
    "metadata": {"labels": {"app": "auth"}},
    "spec": {"containers": [{"name": "app", "image": "auth:8"}]},
}

EVERY_ACTION = [
    pytest.param(change(Action.PATCH, AUTH, image()), id="patch"),
    pytest.param(
        change(Action.PATCH, AUTH, {"op": "remove", "path": "/spec/replicas"}), id="patch that removes"
    ),
    pytest.param(
        change(
            Action.PATCH,
            AUTH,
            {"op": "add", "path": "/spec/template/spec/containers/-", "value": {"name": "b"}},
        ),
        id="patch that adds to a list",
    ),
    pytest.param(
        change(Action.UNDO, AUTH, {"op": "replace", "path": "/spec/template", "value": OLDER}), id="undo"
    ),
    pytest.param(
        change(Action.SCALE, AUTH, {"op": "replace", "path": "/spec/replicas", "value": 5}), id="scale"
    ),
    pytest.param(change(Action.RESTART, AUTH), id="restart"),
    pytest.param(
        change(Action.CREATE, at("ConfigMap", "other"), manifest=configmap("other")),
        id="create",
    ),
    pytest.param(change(Action.DELETE, at("ConfigMap", "settings")), id="delete"),
    pytest.param(change(Action.DELETE, at("Pod", "auth-1-a")), id="delete a pod"),
    pytest.param(change(Action.CORDON, NODE), id="cordon"),
    pytest.param(change(Action.UNCORDON, CORDONED), id="uncordon"),
    pytest.param(change(Action.DRAIN, NODE), id="drain"),
    pytest.param(change(Action.CANCEL, SESSION, session=7), id="cancel"),
]


def test_every_action_has_a_case_of_being_taken_back() -> None:
    """Who adds an action says here how it is undone."""
    tried = {one.values[0].action for one in EVERY_ACTION}

    assert tried == set(Action)


@pytest.mark.parametrize("mending", EVERY_ACTION)
def test_the_state_after_taking_back_equals_the_state_before(mending: Change) -> None:
    """The promise that lets a plan be tried at all."""
    cordoned = node("node-2", unschedulable=True)
    cluster = Cluster(deployment(), configmap(), node(), cordoned, pod("auth-1-a"), session())
    ledger, before = Ledger(), state(cluster)
    plan = plan_of(cluster, mending)
    assert applied(cluster, ledger, plan).applied
    assert state(cluster) != before or mending.target not in cluster.objects
    if mending.target in cluster.objects:
        cluster.report_status(mending.target)

    done = taken_back(cluster, ledger, plan)

    assert done.applied, done.says
    assert state(cluster) == before


def test_an_uncordoned_node_is_cordoned_again() -> None:
    """The other direction of the same write."""
    cluster, ledger = Cluster(node(unschedulable=True)), Ledger()
    plan = plan_of(cluster, change(Action.UNCORDON, NODE))
    applied(cluster, ledger, plan)
    assert cluster.objects[NODE]["spec"] == {}

    assert taken_back(cluster, ledger, plan).applied
    assert cluster.objects[NODE]["spec"] == {"unschedulable": True}


def test_a_drain_evicts_what_a_controller_replaces_and_leaves_daemons() -> None:
    """DaemonSet pods would come back at once."""
    daemon = pod("proxy")
    daemon["metadata"]["ownerReferences"][0]["kind"] = "DaemonSet"
    cluster, ledger = Cluster(node(), pod("auth-1-a"), daemon, pod("auth-1-b", "node-2")), Ledger()

    assert applied(cluster, ledger, plan_of(cluster, change(Action.DRAIN, NODE))).applied
    assert {ref.name for ref in cluster.objects if ref.kind == "Pod"} == {"proxy", "auth-1-b"}


def test_a_drain_that_somebody_stops_evicts_no_more_and_says_so() -> None:
    """The switch is thrown after the first round, while a pod that a budget holds is still waited for."""
    cluster, ledger = Cluster(node(), pod("auth-1-a"), pod("auth-1-b")), Ledger()
    cluster.held = {"auth-1-b": 99}
    plan = plan_of(cluster, change(Action.DRAIN, NODE))
    done = applied(cluster, ledger, plan, stopped=lambda: "wrong node" if cluster.evicted else None)

    assert not done.applied
    assert "stopped with 1 pods still there, the kill switch is thrown: wrong node" in done.says
    assert [ref.name for ref in cluster.evicted] == ["auth-1-a"]


def test_a_drain_that_was_stopped_is_taken_back() -> None:
    """Its node was cordoned all the same: leaving that would be an outage of ours."""
    cluster, ledger = Cluster(node(), pod("auth-1-a")), Ledger()
    cluster.held, before = {"auth-1-a": 99}, state(cluster)
    plan = plan_of(cluster, change(Action.DRAIN, NODE))
    assert not applied(cluster, ledger, plan).applied
    assert state(cluster) != before

    assert taken_back(cluster, ledger, plan).applied
    assert state(cluster) == before


def test_a_drain_that_wrote_nothing_leaves_somebody_elses_cordon() -> None:
    """The node was cordoned before; what is there when the drain is taken back is theirs."""
    cluster, ledger = Cluster(node(unschedulable=True), pod("auth-1-a")), Ledger()
    cluster.held = {"auth-1-a": 99}
    plan = plan_of(cluster, change(Action.DRAIN, NODE))
    assert not applied(cluster, ledger, plan).applied

    assert taken_back(cluster, ledger, plan).applied
    assert cluster.writes == []


def test_a_drain_that_goes_on_after_a_death_cordons_once() -> None:
    """The next run finds the node cordoned and only evicts what is left."""
    cluster, ledger = Cluster(node(), pod("auth-1-a")), Ledger()
    plan = plan_of(cluster, change(Action.DRAIN, NODE))
    cluster.boundaries = Boundaries(6)  # read, read, write (before and after), eviction before and after
    with pytest.raises(Died):
        applied(cluster, ledger, plan)

    assert applied(cluster, ledger, plan).applied
    assert cluster.writes == [(Action.DRAIN, NODE)]
    assert [ref.name for ref in cluster.evicted] == ["auth-1-a"]


def test_what_was_already_so_is_not_taken_back() -> None:
    """Somebody else mended it: that is not ours to undo."""
    cluster, ledger = Cluster(deployment(image="auth:8")), Ledger()
    plan = plan_of(cluster, change(Action.PATCH, AUTH, image()))
    assert [one.did for one in applied(cluster, ledger, plan).outcomes.values()] == [Did.ALREADY_SO]

    assert taken_back(cluster, ledger, plan).outcomes == {}
    assert cluster.writes == []


def test_what_somebody_edited_since_is_left_to_a_person() -> None:
    """Their change at the same field is newer than ours."""
    cluster, ledger = Cluster(deployment()), Ledger()
    plan = plan_of(cluster, change(Action.PATCH, AUTH, image()))
    applied(cluster, ledger, plan)
    cluster.edit(AUTH, image("auth:theirs"))
    done = taken_back(cluster, ledger, plan)

    assert not done.applied
    assert "a person has to look" in done.says
    assert len(cluster.writes) == 1


def test_an_object_that_somebody_made_anew_is_not_deleted() -> None:
    """Only the one that we created is ours to delete."""
    target = at("ConfigMap", "other")
    cluster, ledger = Cluster(), Ledger()
    plan = plan_of(cluster, change(Action.CREATE, target, manifest=configmap("other")))
    applied(cluster, ledger, plan)
    cluster.put(configmap("other"))

    assert not taken_back(cluster, ledger, plan).applied
    assert target in cluster.objects


def test_a_kill_switch_holds_the_taking_back_too() -> None:
    """It means: write nothing."""
    cluster, ledger = Cluster(deployment()), Ledger()
    plan = plan_of(cluster, change(Action.PATCH, AUTH, image()))
    applied(cluster, ledger, plan)
    done = taken_back(cluster, ledger, plan, stop="somebody is looking")

    assert "somebody is looking" in done.says
    assert len(cluster.writes) == 1


def test_half_a_plan_is_taken_back_last_step_first() -> None:
    """Later steps rely on earlier ones."""
    cluster, ledger = Cluster(deployment(), configmap()), Ledger()
    before = state(cluster)
    target = at("ConfigMap", "settings")
    plan = plan_of(
        cluster,
        change(Action.PATCH, AUTH, image()),
        change(Action.DELETE, target),
        change(Action.CREATE, target, manifest=configmap(LEVEL="debug")),
    )
    applied(cluster, ledger, plan)
    done = taken_back(cluster, ledger, plan)

    assert done.applied, done.says
    assert [key.split("-")[2] for key in done.outcomes] == ["create", "delete", "patch"] or len(
        done.outcomes
    ) == 3
    assert state(cluster) == before


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


def test_an_object_that_was_patched_and_then_made_anew_is_taken_back_whole() -> None:
    """Undoing the deletion gives it a new uid; the patch before is undone on that one."""
    cluster, ledger = Cluster(configmap()), Ledger()
    before, target = state(cluster), at("ConfigMap", "settings")
    plan = plan_of(
        cluster,
        change(Action.PATCH, target, {"op": "replace", "path": "/data/LEVEL", "value": "debug"}),
        change(Action.DELETE, target),
        change(Action.CREATE, target, manifest=configmap(LEVEL="warn")),
    )
    assert applied(cluster, ledger, plan).applied
    done = taken_back(cluster, ledger, plan)

    assert done.applied, done.says
    assert state(cluster) == before
