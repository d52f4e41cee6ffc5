"""The runbook's ways to ease an outage: none without need, the least harmful first, each as a plan of its own."""

import copy
from typing import Any

import pytest

from outage.diagnosis.cause import Cause
from outage.diagnosis.hypothesis import Action, Diagnosis
from outage.incidents.incident import Incident
from outage.incidents.severity import Severity
from outage.kubernetes.objects import ObjectRef
from outage.mitigation import mitigations, untried_mitigations
from outage.plans.planning import plan_for, repair_targets
from outage.snapshots.case import Case
from tests.outage.diagnosis.worlds.diagnosed import diagnose
from tests.outage.diagnosis.worlds.shop_objects import NOON
from tests.outage.diagnosis.worlds.shop_snapshot import Ground
from tests.outage.mitigation.overloaded_platform import (
    Break,
    all_down,
    hot,
    nothing,
    page,
    pair,
    platform,
    seen,
    shows,
    written,
)


def busy_and_content(ground: Ground) -> None:
    """Every pod uses its whole CPU, and nobody waits."""
    hot(ground)
    shows(ground, rates=())


def cordoned(ground: Ground) -> None:
    """A node is cordoned, and everything still runs."""
    ground.get("Node", "node-2")["spec"]["unschedulable"] = True


def blind(ground: Ground) -> None:
    """Nothing could be listed."""
    ground.objects.clear()


@pytest.mark.parametrize("change", [nothing, busy_and_content, cordoned, blind])
def test_a_platform_that_hurts_nobody_is_left_alone(change: Break) -> None:
    """An empty view is no reason to act either."""
    ground = pair(Ground())
    page(ground)
    change(ground)

    assert seen(ground) == ()


def test_the_label_of_an_alert_alone_eases_nothing() -> None:
    """A floor of P0 raises the severity, and routes nobody away."""
    ground = Ground()
    page(ground)
    picture = ground.snapshot()

    case = Case(snapshot=picture, platform=platform())
    assert mitigations(diagnose(picture, platform(), floor=Severity.P0), case) == ()


def everything(ground: Ground) -> Ground:
    """One slot hangs, a node is lost elsewhere, and no user is answered."""
    pair(ground, hung=True)
    return all_down(ground)


def test_the_least_harmful_way_comes_first_and_every_key_is_its_own() -> None:
    """The record knows a plan by the key of what it heals, so two must never share one."""
    picture = everything(Ground()).snapshot()
    diagnosis = diagnose(picture, platform())

    found = mitigations(diagnosis, Case(snapshot=picture, platform=platform()))

    assert [written(one) for one in found] == [
        (Action.PATCH, "Service/auth"),
        (Action.RESTART, "Deployment/auth"),
        (Action.PATCH, "Ingress/shop-ingress"),
    ]
    assert found[1].key == "restart:Deployment/shop/auth"
    keys = [one.key for one in (*diagnosis.hypotheses, *found)]
    assert len(keys) == len(set(keys))
    assert {one.cause for one in found} <= set(Cause)
    assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)
    assert all(one.score < 0.25 for one in found)
    assert diagnosis.mitigations == ()


def test_a_record_of_old_is_read() -> None:
    """Mitigations once stood behind the causes, with a reason that said so."""
    picture = everything(Ground()).snapshot()
    diagnosis = diagnose(picture, platform())
    found = mitigations(diagnosis, Case(snapshot=picture, platform=platform()))
    kept = diagnosis.model_dump(mode="json", exclude={"mitigations"})
    kept["hypotheses"] += [one.model_dump(mode="json") for one in found]

    read = Diagnosis.model_validate(kept)

    assert (read.hypotheses, read.mitigations) == (diagnosis.hypotheses, found)
    assert Diagnosis.model_validate_json(read.model_dump_json()) == read


def test_a_relief_goes_the_way_of_every_plan_and_is_not_tried_twice() -> None:
    """Also when the next investigation names another cause for it."""
    ground = everything(Ground())
    first, *rest = seen(ground)
    live: dict[ObjectRef, Any] = {}
    for target in repair_targets(first):
        live[target] = copy.deepcopy(ground.get(target.kind, target.name))
    incident = Incident(id="inc-1", key="shop", title="shop", opened_at=NOON)
    plan = plan_for(first, incident, 1, live, NOON)
    renamed = first.model_copy(update={"cause": Cause.APPLICATION_ERROR.value})

    assert plan.steps[0].key == "1-patch-service-auth"
    assert untried_mitigations([renamed, *rest], [plan]) == tuple(rest)
