"""The promises of acting, held against random plans, policies, answers, worlds and deaths."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from outage.approval import Answer, Approval
from outage.guard import Proceed
from outage.guards import step_objections
from outage.hypothesis import Action, Change, Risk
from outage.outcome import Did
from outage.plan import Plan
from outage.policy import Limits, Mode, Policy, Rule, permission
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
    plan_of,
    world,
)

CANDIDATES = (
    change(Action.PATCH, AUTH, image()),
    change(Action.PATCH, AUTH, image("auth:7"), risk=Risk.HIGH),
    change(Action.RESTART, AUTH, risk=Risk.MEDIUM),
    change(Action.SCALE, AUTH, {"op": "replace", "path": "/spec/replicas", "value": 0}),
    change(Action.SCALE, AUTH, {"op": "replace", "path": "/spec/replicas", "value": 4}),
    change(Action.DELETE, at("ConfigMap", "settings"), risk=Risk.MEDIUM),
    change(Action.CREATE, at("ConfigMap", "other"), manifest=configmap("other")),
    change(Action.PATCH, at("Deployment", "auth", "elsewhere"), image()),
    change(Action.PATCH, at("Secret", "keys"), {"op": "replace", "path": "/data", "value": {}}),
)

plans = st.lists(
    st.sampled_from(CANDIDATES), min_size=1, max_size=4, unique_by=lambda one: (one.action, one.target)
)
rules = st.lists(
    st.builds(
        Rule,
        risk=st.lists(st.sampled_from(list(Risk)), min_size=1, unique=True).map(tuple),
        mode=st.sampled_from(list(Mode)),
        approvers=st.just("on-call"),
        quorum=st.integers(1, 2),
    ),
    max_size=3,
).map(tuple)
policies = st.builds(
    Policy,
    mode=st.sampled_from(list(Mode)),
    namespaces=st.sampled_from([("shop",), (), ("shop", "elsewhere")]),
    kinds=st.sampled_from(
        [("Deployment", "ConfigMap"), ("Deployment", "ConfigMap", "Secret"), ("ConfigMap",)]
    ),
    rules=rules,
    approvers=st.just({"on-call": ("ada", "bob")}),
    limits=st.builds(Limits, disturbed_share=st.just(1.0), steps=st.integers(1, 4)),
    broken=st.none() | st.just("line 3"),
)
answers = st.lists(
    st.tuples(
        st.sampled_from(["ada", "bob", "eve", "policy"]),
        st.sampled_from([Answer.APPROVE] * 4 + [Answer.DECLINE]),
        st.booleans(),
    ),
    max_size=3,
)
switches = st.lists(st.sampled_from([None, None, None, "stop"]), min_size=1, max_size=12)
meddlings = st.lists(st.sampled_from(["nothing", "status", "edit", "recreate"]), max_size=3)


class Judge(Cluster):
    """A cluster that checks every write at the very moment it arrives."""

    def __init__(self, *manifests: dict[str, Any]):
        super().__init__(*manifests)
        self.judge = lambda change: None

    def write(self, change: Change, precondition: Any) -> Any:
        """Judge first."""
        self.judge(change)
        return super().write(change, precondition)


@settings(max_examples=150, deadline=None)
@given(
    changes=plans,
    policy=policies,
    given_answers=answers,
    thrown=switches,
    meddling=meddlings,
    deaths=st.lists(st.integers(1, 30), max_size=3),
)
def test_no_write_without_a_right_none_twice_and_each_with_its_way_back(
    changes: list[Change],
    policy: Policy,
    given_answers: list[tuple[str, Answer, bool]],
    thrown: list[str | None],
    meddling: list[str],
    deaths: list[int],
) -> None:
    """Whatever plan, policy, answers, kill switch, other writers and deaths come together."""
    secret = {"kind": "Secret", "metadata": {"name": "keys", "namespace": "shop"}, "data": {"a": "b"}}
    cluster = Judge(deployment(), configmap(), secret)
    plan = plan_of(cluster, *changes)
    ledger, clock, switch = Ledger(), Clock(), iter(thrown)
    ledger.answers = [
        Approval(plan_hash=plan.hash if mine else "another", answer=answer, by=by, at=NOON)
        for by, answer, mine in given_answers
    ]
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

    cluster.judge = judge
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


MENDING = st.lists(
    st.sampled_from(CANDIDATES[:7]), min_size=1, max_size=4, unique_by=lambda one: (one.action, one.target)
)


@settings(max_examples=60, deadline=None)
@given(
    changes=MENDING,
    deaths=st.lists(st.integers(1, 40), max_size=3),
    back_deaths=st.lists(st.integers(1, 40), max_size=3),
)
def test_taking_back_restores_the_state_before_whatever_dies(
    changes: list[Change], deaths: list[int], back_deaths: list[int]
) -> None:
    """Applied whole, in part or not at all: afterwards everything is as it was."""
    cluster, ledger, clock = Cluster(deployment(), configmap()), Ledger(), Clock()
    before = _picture(cluster)
    policy = Policy(
        mode=Mode.ACT,
        namespaces=("shop",),
        kinds=("Deployment", "ConfigMap"),
        rules=(Rule(mode=Mode.ACT),),
        limits=Limits(disturbed_share=1.0),
    )
    plan = plan_of(cluster, *changes)
    for death in deaths:
        cluster.boundaries = ledger.boundaries = Boundaries(death)
        try:
            apply(
                plan,
                INCIDENT,
                ledger,
                cluster,
                policy=lambda: policy,
                world=lambda: world(cluster, taken_at=clock.now()),
                stopped=lambda: None,
                now=clock.now,
                rest=clock.rest,
            )
        except Died:
            continue
    for death in [*back_deaths, None]:
        cluster.boundaries = ledger.boundaries = Boundaries(death)
        try:
            done = take_back(
                plan, INCIDENT, ledger, cluster, stopped=lambda: None, now=clock.now, rest=clock.rest
            )
        except Died:
            continue
    assert done.applied, done.says
    assert _picture(cluster) == before


def _picture(cluster: Cluster) -> dict[str, Any]:
    return {
        str(ref): {key: value for key, value in one.items() if key != "metadata"}
        for ref, one in cluster.objects.items()
    }
