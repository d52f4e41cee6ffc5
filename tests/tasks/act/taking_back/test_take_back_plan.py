"""Taking back: for every action, the state after equals the state before; what is not ours stays."""

import pytest

from outage.diagnosis.hypothesis import Action, Change
from outage.plans.outcome import StepDid
from tests.tasks.act.fake_cluster import Cluster, Ledger
from tests.tasks.act.running import CORDONED, NODE, SESSION, applied, state, taken_back
from tests.tasks.act.shop_plans import (
    AUTH,
    at,
    change,
    configmap,
    deployment,
    image,
    node,
    plan_of,
    pod,
    session,
)

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


def test_what_was_already_so_is_not_taken_back() -> None:
    """Somebody else mended it: that is not ours to undo."""
    cluster, ledger = Cluster(deployment(image="auth:8")), Ledger()
    plan = plan_of(cluster, change(Action.PATCH, AUTH, image()))
    assert [one.did for one in applied(cluster, ledger, plan).outcomes.values()] == [StepDid.ALREADY_SO]

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
