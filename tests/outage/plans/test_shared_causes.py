"""One cause on several objects is one plan; other causes, and what the limits leave over, are not written with it."""

from typing import Any

import pytest

from outage.diagnosis.hypothesis import Action, Change, Hypothesis, Repair
from outage.kubernetes.objects import ObjectRef
from outage.plans.shared_causes import is_same_cause, shared_cause


def tainted(node: str, live: str = "broken=yes:NoSchedule", **more: Any) -> Hypothesis:
    """A taint on a node that keeps pods off."""
    about = ObjectRef(kind="Node", name=node)
    patch = ({"op": "remove", "path": "/spec/taints"},)
    change = Change(action=Action.PATCH, target=about, patch=patch, why="pods wait", expected="pods run")
    made: dict[str, Any] = {
        "field": "spec.taints",
        "score": 0.9,
        "live": live,
        "repair": Repair(summary=f"Remove the taint from {about}", changes=(change,)),
    }
    return Hypothesis(cause="node-tainted", about=about, says=f"{about} is tainted", **made | more)


ONE, TWO, THREE = (tainted(f"node-{number}") for number in (1, 2, 3))


def test_a_cause_on_one_object_keeps_its_shape() -> None:
    """Nothing is added to a plan that needs nothing."""
    shared = shared_cause(ONE, (ONE,), 6)

    assert (shared.cause, shared.also, shared.remaining) == (ONE, (), ())


def test_the_same_taint_on_every_node_is_one_plan() -> None:
    """Removing one of two leaves half of the outage."""
    shared = shared_cause(ONE, (ONE, TWO, THREE), 6)

    assert shared.cause.repair
    assert [change.target.name for change in shared.cause.repair.changes] == ["node-1", "node-2", "node-3"]
    assert (
        shared.cause.repair.summary
        == "Remove the taint from node/node-1, and the same on node/node-2, node/node-3"
    )
    assert shared.also == (TWO.key, THREE.key)
    assert shared.cause.key == ONE.key


def test_what_the_limits_leave_over_is_said() -> None:
    """The next plan writes it; until then people know."""
    shared = shared_cause(ONE, (ONE, TWO, THREE), 2)

    assert shared.cause.repair
    assert len(shared.cause.repair.changes) == 2
    assert shared.remaining == ("node/node-3",)
    assert "node/node-3 must wait" in shared.cause.repair.summary


@pytest.mark.parametrize(
    ("other", "same"),
    [
        pytest.param(TWO, True, id="the same value on another node"),
        pytest.param(tainted("node-2", score=0.6), True, id="marked down, since the first explains the same"),
        pytest.param(ONE, False, id="the cause itself"),
        pytest.param(tainted("node-2", live="other=yes:NoSchedule"), False, id="another value"),
        pytest.param(tainted("node-2", live=None), False, id="nobody knows its value"),
        pytest.param(tainted("node-2", repair=None), False, id="only a person can mend it"),
        pytest.param(tainted("node-2", score=0.25), False, id="more speaks for doubt"),
        pytest.param(tainted("node-2", field="spec.unschedulable"), False, id="another field"),
        pytest.param(TWO.model_copy(update={"cause": "node-cordoned"}), False, id="another cause"),
        pytest.param(
            TWO.model_copy(update={"about": ObjectRef(kind="Pod", name="node-2")}), False, id="another kind"
        ),
    ],
)
def test_a_cause_is_the_same_when_value_and_remedy_are(other: Hypothesis, same: bool) -> None:
    """Two outages that only look alike are two plans."""
    assert is_same_cause(other, ONE) is same
