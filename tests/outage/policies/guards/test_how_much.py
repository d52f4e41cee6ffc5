"""How much may be disturbed, how often, and by how fresh a view."""

from datetime import timedelta

import pytest

from outage.diagnosis.hypothesis import Action
from outage.kubernetes.objects import ObjectRef
from outage.plans.objection import Objection
from outage.plans.plan import Plan
from outage.policies.guards import RecentWrite, plan_objections
from outage.policies.guards.guard_view import GuardView
from outage.policies.policy import Policy
from tests.outage.policies.guards.guard_places import (
    AUTH,
    NODE,
    NOON,
    POLICY,
    budget,
    deployment,
    node,
    plan,
    pod,
    scaling,
    step,
    view,
)
from tests.outage.policies.guards.spoiled_views import A_POD, HPA, reasons

DAEMONS = ObjectRef(kind="DaemonSet", name="auth-1", namespace="shop")
DAEMON_SET = {
    "kind": "DaemonSet",
    "metadata": {"name": "auth-1", "namespace": "shop", "uid": "u"},
    "spec": {"updateStrategy": {"rollingUpdate": {"maxUnavailable": "50%"}}},
}


@pytest.mark.parametrize(
    ("of", "seen", "policy", "expected"),
    [
        pytest.param(
            plan(scaling(1)), view(), POLICY, Objection.REPLICAS_FLOOR, id="below the platform's floor"
        ),
        pytest.param(
            plan(scaling(2)),
            view({"HorizontalPodAutoscaler": (HPA,)}),
            POLICY,
            Objection.REPLICAS_FLOOR,
            id="below the autoscaler's minimum",
        ),
        pytest.param(
            plan(scaling(6)),
            view({"HorizontalPodAutoscaler": (HPA,)}),
            POLICY,
            Objection.SHARE_DISTURBED,
            id="above the autoscaler's maximum",
        ),
        pytest.param(
            plan(step(Action.RESTART)),
            view({"Deployment": (deployment(strategy={"type": "Recreate"}),)}),
            POLICY,
            Objection.SHARE_DISTURBED,
            id="recreating everything that works",
        ),
        pytest.param(
            plan(step(Action.RESTART, DAEMONS)),
            view({"Pod": (pod("auth-1-a", kind="DaemonSet"),), "DaemonSet": (DAEMON_SET,)}),
            POLICY.model_copy(update={"kinds": ("DaemonSet",)}),
            Objection.SHARE_DISTURBED,
            id="half of one daemon is one: its controller rounds up",
        ),
        pytest.param(
            plan(step(Action.RESTART)),
            view({"Pod": None}),
            POLICY,
            Objection.CANNOT_TELL,
            id="pods that could not be seen",
        ),
        pytest.param(
            plan(step(Action.DELETE, A_POD)),
            view({"PodDisruptionBudget": (budget(0),)}),
            POLICY,
            Objection.DISRUPTION_BUDGET,
            id="a budget that is spent",
        ),
        pytest.param(
            plan(step(Action.DRAIN, NODE)),
            view({"PodDisruptionBudget": (budget(0),)}),
            POLICY,
            Objection.DISRUPTION_BUDGET,
            id="a drain that would hang",
        ),
        pytest.param(
            plan(step(Action.DRAIN, NODE)),
            view({"PodDisruptionBudget": None}),
            POLICY,
            Objection.CANNOT_TELL,
            id="budgets that could not be seen",
        ),
        pytest.param(
            plan(),
            view(writes=(RecentWrite(incident="inc-0", target=AUTH, at=NOON - timedelta(minutes=9)),)),
            POLICY,
            Objection.COOLDOWN,
            id="another incident wrote it just now",
        ),
        pytest.param(
            plan(),
            view(writes=tuple(RecentWrite(incident=f"inc-{n}", target=NODE, at=NOON) for n in range(12))),
            POLICY,
            Objection.TOO_MANY_ACTIONS,
            id="too many writes in an hour",
        ),
        pytest.param(
            plan(*(step() for _ in range(7))),
            view(),
            POLICY,
            Objection.TOO_MANY_ACTIONS,
            id="too many steps",
        ),
        pytest.param(
            plan().model_copy(update={"steps": ()}),
            view(),
            POLICY,
            Objection.CANNOT_TELL,
            id="no step at all",
        ),
        pytest.param(plan(), view(causes=4), POLICY, Objection.STORM, id="too many causes at once"),
        pytest.param(
            plan(),
            view({"Node": (node(ready=False), node("node-2", ready=False), node("node-3"))}),
            POLICY,
            Objection.STORM,
            id="most nodes not ready",
        ),
        pytest.param(
            plan(),
            view(taken_at=NOON - timedelta(minutes=3)),
            POLICY,
            Objection.STALE_VIEW,
            id="an old picture",
        ),
        pytest.param(
            plan(),
            view().model_copy(update={"snapshot": view().snapshot.model_copy(update={"objects": {}})}),
            POLICY,
            Objection.CANNOT_TELL,
            id="an empty view is not a healthy view",
        ),
    ],
)
def test_it_is_refused(of: Plan, seen: GuardView, policy: Policy, expected: Objection) -> None:
    """Each with a sentence of its own."""
    assert expected in reasons(of, seen, policy)
    assert all(len(one.says) > 10 for one in plan_objections(of, seen, policy, NOON))
