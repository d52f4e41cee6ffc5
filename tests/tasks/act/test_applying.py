"""Applying a plan: what is written, what is not, and what a death at any line leaves behind."""

from typing import Any

import pytest

from outage.errors import ClusterForbidden, ClusterRejected, ClusterUnreachable, RecordError
from outage.hypothesis import Action
from outage.outcome import Did, Resolved
from outage.plan import Plan
from outage.policy import Policy, broken_policy
from tasks.act import apply
from tests.tasks.act.ground import (
    ACTING,
    ASKING,
    AUTH,
    INCIDENT,
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
    yes,
)


def run(plan: Plan, cluster: Cluster, ledger: Ledger, policy: Policy = ASKING, **more: Any) -> Resolved:
    """Apply with a clock that costs nothing."""
    clock = Clock()
    given: dict[str, Any] = {
        "policy": lambda: policy,
        "world": lambda: world(cluster, taken_at=clock.now()),
        "stopped": lambda: None,
        "now": clock.now,
        "rest": clock.rest,
    }
    return apply(plan, INCIDENT, ledger, cluster, **(given | more))


@pytest.fixture
def cluster() -> Cluster:
    """A shop with a broken image."""
    return Cluster(deployment(), configmap())


@pytest.fixture
def ledger() -> Ledger:
    """An empty record."""
    return Ledger()


@pytest.fixture
def plan(cluster: Cluster, ledger: Ledger) -> Plan:
    """The plan that mends it, approved."""
    made = plan_of(cluster, change(Action.PATCH, AUTH, image()))
    ledger.answers.append(yes(made))
    return made


def live_image(cluster: Cluster) -> str:
    """The image that stands in the Deployment."""
    return str(cluster.objects[AUTH]["spec"]["template"]["spec"]["containers"][0]["image"])


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
    assert intent.outcome.did is Did.APPLIED


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
    assert [one.did for one in done.outcomes.values()] == [Did.ALREADY_SO]
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


def test_a_moving_version_is_read_again_and_written_once(
    cluster: Cluster, ledger: Ledger, plan: Plan
) -> None:
    """A status report between our look and our write costs one more try, nothing else."""
    reports = iter([True, True, False])
    cluster.fail = lambda: cluster.report_status(AUTH) if next(reports, False) else None

    assert run(plan, cluster, ledger).applied
    assert len(cluster.writes) == 1


def test_a_lost_answer_is_settled_by_looking(cluster: Cluster, ledger: Ledger, plan: Plan) -> None:
    """The write took and the answer did not come: it is not written a second time."""
    cluster.lose_answers = 1
    done = run(plan, cluster, ledger)

    assert done.applied
    assert len(cluster.writes) == 1


def test_an_api_server_that_stays_away_leaves_the_intent_open(
    cluster: Cluster, ledger: Ledger, plan: Plan
) -> None:
    """Whether it was written is not known: a later run settles it, and the sentence says so."""

    def away() -> None:
        raise ClusterUnreachable("patch deployment/auth: no answer")

    cluster.fail = away
    done = run(plan, cluster, ledger)
    assert not done.applied
    assert "not known" in done.says
    assert ledger.intents("inc-1")[0].outcome is None

    cluster.fail = lambda: None
    assert run(plan, cluster, ledger).applied
    assert len(cluster.writes) == 1


def test_a_record_that_fails_after_the_write_never_makes_a_failure_of_it(
    cluster: Cluster, ledger: Ledger, plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The run dies loudly with the intent open; the next one looks and finds it written."""
    with monkeypatch.context() as patch:

        def away(*_: object) -> None:
            raise RecordError("settle 1-patch: the record does not answer")

        patch.setattr(ledger, "settle", away)
        with pytest.raises(RecordError):
            run(plan, cluster, ledger)

    assert run(plan, cluster, ledger).applied
    assert len(cluster.writes) == 1


@pytest.mark.parametrize("error", [ClusterRejected, ClusterForbidden])
def test_a_rejected_write_is_a_failed_outcome(
    cluster: Cluster, ledger: Ledger, plan: Plan, error: type[Exception]
) -> None:
    """A webhook or RBAC says no: a named outcome with its sentence."""

    def refuse() -> None:
        raise error("patch deployment/auth: the webhook said no")

    cluster.fail = refuse
    done = run(plan, cluster, ledger)

    assert not done.applied
    assert "the webhook said no" in done.says
    assert [intent.outcome.did for intent in ledger.intents("inc-1") if intent.outcome] == [Did.FAILED]


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


def several_steps(cluster: Cluster) -> Plan:
    """A plan with every shape of write: patch twice, delete, create, restart."""
    mode = {"op": "replace", "path": "/spec/template/spec/containers/0/env/0/value", "value": "safe"}
    return plan_of(
        cluster,
        change(Action.PATCH, AUTH, image()),
        change(Action.PATCH, AUTH, mode),
        change(Action.DELETE, at("ConfigMap", "settings")),
        change(Action.CREATE, at("ConfigMap", "other"), manifest=configmap("other")),
        change(Action.RESTART, AUTH),
    )


def boundaries() -> int:
    """How many boundaries a whole run passes."""
    cluster = Cluster(deployment(), configmap())
    plan, ledger = several_steps(cluster), Ledger(cluster.boundaries)
    run(plan, cluster, ledger, policy=ACTING)
    return cluster.boundaries.passed


@pytest.mark.parametrize("die_at", range(1, boundaries() + 1))
def test_a_death_at_any_boundary_is_settled_by_the_next_run(die_at: int) -> None:
    """Before the intent, after it, after the write, before the outcome: every object is written once."""
    cluster = Cluster(deployment(), configmap())
    plan = several_steps(cluster)
    cluster.boundaries = Boundaries(die_at)
    ledger = Ledger(cluster.boundaries)
    with pytest.raises(Died):
        run(plan, cluster, ledger, policy=ACTING)
    cluster.report_status(AUTH)  # the world goes on while nobody of ours lives

    done = run(plan, cluster, ledger, policy=ACTING)

    assert done.applied, done.says
    assert len(cluster.writes) == 5
    assert len(set(cluster.writes)) == 4  # two patches of one object, each once
    assert all(intent.outcome and intent.outcome.did is Did.APPLIED for intent in ledger.intents("inc-1"))


def test_an_object_changed_by_somebody_while_we_were_dead_is_left_to_a_person(
    cluster: Cluster, ledger: Ledger, plan: Plan
) -> None:
    """Neither as before nor as wanted: nothing is written, and the sentence says who has to look."""
    cluster.boundaries = ledger.boundaries = Boundaries()
    clock = Clock()
    ledger.boundaries.die_at = 3  # read, before the intent, after the intent
    with pytest.raises(Died):
        run(plan, cluster, ledger)
    cluster.edit(AUTH, image("auth:somebody-elses"))
    done = run(plan, cluster, ledger, now=clock.now)

    assert "a person has to look" in done.says
    assert live_image(cluster) == "auth:somebody-elses"
    assert cluster.writes == []
