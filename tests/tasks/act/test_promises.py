"""The promises of acting, held against random plans, policies, answers, worlds and deaths."""

from collections.abc import Callable
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from outage.approval import Answer, Approval
from outage.guard import Proceed
from outage.guards import step_objections
from outage.hypothesis import Action, Change, Risk
from outage.objects import ObjectRef
from outage.outcome import Did
from outage.plan import Plan
from outage.policy import Limits, Mode, Policy, Rule, approvals_needed, permission
from tasks.act import apply, take_back
from tests.tasks.act.ground import (
    AUTH,
    INCIDENT,
    NOON,
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

    def write(self, change: Change, precondition: Any) -> Any:
        """Judge first."""
        self.judge(change)
        return super().write(change, precondition)

    def evict(self, pod: ObjectRef) -> None:
        """An eviction is a write of the drain that asks for it."""
        self.judge_eviction()
        super().evict(pod)


def shop() -> tuple[dict[str, Any], ...]:
    """All that the candidates speak of."""
    cordoned = node("node-2", unschedulable=True)
    return deployment(), configmap(), node(), cordoned, pod("auth-1-a"), pod("auth-1-b"), session()


def test_every_action_is_drawn() -> None:
    """Who adds an action adds it to what is tried at random."""
    assert {one.action for one in CANDIDATES} == set(Action)


@settings(max_examples=150, deadline=None)
@given(
    changes=plans_of(*CANDIDATES, *FORBIDDEN),
    policy=policies,
    given_answers=answers,
    thrown=switches,
    held=spent,
    meddling=meddlings,
    deaths=st.lists(st.integers(1, 30), max_size=3),
)
def test_no_write_without_a_right_none_twice_and_each_with_its_way_back(
    changes: list[Change],
    policy: Policy,
    given_answers: list[tuple[str, Answer, bool]],
    thrown: list[str | None],
    held: int,
    meddling: list[str],
    deaths: list[int],
) -> None:
    """Whatever plan, policy, answers, kill switch, other writers and deaths come together."""
    secret = {"kind": "Secret", "metadata": {"name": "keys", "namespace": "shop"}, "data": {"a": "b"}}
    cluster = Judge(*shop(), secret)
    cluster.held["auth-1-b"] = held
    plan = plan_of(cluster, *changes)
    ledger, clock, switch = Ledger(), Clock(), iter(thrown)
    quorum = approvals_needed(plan, INCIDENT.severity, policy)
    for by, said, mine in given_answers:
        answer = Approval(plan_hash=plan.hash if mine else "another", answer=said, by=by, at=NOON)
        ledger.answer(INCIDENT.id, answer, quorum=quorum)
    state: dict[str, str | None] = {"switch": None}

    def stopped() -> str | None:
        state["switch"] = next(switch, None)
        return state["switch"]

    def judge(one: Change) -> None:
        step = next(step for step in plan.steps if step.change == one)
        allowed = permission(plan, INCIDENT.severity, policy, tuple(ledger.answers))
        assert isinstance(allowed, Proceed), "a write without an allowing policy or a matching approval"
        assert state["switch"] is None, "a write although the kill switch was thrown"
        assert not step_objections(step, plan, world(cluster, taken_at=clock.now()), policy, clock.now())
        kept = ledger.kept.get((plan.hash, step.key))
        assert kept is not None, "a write without an intent"
        assert kept.outcome is None, "a write after its outcome"
        before, live = kept.way_back.before, cluster.objects.get(one.target)
        assert (before is None) == (live is None), "a way back of another object"
        if before and live:
            assert before["metadata"]["uid"] == live["metadata"]["uid"]

    def judge_eviction() -> None:
        allowed = permission(plan, INCIDENT.severity, policy, tuple(ledger.answers))
        assert isinstance(allowed, Proceed), "an eviction without an allowing policy or a matching approval"
        assert state["switch"] is None, "an eviction although the kill switch was thrown"
        assert cluster.objects[NODE]["spec"].get("unschedulable"), "an eviction from a node that takes pods"
        [draining] = [step for step in plan.steps if step.change.action is Action.DRAIN]
        kept = ledger.kept.get((plan.hash, draining.key))
        assert kept is not None, "an eviction without an intent"
        assert kept.outcome is None, "an eviction after its outcome"

    cluster.judge, cluster.judge_eviction = judge, judge_eviction
    _meddle(cluster, meddling)
    for death in [*deaths, None, None]:
        cluster.boundaries = ledger.boundaries = Boundaries(death)
        try:
            done = apply(
                plan,
                INCIDENT,
                ledger,
                cluster,
                policy=lambda: policy,
                world=lambda: world(cluster, taken_at=clock.now()),
                stopped=stopped,
                now=clock.now,
                rest=clock.rest,
                database=cluster,
            )
        except Died:
            continue
    counts = {key: cluster.writes.count(key) for key in cluster.writes}
    allowed_counts = _counts(plan)
    assert all(count <= allowed_counts[key] for key, count in counts.items()), "written twice"
    assert done.applied == all(
        ledger.kept.get((plan.hash, step.key)) is not None
        and (outcome := ledger.kept[plan.hash, step.key].outcome) is not None
        and outcome.did is not Did.FAILED
        for step in plan.steps
    )


def _counts(plan: Plan) -> dict[tuple[Action, Any], int]:
    counts: dict[tuple[Action, Any], int] = {}
    for step in plan.steps:
        key = (step.change.action, step.change.target)
        counts[key] = counts.get(key, 0) + 1
    return counts


def _meddle(cluster: Cluster, meddling: list[str]) -> None:
    for what in meddling:
        match what:
            case "status":
                cluster.report_status(AUTH)
            case "edit":
                cluster.edit(AUTH, {"op": "add", "path": "/spec/paused", "value": True})
            case "recreate":
                cluster.put(deployment())


@settings(max_examples=60, deadline=None)
@given(
    changes=plans_of(*CANDIDATES),
    thrown=switches,
    held=spent,
    deaths=st.lists(st.integers(1, 40), max_size=3),
    whole=st.booleans(),
    back_deaths=st.lists(st.integers(1, 40), max_size=3),
)
def test_taking_back_restores_the_state_before_whatever_dies(
    changes: list[Change],
    thrown: list[str | None],
    held: int,
    deaths: list[int],
    whole: bool,
    back_deaths: list[int],
) -> None:
    """Applied whole, in part or not at all, stopped or killed: afterwards everything is as it was."""
    cluster, ledger, clock = Cluster(*shop()), Ledger(), Clock()
    before, switch = _picture(cluster), iter(thrown)
    cluster.held["auth-1-b"] = held
    policy = Policy(
        mode=Mode.ACT,
        namespaces=("shop",),
        kinds=("Deployment", "ConfigMap"),
        cluster_kinds=("Node",),
        rules=(Rule(mode=Mode.ACT),),
        limits=Limits(disturbed_share=1.0),
    )
    plan = plan_of(cluster, *changes)
    for death in [*deaths, *([None] if whole else [])]:
        cluster.boundaries = ledger.boundaries = Boundaries(death)
        try:
            apply(
                plan,
                INCIDENT,
                ledger,
                cluster,
                policy=lambda: policy,
                world=lambda: world(cluster, taken_at=clock.now()),
                stopped=lambda: next(switch, None),
                now=clock.now,
                rest=clock.rest,
                database=cluster,
            )
        except Died:
            continue
    for death in [*back_deaths, None]:
        cluster.boundaries = ledger.boundaries = Boundaries(death)
        try:
            done = take_back(
                plan,
                INCIDENT,
                ledger,
                cluster,
                stopped=lambda: None,
                now=clock.now,
                rest=clock.rest,
                database=cluster,
            )
        except Died:
            continue
    assert done.applied, done.says
    assert _picture(cluster) == before


NOT_RESTORED = ("Pod", "Session")
"""What was evicted or ended is put elsewhere by its controller, or connects anew."""


def _picture(cluster: Cluster) -> dict[str, Any]:
    return {
        str(ref): {key: value for key, value in one.items() if key != "metadata"}
        for ref, one in cluster.objects.items()
        if ref.kind not in NOT_RESTORED
    }
