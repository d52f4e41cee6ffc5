"""Acting with the real record: what stands in PostgreSQL is enough to go on after a death, and two runs never race."""

import threading
from itertools import count
from typing import Any

import pytest

from blocks.record import Record
from outage.diagnosis.hypothesis import Action
from outage.incidents.incident import Incident
from outage.plans.outcome import Resolved, StepDid
from outage.plans.plan import Plan
from tasks.act import apply_plan_steps, take_back_steps
from tests.tasks.act.fake_cluster import NOON, Boundaries, Clock, Cluster, Died
from tests.tasks.act.shop_plans import (
    ASKING,
    AUTH,
    INCIDENT,
    change,
    configmap,
    deployment,
    image,
    plan_of,
    view,
    yes,
)

NUMBERS = count(1)


@pytest.fixture
def incident(record: Record) -> Incident:
    """An incident of its own."""
    key = f"acting-{next(NUMBERS)}"
    opened, _ = record.open_incident(key, "auth is down", NOON)
    return opened.model_copy(update={"severity": INCIDENT.severity})


def approved(record: Record, incident: Incident, cluster: Cluster) -> Plan:
    """A plan as it is kept and read again, with a yes that is kept."""
    made = plan_of(cluster, change(Action.PATCH, AUTH, image()), change(Action.RESTART, AUTH))
    record.keep_plan(made.model_copy(update={"incident": incident.id}))
    plan = record.plan(incident.id, 1)
    assert plan is not None
    record.answer(incident.id, yes(plan), quorum=1)
    return plan


def run(plan: Plan, incident: Incident, record: Record, cluster: Cluster) -> Resolved:
    """Apply."""
    clock = Clock()
    return apply_plan_steps(
        plan,
        incident,
        record,
        cluster,
        policy=lambda: ASKING,
        view=lambda: view(cluster, taken_at=clock.now()),
        stopped=lambda: None,
        now=clock.now,
        rest=clock.rest,
    )


def test_a_plan_that_was_kept_is_the_plan_that_is_written(record: Record, incident: Incident) -> None:
    """JSON and back, its hash is the same, its approval counts, its outcomes are read again."""
    cluster = Cluster(deployment(), configmap())
    plan = approved(record, incident, cluster)

    assert run(plan, incident, record, cluster).applied
    assert [one.outcome.did for one in record.intents(incident.id) if one.outcome] == [
        StepDid.APPLIED,
        StepDid.APPLIED,
    ]
    assert run(plan, incident, record, cluster).applied
    assert len(cluster.writes) == 2


@pytest.mark.parametrize("die_at", [2, 3, 4, 5, 6])
def test_a_death_is_settled_from_the_record(record: Record, incident: Incident, die_at: int) -> None:
    """Another process, another connection, the same intents."""
    cluster = Cluster(deployment(), configmap())
    plan = approved(record, incident, cluster)
    cluster.boundaries = Boundaries(die_at)
    with pytest.raises(Died):
        run(plan, incident, record, cluster)

    assert run(plan, incident, record, cluster).applied
    assert len(cluster.writes) == 2


def test_two_runs_at_the_same_time_write_once(record: Record, incident: Incident) -> None:
    """The lock of the target is PostgreSQL's: the second one waits, then finds it done."""
    cluster = Cluster(deployment(), configmap())
    plan = approved(record, incident, cluster)
    done: list[Any] = []
    threads = [
        threading.Thread(target=lambda: done.append(run(plan, incident, record, cluster))) for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert len(cluster.writes) == 2
    assert any(one.applied for one in done)


def test_taking_back_needs_nothing_but_the_record(record: Record, incident: Incident) -> None:
    """The way back survives JSON: what is restored equals what was."""
    cluster = Cluster(deployment(), configmap())
    plan = approved(record, incident, cluster)
    before = cluster.objects[AUTH]["spec"]
    run(plan, incident, record, cluster)
    clock = Clock()
    done = take_back_steps(
        plan, incident, record, cluster, stopped=lambda: None, now=clock.now, rest=clock.rest
    )

    assert done.applied, done.says
    assert cluster.objects[AUTH]["spec"] == before
