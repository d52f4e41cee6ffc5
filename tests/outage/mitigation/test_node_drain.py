"""A dead node lets its pods go: only those that come back elsewhere."""

from datetime import timedelta

import pytest

from outage.diagnosis.hypothesis import Action, Risk
from tests.outage.diagnosis.worlds.shop_objects import NOON, ago, condition
from tests.outage.diagnosis.worlds.shop_snapshot import Ground
from tests.outage.mitigation.overloaded_platform import Break, lost, offered, risk_of


def test_a_dead_node_lets_its_pods_go_where_there_is_room() -> None:
    """It is named after a workload that it frees: cordoning the node is another plan of the same cause."""
    ground = lost(Ground())

    found = offered(ground, Action.DRAIN, "Node/node-2")

    assert found is not None
    assert (found.key, risk_of(found)) == ("drain:Node//node-2", Risk.HIGH)
    assert found.onset == NOON - timedelta(minutes=2)
    assert "4 pods without data are on it" in " ".join(found.evidence_for)


def owned_by(ground: Ground, kind: str | None) -> None:
    """One pod of the node has another owner."""
    lost(ground)
    owners = [{"kind": kind, "name": "x", "controller": True}] if kind else []
    ground.pods("auth")[1]["metadata"]["ownerReferences"] = owners


def stateful(ground: Ground) -> None:
    """One pod of the node belongs to a StatefulSet."""
    owned_by(ground, "StatefulSet")


def orphan(ground: Ground) -> None:
    """Nobody would make one pod of the node anew."""
    owned_by(ground, None)


def claimed(ground: Ground) -> None:
    """One pod of the node keeps data on a volume."""
    lost(ground)
    ground.pods("auth")[1]["spec"]["volumes"] = [{"name": "d", "persistentVolumeClaim": {"claimName": "d"}}]


def no_room(ground: Ground) -> None:
    """The other node is full."""
    lost(ground)
    ground.get("Node", "node-1")["status"]["allocatable"]["pods"] = "9"


def only_just(ground: Ground) -> None:
    """The node fell silent a moment ago."""
    lost(ground, minutes=0.5)


def both_nodes(ground: Ground) -> None:
    """All nodes at once: it is not the nodes."""
    lost(ground)
    ground.get("Node", "node-1")["status"]["conditions"] = [condition("Ready", "Unknown", 2)]


def leaving(ground: Ground) -> None:
    """Its pods are being let go already."""
    lost(ground)
    for name in ("auth", "user", "scheduler", "content"):
        ground.pods(name)[1]["metadata"]["deletionTimestamp"] = ago(minutes=1)


def chosen_node(ground: Ground) -> None:
    """One pod wants that very node."""
    lost(ground)
    ground.pods("auth")[1]["spec"]["nodeSelector"] = {"kubernetes.io/hostname": "node-2"}


@pytest.mark.parametrize(
    "change", [stateful, orphan, claimed, no_room, only_just, both_nodes, leaving, chosen_node]
)
def test_a_node_keeps_pods_that_would_be_lost_or_homeless(change: Break) -> None:
    """A drain takes every pod, so one that must stay forbids it."""
    ground = Ground()
    change(ground)

    assert offered(ground, Action.DRAIN, "Node/node-2") is None
