"""When an object counts as put back."""

from typing import Any

import pytest

from tasks.inject.mending import _same


def node(**spec: Any) -> dict[str, Any]:
    """A node with a spec."""
    return {"kind": "Node", "metadata": {"name": "node-2"}, "spec": spec}


TEAM = {"key": "team", "value": "research", "effect": "NoSchedule"}
SILENT = {"key": "node.kubernetes.io/unreachable", "effect": "NoExecute"}


@pytest.mark.parametrize(
    ("live", "same"),
    [
        pytest.param(node(), True, id="as it was"),
        pytest.param(node(taints=[SILENT]), True, id="tainted by its own controller"),
        pytest.param(node(taints=[TEAM]), False, id="tainted by the drill"),
        pytest.param(node(unschedulable=True), False, id="cordoned by the response"),
        pytest.param(None, False, id="gone"),
    ],
)
def test_a_node_is_as_before_when_nobody_keeps_pods_off(live: dict[str, Any] | None, same: bool) -> None:
    """What the drill or the response wrote goes; what the node's state writes comes and goes by itself."""
    assert _same(node(), live) is same
