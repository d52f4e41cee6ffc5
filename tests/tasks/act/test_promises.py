"""The promises of acting, held against random plans, policies, answers, worlds and deaths."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from outage.diagnosis.hypothesis import Action, Change
from outage.plans.approval import Answer, Approval
from outage.plans.objection import Proceed
from outage.plans.outcome import StepDid
from outage.plans.plan import Plan
from outage.policies.guards import step_objections
from outage.policies.permission import PermissionRequest, approvals_needed, permission_for
from outage.policies.policy import Limits, Mode, Policy, Rule
from tasks.act import apply_plan_steps, take_back_steps
from tests.tasks.act.drawing import (
    CANDIDATES,
    FORBIDDEN,
    NODE,
    Judge,
    answers,
    meddlings,
    plans_of,
    policies,
    shop,
    spent,
    switches,
)
from tests.tasks.act.fake_cluster import NOON, Boundaries, Clock, Cluster, Died, Ledger
from tests.tasks.act.shop_plans import AUTH, INCIDENT, deployment, plan_of, view


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
    asked = PermissionRequest.of(plan, INCIDENT, policy)
    quorum = approvals_needed(asked)
    for by, said, mine in given_answers:
        answer = Approval(plan_hash=plan.hash if mine else "another", answer=said, by=by, at=NOON)
        ledger.answer(INCIDENT.id, answer, quorum=quorum)
    state: dict[str, str | None] = {"switch": None}

    def stopped() -> str | None:
        state["switch"] = next(switch, None)
        return state["switch"]

    def judge(one: Change) -> None:
        step = next(step for step in plan.steps if step.change == one)
        allowed = permission_for(asked, tuple(ledger.answers))
        assert isinstance(allowed, Proceed), "a write without an allowing policy or a matching approval"
        assert state["switch"] is None, "a write although the kill switch was thrown"
        assert not step_objections(step, plan, view(cluster, taken_at=clock.now()), policy, clock.now())
        kept = ledger.kept.get((plan.hash, step.key))
        assert kept is not None, "a write without an intent"
        assert kept.outcome is None, "a write after its outcome"
        before, live = kept.way_back.before, cluster.objects.get(one.target)
        assert (before is None) == (live is None), "a way back of another object"
        if before and live:
            assert before["metadata"]["uid"] == live["metadata"]["uid"]

    def judge_eviction() -> None:
        allowed = permission_for(asked, tuple(ledger.answers))
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
            done = apply_plan_steps(
                plan,
                INCIDENT,
                ledger,
                cluster,
                policy=lambda: policy,
                view=lambda: view(cluster, taken_at=clock.now()),
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
        and outcome.did is not StepDid.FAILED
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
            apply_plan_steps(
                plan,
                INCIDENT,
                ledger,
                cluster,
                policy=lambda: policy,
                view=lambda: view(cluster, taken_at=clock.now()),
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
            done = take_back_steps(
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
