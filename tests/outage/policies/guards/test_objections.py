"""Guards together: all objections are collected, and who cannot tell refuses."""

from datetime import timedelta

import pytest

from outage.diagnosis.hypothesis import Action
from outage.plans.objection import Objection
from outage.plans.plan import Plan
from outage.policies.guards import plan_objections
from outage.policies.guards.guard_view import GuardView
from tests.outage.policies.guards.guard_places import (
    AUTH,
    NODE,
    NOON,
    POLICY,
    deployment,
    plan,
    pod,
    scaling,
    step,
    view,
)
from tests.outage.policies.guards.spoiled_views import A_POD, COREDNS, limits, reasons

NOBODY_DISTURBED = limits(disturbed_share=0)


@pytest.mark.parametrize(
    ("of", "unseen"),
    [
        pytest.param(plan(step(Action.RESTART)), "Deployment", id="a target whose marks are unseen"),
        pytest.param(plan(), "Deployment", id="a patch of what is unseen"),
        pytest.param(plan(step(Action.PATCH, COREDNS)), "ConfigMap", id="a single object that is unseen"),
        pytest.param(plan(), "Namespace", id="a namespace that people may have paused"),
        pytest.param(plan(step(Action.CREATE, AUTH)), "Namespace", id="creating where people may be at work"),
        pytest.param(plan(step(Action.RESTART)), "ReplicaSet", id="a Deployment that seems to have no pods"),
        pytest.param(plan(step(Action.RESTART)), "Pod", id="pods that would be disturbed"),
        pytest.param(plan(scaling(2)), "HorizontalPodAutoscaler", id="scaling what an autoscaler may own"),
        pytest.param(
            plan(step(Action.DELETE, AUTH)), "HorizontalPodAutoscaler", id="deleting what one may own"
        ),
        pytest.param(plan(step(Action.DELETE, A_POD)), "Pod", id="a pod that is unseen"),
        pytest.param(plan(step(Action.DELETE, A_POD)), "PodDisruptionBudget", id="a pod's budget"),
        *(
            pytest.param(plan(step(action, NODE)), "Node", id=f"{action} without seeing the nodes")
            for action in (Action.CORDON, Action.UNCORDON, Action.DRAIN, Action.PATCH)
        ),
    ],
)
def test_a_guard_that_cannot_tell_refuses(of: Plan, unseen: str) -> None:
    """Whatever kind could not be looked at: that an object is absent from it means nothing."""
    against = plan_objections(of, view({unseen: None}), POLICY, NOON)

    assert Objection.CANNOT_TELL in [one.reason for one in against]
    assert any(f"{unseen} could not be looked at" in one.says for one in against)
    assert len(against) == len(set(against)), "each refusal is said once"


def test_a_restart_is_refused_when_only_pods_could_be_seen() -> None:
    """No Deployment, autoscaler or node was listed: nothing tells what the restart would disturb."""
    only = GuardView(
        snapshot=view().snapshot.model_copy(update={"objects": {"Pod": (pod("auth-1-a"),)}}),
        platform=view().platform,
        missing_rights=(),
    )

    assert reasons(plan(step(Action.RESTART)), only, NOBODY_DISTURBED) == [Objection.CANNOT_TELL]


def test_all_objections_are_collected() -> None:
    """The responder sees three reasons, not the first."""
    seen = view(kill_switch="stop", causes=9, taken_at=NOON - timedelta(hours=1))

    assert reasons(plan(scaling(0)), seen) == [
        Objection.KILL_SWITCH,
        Objection.STALE_VIEW,
        Objection.STORM,
        Objection.REPLICAS_FLOOR,
        Objection.SHARE_DISTURBED,
    ]


def test_a_guard_that_fails_refuses() -> None:
    """Who cannot tell says no: a Deployment of a shape that nobody expected."""
    odd = deployment(strategy={"rollingUpdate": {"maxUnavailable": "many%"}})
    [refusal] = plan_objections(plan(), view({"Deployment": (odd,)}), POLICY, NOON)

    assert refusal.reason is Objection.CANNOT_TELL
    assert "share_disturbed" in refusal.says


def test_every_reason_is_given_by_some_guard() -> None:
    """A reason that nobody gives would be a promise that nobody keeps; `not-allowed` is the policy's own."""
    import ast
    from pathlib import Path

    import outage.policies.guards

    given = set()
    for path in Path(outage.policies.guards.__file__).parent.glob("*.py"):
        for here in ast.walk(ast.parse(path.read_text())):
            if (
                isinstance(here, ast.Attribute)
                and isinstance(here.value, ast.Name)
                and here.value.id == "Objection"
            ):
                given.add(here.attr)

    assert {one.name for one in Objection} - given == {"NOT_ALLOWED"}
