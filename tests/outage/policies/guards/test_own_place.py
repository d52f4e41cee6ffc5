"""A responder that runs in the cluster which it heals does not saw off the branch that it sits on."""

import pytest

from outage.diagnosis.hypothesis import Action
from outage.kubernetes.objects import ObjectRef
from outage.plans.objection import Objection
from outage.plans.plan import Plan
from outage.policies.guards import plan_objections
from outage.policies.guards.guard_view import OwnPlace
from tests.outage.policies.guards.guard_places import AUTH, NODE, NOON, POLICY, plan, step, view

CORDON = plan(step(Action.CORDON, NODE))
ELSEWHERE = OwnPlace(namespace="outage", node="node-2")


@pytest.mark.parametrize(
    ("of", "own"),
    [
        pytest.param(plan(), None, id="it runs on a machine of its own"),
        pytest.param(CORDON, None, id="so does who writes to a node"),
        pytest.param(plan(), ELSEWHERE, id="it runs in another namespace"),
        pytest.param(CORDON, ELSEWHERE, id="it runs on another node"),
        pytest.param(
            plan(), OwnPlace(namespace="outage"), id="its node is not known, and none is written to"
        ),
    ],
)
def test_what_it_does_not_stand_on_may_be_written(of: Plan, own: OwnPlace | None) -> None:
    """Silence where nothing is the matter."""
    assert [one.says for one in plan_objections(of, view(own_place=own), POLICY, NOON)] == []


@pytest.mark.parametrize(
    ("of", "own", "reason", "says"),
    [
        pytest.param(
            plan(),
            OwnPlace(namespace="shop", node="node-2"),
            Objection.OWN_PLACE,
            f"{AUTH} is left alone: this responder itself runs in namespace shop; carry it out from elsewhere",
            id="its namespace",
        ),
        pytest.param(
            CORDON,
            OwnPlace(namespace="outage", node="node-1"),
            Objection.OWN_PLACE,
            "node/node-1 is left alone: this responder itself runs on it; carry it out from elsewhere",
            id="its node",
        ),
        pytest.param(
            CORDON,
            OwnPlace(namespace="outage"),
            Objection.CANNOT_TELL,
            "node/node-1 is left alone: on which node this responder runs is not known, so nobody can tell",
            id="a node, and its own is not known",
        ),
    ],
)
def test_what_it_stands_on_is_left_alone_in_one_sentence(
    of: Plan, own: OwnPlace, reason: Objection, says: str
) -> None:
    """Somebody else has to do it: the sentence says so."""
    found = plan_objections(of, view(own_place=own), POLICY, NOON)

    assert [(one.reason, one.says) for one in found] == [(reason, says)]


def test_its_namespace_itself_is_left_alone() -> None:
    """Whatever else speaks against it."""
    target = ObjectRef(kind="Namespace", name="outage")
    found = plan_objections(plan(step(Action.PATCH, target)), view(own_place=ELSEWHERE), POLICY, NOON)

    assert Objection.OWN_PLACE in [one.reason for one in found]
