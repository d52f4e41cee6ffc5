"""Applying a plan while versions move, doors fail and processes die at any line."""

import pytest

from outage.diagnosis.hypothesis import Action
from outage.errors import ClusterForbidden, ClusterRejected, ClusterUnreachable, RecordError
from outage.plans.outcome import StepDid
from outage.plans.plan import Plan
from tests.tasks.act.fake_cluster import Boundaries, Clock, Cluster, Died, Ledger
from tests.tasks.act.running import live_image, run
from tests.tasks.act.shop_plans import ACTING, AUTH, at, change, configmap, deployment, image, plan_of


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
    assert [intent.outcome.did for intent in ledger.intents("inc-1") if intent.outcome] == [StepDid.FAILED]


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
    assert all(intent.outcome and intent.outcome.did is StepDid.APPLIED for intent in ledger.intents("inc-1"))


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
