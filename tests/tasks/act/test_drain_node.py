"""Draining a node that nobody tends any more."""

from typing import Any

import pytest

from outage.errors import ClusterRejected
from outage.kubernetes.objects import ObjectRef
from outage.plans.fence import Fence, unshared_fence
from outage.value import Manifest
from tasks.act.drain_node import drain_node
from tests.tasks.act.fake_cluster import Cluster
from tests.tasks.act.shop_plans import node

NODE = ObjectRef(kind="Node", name="node-1")
HELD = unshared_fence("node-1")


class Lingering(Cluster):
    """A cluster whose evicted pods stay Terminating: the kubelet that would end them is silent."""

    def evict(self, pod: ObjectRef, uid: str, fence: Fence) -> None:
        """Mark it, as the API server does."""
        self.objects[pod]["metadata"]["deletionTimestamp"] = "2030-01-01T12:00:00Z"


def ground(ready: str) -> Lingering:
    """One node with one pod of a ReplicaSet."""
    status = {"conditions": [{"type": "Ready", "status": ready}]}
    owner = {"kind": "ReplicaSet", "name": "auth-1", "controller": True}
    pod: dict[str, Any] = {
        "kind": "Pod",
        "metadata": {"name": "auth-1-x", "uid": "uid-1", "namespace": "shop", "ownerReferences": [owner]},
        "spec": {"nodeName": "node-1"},
    }
    marked: Manifest = node() | {"status": status}
    return Lingering(marked, pod)


def test_evicted_pods_of_a_dead_node_count_as_gone() -> None:
    """Their replacements run elsewhere; nobody is left to say that they ended."""
    drain_node(NODE, ground("Unknown"), HELD, lambda seconds: None, lambda: None)


def test_evicted_pods_of_a_living_node_are_waited_for() -> None:
    """They still hold their volumes and finish their requests."""
    with pytest.raises(ClusterRejected, match="1 pods are still there"):
        drain_node(NODE, ground("True"), HELD, lambda seconds: None, lambda: None)
