"""The picture that guards judge by: what could not be looked at is absent as a whole, and then nothing is written."""

from typing import Any

import pytest

from outage.diagnosis.hypothesis import Action, Change
from outage.errors import ClusterForbidden, ClusterMissing, ClusterUnreachable
from outage.kubernetes.objects import ObjectRef
from outage.plans.objection import Objection
from outage.policies.guards import GuardView, plan_objections
from outage.value import Manifest
from tasks.act.fresh_view import take_fresh_view
from tests.tasks.act.fake_cluster import Cluster
from tests.tasks.act.shop_plans import (
    ACTING,
    AUTH,
    PLATFORM,
    at,
    change,
    configmap,
    deployment,
    node,
    plan_of,
)

COREDNS = at("ConfigMap", "coredns", "kube-system")
SHOP = ({"kind": "Namespace", "metadata": {"name": "shop"}}, deployment(), configmap(), node())
POLICY = ACTING.model_copy(update={"cluster_kinds": ("Node", "kube-system/ConfigMap/coredns")})


class Reader:
    """The reading door of a cluster in memory, closed for some kinds or single objects."""

    def __init__(self, cluster: Cluster, *closed: str):
        self.cluster = cluster
        self.closed = closed

    def list(self, kind: str, namespace: str | None, cached: bool) -> list[Manifest]:
        """As `Cluster.list`."""
        if kind in self.closed:
            raise ClusterForbidden(f"list {kind}: 403")
        found = self.cluster.objects.items()
        return [one for ref, one in found if ref.kind == kind and namespace in (None, ref.namespace)]

    def get(self, ref: ObjectRef) -> Manifest:
        """As `Cluster.get`."""
        if {ref.kind, str(ref)} & set(self.closed):
            raise ClusterForbidden(f"read {ref}: 403")
        if ref not in self.cluster.objects:
            raise ClusterMissing(f"read {ref}: 404")
        return self.cluster.objects[ref]


def seen(changes: tuple[Change, ...], *closed: str) -> tuple[GuardView, list[Objection]]:
    """The world of a plan of these changes, and what speaks against it there."""
    cluster = Cluster(*SHOP)
    plan = plan_of(cluster, *changes)
    door: Any = Reader(cluster, *closed)
    view = take_fresh_view(plan, PLATFORM, door, may=lambda _: True)
    return view, [one.reason for one in plan_objections(plan, view, POLICY, view.snapshot.taken_at)]


RESTART = change(Action.RESTART, AUTH)
CONFIG = change(
    Action.PATCH, at("ConfigMap", "settings"), {"op": "replace", "path": "/data/LEVEL", "value": "debug"}
)
MISSING = change(Action.DELETE, at("NetworkPolicy", "gone"))
DNS = change(Action.PATCH, COREDNS, {"op": "add", "path": "/data", "value": {}})


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param((RESTART,), id="a workload"),
        pytest.param((CONFIG,), id="a kind that is read one by one"),
        pytest.param((MISSING,), id="a target that was looked for and is not there"),
        pytest.param((change(Action.CORDON, at("Node", "node-1", "")),), id="a node"),
        pytest.param(
            (change(Action.CREATE, at("Service", "auth"), manifest={"kind": "Service"}),), id="a creation"
        ),
    ],
)
def test_with_every_door_open_nothing_speaks_against_it(changes: tuple[Change, ...]) -> None:
    """What is never listed is read by itself: guards refuse nothing for want of a look."""
    assert seen(changes)[1] == []


@pytest.mark.parametrize(
    ("changes", "closed"),
    [
        pytest.param((RESTART,), ("Deployment", "HorizontalPodAutoscaler", "Node"), id="only pods were seen"),
        pytest.param((RESTART,), ("ReplicaSet",), id="nothing leads from the Deployment to its pods"),
        pytest.param((CONFIG,), ("ConfigMap",), id="the target may not be read"),
        pytest.param((CONFIG,), ("Namespace",), id="its namespace may not be read"),
        pytest.param((change(Action.CORDON, at("Node", "node-1", "")),), ("Node",), id="nodes"),
        pytest.param((CONFIG, DNS), (str(COREDNS),), id="the second target of a kind may not be read"),
        pytest.param((DNS, CONFIG), (str(COREDNS),), id="the first target of a kind may not be read"),
    ],
)
def test_behind_a_closed_door_nothing_is_written(
    changes: tuple[Change, ...], closed: tuple[str, ...]
) -> None:
    """Whoever closed it: forbidden, broken or too slow are one and the same to a guard."""
    assert Objection.CANNOT_TELL in seen(changes, *closed)[1]


def test_half_a_kind_is_no_kind() -> None:
    """One object of it could not be read: the others would make it look as if it were not there."""
    view, _ = seen((CONFIG, DNS), str(COREDNS))

    assert not view.snapshot.saw("ConfigMap")
    assert view.snapshot.saw("Deployment")


def test_one_node_read_by_itself_does_not_stand_for_all() -> None:
    """Listing failed: the share of nodes that are not ready cannot be told from the one that is drained."""

    class NotListed(Reader):
        def list(self, kind: str, namespace: str | None, cached: bool) -> list[Manifest]:
            if kind == "Node":
                raise ClusterForbidden("list nodes: 403")
            return super().list(kind, namespace, cached)

    cluster = Cluster(*SHOP)
    plan = plan_of(cluster, change(Action.CORDON, at("Node", "node-1", "")))
    door: Any = NotListed(cluster)

    assert not take_fresh_view(plan, PLATFORM, door).snapshot.saw("Node")


class Hiccup(Reader):
    """Its first answer is none."""

    hiccups = 1

    def list(self, kind: str, namespace: str | None, cached: bool) -> list[Manifest]:
        """As `Cluster.list`, but the first time."""
        self.hiccups -= 1
        if self.hiccups >= 0:
            raise ClusterUnreachable(f"list {kind}: no answer")
        return super().list(kind, namespace, cached)


def test_a_look_that_fails_in_passing_is_made_again() -> None:
    """A plan is refused for reasons that last; this one is gone a third of a second later."""
    cluster = Cluster(*SHOP)
    plan = plan_of(cluster, RESTART)
    door: Any = Hiccup(cluster)
    view = take_fresh_view(plan, PLATFORM, door, may=lambda _: True)

    assert plan_objections(plan, view, POLICY, view.snapshot.taken_at) == ()
