"""Applying a plan: what is written, and what is not."""

from typing import Any

import pytest

from outage.diagnosis.hypothesis import Action
from outage.plans.outcome import StepDid
from outage.plans.plan import Plan
from outage.policies.policy import Policy, broken_policy
from tests.tasks.act.fake_cluster import Cluster, Ledger
from tests.tasks.act.running import live_image, run
from tests.tasks.act.shop_plans import ASKING, AUTH, at, change, configmap, deployment, image, plan_of, yes


def test_an_approved_plan_is_written_once_with_its_way_back_recorded(
    cluster: Cluster, ledger: Ledger, plan: Plan
) -> None:
    """The plain case: intent, write, outcome."""
    done = run(plan, cluster, ledger)

    assert done.applied
    assert live_image(cluster) == "auth:8"
    [intent] = ledger.intents("inc-1")
    assert intent.way_back.before is not None
    assert intent.way_back.before["spec"]["template"]["spec"]["containers"][0]["image"] == "auth:9-broken"
    assert intent.outcome is not None
    assert intent.outcome.did is StepDid.APPLIED


def test_a_second_run_writes_nothing(cluster: Cluster, ledger: Ledger, plan: Plan) -> None:
    """Two runs of one incident cannot act twice."""
    run(plan, cluster, ledger)
    again = run(plan, cluster, ledger)

    assert again.applied
    assert len(cluster.writes) == 1


def test_status_reports_do_not_void_an_approval(cluster: Cluster, ledger: Ledger, plan: Plan) -> None:
    """A failing object's resourceVersion moves every few seconds."""
    for _ in range(5):
        cluster.report_status(AUTH)

    assert run(plan, cluster, ledger).applied


def test_a_scaling_autoscaler_does_not_void_an_approval_that_leaves_replicas_alone(
    cluster: Cluster, ledger: Ledger, plan: Plan
) -> None:
    """In an outage the autoscaler is busy too."""
    cluster.edit(AUTH, {"op": "replace", "path": "/spec/replicas", "value": 7})

    assert run(plan, cluster, ledger).applied
    assert cluster.objects[AUTH]["spec"]["replicas"] == 7


def test_an_object_edited_after_the_approval_is_left_alone(
    cluster: Cluster, ledger: Ledger, plan: Plan
) -> None:
    """Somebody else is at work there; what was approved is not what would be written."""
    cluster.edit(AUTH, {"op": "add", "path": "/spec/template/spec/hostNetwork", "value": True})
    done = run(plan, cluster, ledger)

    assert not done.applied
    assert done.refused
    assert "edited" in done.says
    assert cluster.writes == []


def test_an_object_that_somebody_mended_already_is_already_so(
    cluster: Cluster, ledger: Ledger, plan: Plan
) -> None:
    """A person was quicker: nothing to write, and nothing to take back later."""
    cluster.edit(AUTH, image())
    done = run(plan, cluster, ledger)

    assert done.applied
    assert [one.did for one in done.outcomes.values()] == [StepDid.ALREADY_SO]
    assert cluster.writes == []


def test_an_object_made_anew_under_the_same_name_is_another_one(
    cluster: Cluster, ledger: Ledger, plan: Plan
) -> None:
    """The uid is part of what was approved."""
    cluster.put(deployment())

    assert not run(plan, cluster, ledger).applied
    assert cluster.writes == []


@pytest.mark.parametrize(
    ("more", "word"),
    [
        pytest.param({"stopped": lambda: "rehearsal of the fire brigade"}, "fire brigade", id="kill switch"),
        pytest.param({"policy": broken_policy("line 3")}, "line 3", id="broken policy"),
        pytest.param({"policy": Policy()}, "", id="policy that was turned down"),
        pytest.param(
            {"policy": ASKING.model_copy(update={"approvers": {"on-call": ("eve",)}})},
            "0 of 1",
            id="approver who is not on the list any more",
        ),
    ],
)
def test_nothing_is_written_against_an_objection(
    cluster: Cluster, ledger: Ledger, plan: Plan, more: dict[str, Any], word: str
) -> None:
    """Between approval and write the world may change its mind; each refusal ends with its sentence."""
    done = run(plan, cluster, ledger, **more)

    assert done.refused
    assert word in done.says
    assert cluster.writes == []
    assert ledger.kept == {}


def test_without_an_answer_nothing_is_written(cluster: Cluster, ledger: Ledger) -> None:
    """Asking is not a yes."""
    plan = plan_of(cluster, change(Action.PATCH, AUTH, image()))

    assert run(plan, cluster, ledger).refused
    assert cluster.writes == []


def test_an_approval_of_another_plan_does_not_count(cluster: Cluster, ledger: Ledger, plan: Plan) -> None:
    """The yes is bound to the hash."""
    other = plan_of(cluster, change(Action.PATCH, AUTH, image("auth:7")))

    assert run(other, cluster, ledger).refused
    assert live_image(cluster) == "auth:9-broken"


def test_a_kill_switch_thrown_between_two_steps_stops_the_second(cluster: Cluster, ledger: Ledger) -> None:
    """It is asked before each write, and what was done is said."""
    level = {"op": "replace", "path": "/data/LEVEL", "value": "debug"}
    plan = plan_of(
        cluster, change(Action.PATCH, AUTH, image()), change(Action.PATCH, at("ConfigMap", "settings"), level)
    )
    ledger.answers.append(yes(plan))
    done = run(plan, cluster, ledger, stopped=lambda: "stop" if cluster.writes else None)

    assert not done.applied
    assert not done.refused
    assert "1 of 2 steps done" in done.says
    assert cluster.writes == [(Action.PATCH, AUTH)]


def test_a_step_follows_what_the_step_before_left(cluster: Cluster, ledger: Ledger) -> None:
    """Two steps on one object: the second relies on the first one's write, not on the object before the plan."""
    mode = {"op": "replace", "path": "/spec/template/spec/containers/0/env/0/value", "value": "safe"}
    plan = plan_of(cluster, change(Action.PATCH, AUTH, image()), change(Action.PATCH, AUTH, mode))
    ledger.answers.append(yes(plan))

    assert run(plan, cluster, ledger).applied
    assert len(cluster.writes) == 2
    assert cluster.objects[AUTH]["spec"]["template"]["spec"]["containers"][0]["env"][0]["value"] == "safe"


def test_an_object_can_be_deleted_and_made_anew_in_one_plan(cluster: Cluster, ledger: Ledger) -> None:
    """Immutable fields are mended that way."""
    target = at("ConfigMap", "settings")
    plan = plan_of(
        cluster,
        change(Action.DELETE, target),
        change(Action.CREATE, target, manifest=configmap(LEVEL="debug")),
    )
    ledger.answers.append(yes(plan))

    assert run(plan, cluster, ledger).applied
    assert cluster.objects[target]["data"] == {"LEVEL": "debug"}


def test_two_runs_at_once_do_not_write_side_by_side(cluster: Cluster, ledger: Ledger, plan: Plan) -> None:
    """Who cannot get the target's lock gives up with a sentence and leaves no trace."""
    ledger.held.add(str(AUTH))
    done = run(plan, cluster, ledger)

    assert "another run" in done.says
    assert ledger.kept == {}
