"""What is drawn at random to hold acting to its promises: changes, policies, answers, and who meddles."""

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from outage.diagnosis.hypothesis import Action, Change, Risk
from outage.kubernetes.objects import ObjectRef
from outage.plans.approval import Answer
from outage.plans.fence import Fence
from outage.policies.policy import Limits, Mode, Policy, Rule
from tests.tasks.act.fake_cluster import Cluster
from tests.tasks.act.shop_plans import AUTH, at, change, configmap, deployment, image, node, pod, session

NODE = at("Node", "node-1", "")
CORDONED = at("Node", "node-2", "")
SESSION = at("Session", "7", "")
OLDER = {
    "metadata": {"labels": {"app": "auth"}},
    "spec": {"containers": [{"name": "app", "image": "auth:6"}]},
}
CANDIDATES = (
    change(Action.PATCH, AUTH, image()),
    change(Action.PATCH, AUTH, image("auth:7"), risk=Risk.HIGH),
    change(Action.RESTART, AUTH, risk=Risk.MEDIUM),
    change(Action.SCALE, AUTH, {"op": "replace", "path": "/spec/replicas", "value": 0}),
    change(Action.SCALE, AUTH, {"op": "replace", "path": "/spec/replicas", "value": 4}),
    change(Action.DELETE, at("ConfigMap", "settings"), risk=Risk.MEDIUM),
    change(Action.CREATE, at("ConfigMap", "other"), manifest=configmap("other")),
    change(Action.UNDO, AUTH, {"op": "replace", "path": "/spec/template", "value": OLDER}),
    change(Action.CORDON, NODE, risk=Risk.MEDIUM),
    change(Action.UNCORDON, CORDONED, risk=Risk.MEDIUM),
    change(Action.DRAIN, NODE, risk=Risk.MEDIUM),
    change(Action.CANCEL, SESSION, session=7, risk=Risk.MEDIUM),
)
"""One of each action at least, so that a promise is never held by what was not tried."""
FORBIDDEN = (
    change(Action.PATCH, at("Deployment", "auth", "elsewhere"), image()),
    change(Action.PATCH, at("Secret", "keys"), {"op": "replace", "path": "/data", "value": {}}),
)
DRAIN = next(one for one in CANDIDATES if one.action is Action.DRAIN)


def plans_of(*candidates: Change) -> st.SearchStrategy[list[Change]]:
    """Up to four changes; every third plan begins with a drain, which goes on longest and is stopped most easily."""
    some = st.lists(
        st.sampled_from(candidates), min_size=1, max_size=4, unique_by=lambda one: (one.action, one.target)
    )
    drains = some.map(lambda rest: [DRAIN, *(one for one in rest if one != DRAIN)][:4])
    return some | some | drains


rules = st.lists(
    st.builds(
        Rule,
        risk=st.lists(st.sampled_from(list(Risk)), min_size=1, unique=True).map(tuple),
        mode=st.sampled_from([*Mode, Mode.ACT, Mode.ACT]),
        approvers=st.just("on-call"),
        quorum=st.integers(1, 2),
    ),
    max_size=2,
)
endings = st.sampled_from([(), (Rule(mode=Mode.ACT),), (Rule(mode=Mode.ACT),)])
"""The last rule: mostly one that acts, since a promise about writes is only tried where something is written."""
policies = st.builds(
    Policy,
    mode=st.sampled_from([*Mode, Mode.ACT, Mode.ACT]),
    namespaces=st.sampled_from([("shop",), ("shop", "elsewhere"), ()]),
    kinds=st.sampled_from(
        [("Deployment", "ConfigMap"), ("Deployment", "ConfigMap", "Secret"), ("ConfigMap",)]
    ),
    cluster_kinds=st.sampled_from([("Node",), ("Node",), ()]),
    rules=st.builds(lambda some, last: (*some, *last), rules, endings),
    approvers=st.just({"on-call": ("ada", "bob")}),
    limits=st.builds(Limits, disturbed_share=st.just(1.0), steps=st.integers(1, 4)),
    broken=st.sampled_from([None] * 7 + ["line 3"]),
)
answers = st.lists(
    st.tuples(
        st.sampled_from(["ada", "bob", "eve", "policy"]),
        st.sampled_from([Answer.APPROVE] * 4 + [Answer.DECLINE]),
        st.booleans(),
    ),
    max_size=3,
)
spent = st.sampled_from([0, 0, 1, 2, 99])
"""How often a budget holds one of the node's pods; 99 is for longer than a drain waits."""
switches = st.lists(st.sampled_from([None, None, None, "stop"]), min_size=1, max_size=12)
meddlings = st.lists(st.sampled_from(["nothing", "status", "edit", "recreate"]), max_size=3)


class Judge(Cluster):
    """A cluster that checks every write at the very moment it arrives."""

    def __init__(self, *manifests: dict[str, Any]):
        super().__init__(*manifests)
        self.judge: Callable[[Change], None] = lambda change: None
        self.judge_eviction: Callable[[], None] = lambda: None

    def write(self, change: Change, precondition: Any, fence: Fence) -> Any:
        """Judge first."""
        self.judge(change)
        return super().write(change, precondition, fence)

    def evict(self, pod: ObjectRef, uid: str, fence: Fence) -> None:
        """An eviction is a write of the drain that asks for it."""
        self.judge_eviction()
        super().evict(pod, uid, fence)


def shop() -> tuple[dict[str, Any], ...]:
    """All that the candidates speak of."""
    cordoned = node("node-2", unschedulable=True)
    return deployment(), configmap(), node(), cordoned, pod("auth-1-a"), pod("auth-1-b"), session()
