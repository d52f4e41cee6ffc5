"""Every reason not to act, each with the case beside it that must stay silent."""

from datetime import time, timedelta
from typing import Any

import pytest

from outage.guard import Objection
from outage.guards import Write, objections
from outage.guards.world import World
from outage.hypothesis import Action
from outage.objects import ObjectRef
from outage.plan import Plan
from outage.policy import Freeze, Limits, Maintenance, Policy, broken_policy
from outage.snapshot import DatabaseView, Session
from tests.outage.guards.places import (
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
    world,
)

COREDNS = ObjectRef(kind="ConfigMap", name="coredns", namespace="kube-system")
CLAIM = ObjectRef(kind="PersistentVolumeClaim", name="data", namespace="shop")
STATEFUL = ObjectRef(kind="StatefulSet", name="auth", namespace="shop")
SERVICE = ObjectRef(kind="Service", name="auth", namespace="shop")
SERVICES = POLICY.model_copy(update={"kinds": (*POLICY.kinds, "Service")})
A_POD = ObjectRef(kind="Pod", name="auth-1-a", namespace="shop")
SESSION = ObjectRef(kind="Session", name="7")


def reasons(of: Plan, seen: World, policy: Policy = POLICY) -> list[Objection]:
    """What speaks against it, each reason once."""
    return list(dict.fromkeys(one.reason for one in objections(of, seen, policy, NOON)))


def limits(**more: Any) -> Policy:
    """The policy with other limits."""
    return POLICY.model_copy(update={"limits": Limits(**more)})


def claim(phase: str, **spec: Any) -> Any:
    """A volume claim."""
    meta = {"name": "data", "namespace": "shop"}
    return {"kind": "PersistentVolumeClaim", "metadata": meta, "spec": spec, "status": {"phase": phase}}


def marked(**meta: Any) -> Any:
    """The Deployment with more metadata."""
    made = deployment()
    made["metadata"] |= meta
    return made


def sessions(**more: Any) -> DatabaseView:
    """A database in which session 8 waits for session 7."""
    first = {"pid": 7, "user": "app", "application": "report", "state": "active"} | more
    blocked = Session(pid=8, user="app", state="active", blocked_by=(7,))
    return DatabaseView(
        name="shop",
        latency_seconds=0.01,
        max_connections=10,
        connections=2,
        sessions=(Session(**first), blocked),
    )


ENDING = plan(step(Action.CANCEL, SESSION, session=7))
HPA = {
    "kind": "HorizontalPodAutoscaler",
    "metadata": {"name": "auth", "namespace": "shop"},
    "spec": {"scaleTargetRef": {"kind": "Deployment", "name": "auth"}, "minReplicas": 3, "maxReplicas": 5},
}
DEFAULT_ROLLOUT = {"strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": "25%"}}}


@pytest.mark.parametrize(
    ("of", "seen", "policy"),
    [
        pytest.param(plan(), world(), POLICY, id="a patch of an allowed object"),
        pytest.param(plan(scaling(2)), world(), POLICY, id="the floor itself is allowed"),
        pytest.param(plan(step(Action.PATCH, COREDNS)), world(), POLICY, id="a single object by its name"),
        pytest.param(
            plan(step(Action.RESTART)),
            world({"Deployment": (deployment(**DEFAULT_ROLLOUT),)}),
            POLICY,
            id="a rolling restart that takes no pod away",
        ),
        pytest.param(
            plan(step(Action.RESTART)),
            world(
                {
                    "Deployment": (deployment(strategy={"type": "Recreate"}),),
                    "Pod": (pod("auth-1-a", ready=False),),
                }
            ),
            POLICY,
            id="recreating what does not work disturbs nobody",
        ),
        pytest.param(plan(step(Action.DELETE, A_POD)), world(), POLICY, id="a pod within its budget"),
        pytest.param(
            plan(step(Action.CREATE, SERVICE)),
            world(),
            SERVICES,
            id="creating something of a kind of which nothing was seen",
        ),
        pytest.param(
            plan(step(Action.DELETE, SERVICE)),
            world({"Service": ()}),
            SERVICES,
            id="a target that was looked for and is not there",
        ),
        pytest.param(
            plan(),
            world({"HorizontalPodAutoscaler": None}),
            POLICY,
            id="autoscalers do not matter where nothing is scaled",
        ),
        pytest.param(
            plan(step(Action.RESTART, STATEFUL)),
            world({"StatefulSet": (), "ReplicaSet": None}),
            POLICY,
            id="no ReplicaSet stands between a StatefulSet and its pods",
        ),
        pytest.param(
            plan(step(Action.DELETE, A_POD)),
            world({"Pod": (pod("auth-1-a", ready=False),), "PodDisruptionBudget": (budget(0),)}),
            POLICY,
            id="a pod that is not ready needs no budget",
        ),
        pytest.param(
            plan(step(Action.DRAIN, NODE)),
            world({"Pod": (pod("proxy", kind="DaemonSet"),), "PodDisruptionBudget": (budget(0),)}),
            POLICY,
            id="a drain leaves daemons, so their budget does not matter",
        ),
        pytest.param(
            plan(step(Action.DELETE, CLAIM)),
            world({"PersistentVolumeClaim": (claim("Pending"),)}),
            POLICY,
            id="a claim that was never bound",
        ),
        pytest.param(ENDING, world(database=sessions()), POLICY, id="a root blocker may be ended"),
        pytest.param(
            ENDING, world(database=sessions(state="idle")), POLICY, id="an idle session may be ended"
        ),
        pytest.param(
            plan(),
            world(writes=(Write(incident="inc-1", target=AUTH, at=NOON),)),
            POLICY,
            id="the incident's own write is no cooldown",
        ),
        pytest.param(
            plan(),
            world(writes=(Write(incident="inc-0", target=AUTH, at=NOON - timedelta(minutes=11)),)),
            POLICY,
            id="a cooldown that is over",
        ),
        pytest.param(
            plan(),
            world({"Node": (node(ready=False), node("node-2"))}),
            POLICY,
            id="half the nodes is the limit",
        ),
        pytest.param(plan(), world({"Node": None}), POLICY, id="nodes that may not be seen are no storm"),
        pytest.param(
            plan(), world(taken_at=NOON - timedelta(minutes=2)), POLICY, id="two minutes is the limit"
        ),
        pytest.param(
            plan(),
            world(),
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
            world({"Deployment": (marked(labels={"outage.dev/protected": "false"}),)}),
            POLICY,
            id="a label that does not protect",
        ),
    ],
)
def test_nothing_speaks_against_it(of: Plan, seen: World, policy: Policy) -> None:
    """A guard that cries wolf would be switched off."""
    assert objections(of, seen, policy, NOON) == ()


@pytest.mark.parametrize(
    ("of", "seen", "policy", "expected"),
    [
        pytest.param(
            plan(step(target=AUTH.model_copy(update={"namespace": "bank"}))),
            world(),
            POLICY,
            Objection.OUTSIDE_ALLOW_LIST,
            id="another namespace",
        ),
        pytest.param(
            plan(step(target=ObjectRef(kind="Role", name="r", namespace="shop"))),
            world(),
            POLICY,
            Objection.OUTSIDE_ALLOW_LIST,
            id="another kind",
        ),
        pytest.param(
            plan(step(target=ObjectRef(kind="ClusterRole", name="r"))),
            world(),
            POLICY,
            Objection.OUTSIDE_ALLOW_LIST,
            id="a cluster-wide kind",
        ),
        pytest.param(
            plan(step(target=COREDNS.model_copy(update={"name": "other"}))),
            world(),
            POLICY,
            Objection.OUTSIDE_ALLOW_LIST,
            id="another object of a namespace where one is allowed",
        ),
        pytest.param(
            ENDING,
            world(database=sessions()),
            limits(sessions=0),
            Objection.OUTSIDE_ALLOW_LIST,
            id="no session may be ended",
        ),
        pytest.param(
            plan(),
            world({"Deployment": (marked(labels={"outage.dev/protected": "true"}),)}),
            POLICY,
            Objection.PROTECTED,
            id="a protecting label",
        ),
        pytest.param(
            plan(),
            world(),
            POLICY.model_copy(update={"protected_objects": ("shop/Deployment/auth",)}),
            Objection.PROTECTED,
            id="protected by name",
        ),
        pytest.param(
            plan(),
            world({"Deployment": (marked(annotations={"outage.dev/paused": "ada works on it"}),)}),
            POLICY,
            Objection.MAINTENANCE,
            id="an object that people paused",
        ),
        pytest.param(
            plan(),
            world(
                {"Namespace": ({"metadata": {"name": "shop", "annotations": {"outage.dev/paused": "move"}}},)}
            ),
            POLICY,
            Objection.MAINTENANCE,
            id="a namespace that people paused",
        ),
        pytest.param(
            plan(),
            world({"Deployment": (marked(labels={"argocd.argoproj.io/instance": "shop"}),)}),
            POLICY,
            Objection.GITOPS_OWNED,
            id="owned by Argo CD's label",
        ),
        pytest.param(
            plan(),
            world({"Deployment": (marked(managedFields=[{"manager": "kustomize-controller"}]),)}),
            POLICY,
            Objection.GITOPS_OWNED,
            id="written by Flux",
        ),
        pytest.param(
            plan(scaling(1)), world(), POLICY, Objection.REPLICAS_FLOOR, id="below the platform's floor"
        ),
        pytest.param(
            plan(scaling(2)),
            world({"HorizontalPodAutoscaler": (HPA,)}),
            POLICY,
            Objection.REPLICAS_FLOOR,
            id="below the autoscaler's minimum",
        ),
        pytest.param(
            plan(scaling(6)),
            world({"HorizontalPodAutoscaler": (HPA,)}),
            POLICY,
            Objection.SHARE_DISTURBED,
            id="above the autoscaler's maximum",
        ),
        pytest.param(
            plan(step(Action.RESTART)),
            world({"Deployment": (deployment(strategy={"type": "Recreate"}),)}),
            POLICY,
            Objection.SHARE_DISTURBED,
            id="recreating everything that works",
        ),
        pytest.param(
            plan(step(Action.RESTART)),
            world({"Pod": None}),
            POLICY,
            Objection.CANNOT_TELL,
            id="pods that could not be seen",
        ),
        pytest.param(
            plan(step(Action.DELETE, A_POD)),
            world({"PodDisruptionBudget": (budget(0),)}),
            POLICY,
            Objection.DISRUPTION_BUDGET,
            id="a budget that is spent",
        ),
        pytest.param(
            plan(step(Action.DRAIN, NODE)),
            world({"PodDisruptionBudget": (budget(0),)}),
            POLICY,
            Objection.DISRUPTION_BUDGET,
            id="a drain that would hang",
        ),
        pytest.param(
            plan(step(Action.DRAIN, NODE)),
            world({"PodDisruptionBudget": None}),
            POLICY,
            Objection.CANNOT_TELL,
            id="budgets that could not be seen",
        ),
        pytest.param(
            plan(),
            world(writes=(Write(incident="inc-0", target=AUTH, at=NOON - timedelta(minutes=9)),)),
            POLICY,
            Objection.COOLDOWN,
            id="another incident wrote it just now",
        ),
        pytest.param(
            plan(),
            world(writes=tuple(Write(incident=f"inc-{n}", target=NODE, at=NOON) for n in range(12))),
            POLICY,
            Objection.TOO_MANY_ACTIONS,
            id="too many writes in an hour",
        ),
        pytest.param(
            plan(*(step() for _ in range(7))),
            world(),
            POLICY,
            Objection.TOO_MANY_ACTIONS,
            id="too many steps",
        ),
        pytest.param(
            plan().model_copy(update={"steps": ()}),
            world(),
            POLICY,
            Objection.CANNOT_TELL,
            id="no step at all",
        ),
        pytest.param(plan(), world(causes=4), POLICY, Objection.STORM, id="too many causes at once"),
        pytest.param(
            plan(),
            world({"Node": (node(ready=False), node("node-2", ready=False), node("node-3"))}),
            POLICY,
            Objection.STORM,
            id="most nodes not ready",
        ),
        pytest.param(
            plan(),
            world(taken_at=NOON - timedelta(minutes=3)),
            POLICY,
            Objection.STALE_VIEW,
            id="an old picture",
        ),
        pytest.param(
            plan(),
            World(snapshot=world().snapshot.model_copy(update={"objects": {}}), platform=world().platform),
            POLICY,
            Objection.CANNOT_TELL,
            id="an empty view is not a healthy view",
        ),
        pytest.param(
            plan(),
            world(),
            POLICY.model_copy(
                update={"freezes": (Freeze(starts=NOON, ends=NOON + timedelta(1), why="sale"),)}
            ),
            Objection.FREEZE,
            id="a freeze",
        ),
        pytest.param(
            plan(),
            world(),
            POLICY.model_copy(
                update={
                    "maintenance": (
                        Maintenance(days=("mon",), starts=time(22), lasts=timedelta(hours=15), why="weekly"),
                    )
                }
            ),
            Objection.MAINTENANCE,
            id="a window that began yesterday night",
        ),
        pytest.param(plan(), world(kill_switch="stop"), POLICY, Objection.KILL_SWITCH, id="the kill switch"),
        pytest.param(plan(), world(), broken_policy("line 3"), Objection.POLICY_BROKEN, id="a broken policy"),
        pytest.param(
            plan(step(Action.DELETE, CLAIM)),
            world({"PersistentVolumeClaim": (claim("Bound"),)}),
            POLICY,
            Objection.DATA_AT_RISK,
            id="a bound claim",
        ),
        pytest.param(
            plan(step(Action.DELETE, CLAIM)),
            world({"PersistentVolumeClaim": (claim("Lost", volumeName="v"),)}),
            POLICY,
            Objection.DATA_AT_RISK,
            id="a claim that was bound",
        ),
        pytest.param(
            plan(step(Action.DELETE, CLAIM)),
            world(),
            POLICY,
            Objection.CANNOT_TELL,
            id="a claim that is not in the picture",
        ),
        pytest.param(
            plan(step(Action.DELETE, AUTH.model_copy(update={"kind": "StatefulSet"}))),
            world(),
            POLICY,
            Objection.DATA_AT_RISK,
            id="a StatefulSet",
        ),
        pytest.param(
            plan(step(target=AUTH.model_copy(update={"kind": "Secret"}))),
            world(),
            POLICY,
            Objection.DATA_AT_RISK,
            id="a Secret, also where the policy names the kind",
        ),
        pytest.param(ENDING, world(), POLICY, Objection.CANNOT_TELL, id="a database that could not be seen"),
        *(
            pytest.param(ENDING, world(database=sessions(**more)), POLICY, Objection.DATA_AT_RISK, id=name)
            for name, more in {
                "replication": {"replication": True},
                "the database's own process": {"backend": "autovacuum worker"},
                "a superuser": {"superuser": True},
                "a backup": {"application": "pg_dump"},
                "ourselves": {"application": "outage"},
                "a session that itself waits": {"blocked_by": (9,)},
            }.items()
        ),
        pytest.param(
            plan(*(step(Action.CANCEL, SESSION, session=7) for _ in range(3))),
            world(database=sessions()),
            limits(sessions=2),
            Objection.DATA_AT_RISK,
            id="more sessions than the cap",
        ),
    ],
)
def test_it_is_refused(of: Plan, seen: World, policy: Policy, expected: Objection) -> None:
    """Each with a sentence of its own."""
    assert expected in reasons(of, seen, policy)
    assert all(len(one.says) > 10 for one in objections(of, seen, policy, NOON))


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
    against = objections(of, world({unseen: None}), POLICY, NOON)

    assert Objection.CANNOT_TELL in [one.reason for one in against]
    assert any(f"{unseen} could not be looked at" in one.says for one in against)
    assert len(against) == len(set(against)), "each refusal is said once"


def test_a_restart_is_refused_when_only_pods_could_be_seen() -> None:
    """No Deployment, autoscaler or node was listed: nothing tells what the restart would disturb."""
    only = World(
        snapshot=world().snapshot.model_copy(update={"objects": {"Pod": (pod("auth-1-a"),)}}),
        platform=world().platform,
    )

    assert reasons(plan(step(Action.RESTART)), only, NOBODY_DISTURBED) == [Objection.CANNOT_TELL]


def test_a_long_query_that_blocks_nobody_survives() -> None:
    """It may be the month's report."""
    alone = sessions()
    view = alone.model_copy(update={"sessions": alone.sessions[:1]})

    assert reasons(ENDING, world(database=view)) == [Objection.DATA_AT_RISK]


def test_all_objections_are_collected() -> None:
    """The responder sees three reasons, not the first."""
    seen = world(kill_switch="stop", causes=9, taken_at=NOON - timedelta(hours=1))

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
    [refusal] = objections(plan(), world({"Deployment": (odd,)}), POLICY, NOON)

    assert refusal.reason is Objection.CANNOT_TELL
    assert "share_disturbed" in refusal.says


def test_every_reason_is_given_by_some_guard() -> None:
    """A reason that nobody gives would be a promise that nobody keeps; `not-allowed` is the policy's own."""
    import ast
    from pathlib import Path

    import outage.guards

    given = set()
    for path in Path(outage.guards.__file__).parent.glob("*.py"):
        for here in ast.walk(ast.parse(path.read_text())):
            if (
                isinstance(here, ast.Attribute)
                and isinstance(here.value, ast.Name)
                and here.value.id == "Objection"
            ):
                given.add(here.attr)

    assert {one.name for one in Objection} - given == {"NOT_ALLOWED"}
