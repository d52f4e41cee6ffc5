"""What must stay silent: the case beside each reason not to act."""

from datetime import timedelta

import pytest

from outage.diagnosis.hypothesis import Action
from outage.plans.plan import Plan
from outage.policies.guards import RecentWrite, plan_objections
from outage.policies.guards.guard_view import GuardView
from outage.policies.policy import Freeze, Policy
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
from tests.outage.policies.guards.spoiled_views import (
    A_POD,
    CLAIM,
    COREDNS,
    DEFAULT_ROLLOUT,
    ENDING,
    SERVICE,
    SERVICES,
    STATEFUL,
    claim,
    marked,
    sessions,
)


@pytest.mark.parametrize(
    ("of", "seen", "policy"),
    [
        pytest.param(plan(), view(), POLICY, id="a patch of an allowed object"),
        pytest.param(plan(scaling(2)), view(), POLICY, id="the floor itself is allowed"),
        pytest.param(plan(step(Action.PATCH, COREDNS)), view(), POLICY, id="a single object by its name"),
        pytest.param(
            plan(step(Action.RESTART)),
            view({"Deployment": (deployment(**DEFAULT_ROLLOUT),)}),
            POLICY,
            id="a rolling restart that takes no pod away",
        ),
        pytest.param(
            plan(step(Action.RESTART)),
            view(
                {
                    "Deployment": (deployment(strategy={"type": "Recreate"}),),
                    "Pod": (pod("auth-1-a", ready=False),),
                }
            ),
            POLICY,
            id="recreating what does not work disturbs nobody",
        ),
        pytest.param(plan(step(Action.DELETE, A_POD)), view(), POLICY, id="a pod within its budget"),
        pytest.param(
            plan(step(Action.CREATE, SERVICE)),
            view(),
            SERVICES,
            id="creating something of a kind of which nothing was seen",
        ),
        pytest.param(
            plan(step(Action.DELETE, SERVICE)),
            view({"Service": ()}),
            SERVICES,
            id="a target that was looked for and is not there",
        ),
        pytest.param(
            plan(),
            view({"HorizontalPodAutoscaler": None}),
            POLICY,
            id="autoscalers do not matter where nothing is scaled",
        ),
        pytest.param(
            plan(step(Action.RESTART, STATEFUL)),
            view({"StatefulSet": (), "ReplicaSet": None}),
            POLICY,
            id="no ReplicaSet stands between a StatefulSet and its pods",
        ),
        pytest.param(
            plan(step(Action.DELETE, A_POD)),
            view({"Pod": (pod("auth-1-a", ready=False),), "PodDisruptionBudget": (budget(0),)}),
            POLICY,
            id="a pod that is not ready needs no budget",
        ),
        pytest.param(
            plan(step(Action.DRAIN, NODE)),
            view({"Pod": (pod("proxy", kind="DaemonSet"),), "PodDisruptionBudget": (budget(0),)}),
            POLICY,
            id="a drain leaves daemons, so their budget does not matter",
        ),
        pytest.param(
            plan(step(Action.DELETE, CLAIM)),
            view({"PersistentVolumeClaim": (claim("Pending"),)}),
            POLICY,
            id="a claim that was never bound",
        ),
        pytest.param(ENDING, view(database=sessions()), POLICY, id="a root blocker may be ended"),
        pytest.param(
            ENDING, view(database=sessions(state="idle")), POLICY, id="an idle session may be ended"
        ),
        pytest.param(
            plan(),
            view(writes=(RecentWrite(incident="inc-1", target=AUTH, at=NOON),)),
            POLICY,
            id="the incident's own write is no cooldown",
        ),
        pytest.param(
            plan(),
            view(
                writes=tuple(
                    RecentWrite(incident=f"inc-{n}", target=NODE, at=NOON, platform="another")
                    for n in range(50)
                )
            ),
            POLICY,
            id="another platform's writes do not count",
        ),
        pytest.param(
            plan(),
            view(writes=(RecentWrite(incident="inc-0", target=AUTH, at=NOON - timedelta(minutes=11)),)),
            POLICY,
            id="a cooldown that is over",
        ),
        pytest.param(
            plan(),
            view({"Node": (node(ready=False), node("node-2"))}),
            POLICY,
            id="half the nodes is the limit",
        ),
        pytest.param(plan(), view({"Node": None}), POLICY, id="nodes that may not be seen are no storm"),
        pytest.param(
            plan(), view(taken_at=NOON - timedelta(minutes=2)), POLICY, id="two minutes is the limit"
        ),
        pytest.param(
            plan(),
            view(),
            POLICY.model_copy(
                update={
                    "freezes": (
                        Freeze(
                            starts=NOON, ends=NOON + timedelta(days=1), why="sale", namespaces=("elsewhere",)
                        ),
                        Freeze(starts=NOON - timedelta(days=1), ends=NOON, why="yesterday's"),
                    )
                }
            ),
            id="a freeze elsewhere, and one that is over",
        ),
        pytest.param(
            plan(),
            view({"Deployment": (marked(labels={"outage.dev/protected": "false"}),)}),
            POLICY,
            id="a label that does not protect",
        ),
    ],
)
def test_nothing_speaks_against_it(of: Plan, seen: GuardView, policy: Policy) -> None:
    """A guard that cries wolf would be switched off."""
    assert plan_objections(of, seen, policy, NOON) == ()
