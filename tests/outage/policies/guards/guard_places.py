"""A world in which nothing speaks against a plan, and the ways to spoil it."""

from datetime import UTC, datetime
from typing import Any

from outage.diagnosis.hypothesis import Action, Change
from outage.kubernetes.objects import ObjectRef
from outage.plans.plan import Plan, Precondition, Step
from outage.platforms.platform import Platform, Service
from outage.policies.guards import GuardView
from outage.policies.policy import Mode, Policy, Rule
from outage.snapshots.snapshot import Snapshot
from outage.value import Manifest

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
"""A Tuesday."""
AUTH = ObjectRef(kind="Deployment", name="auth", namespace="shop")
NODE = ObjectRef(kind="Node", name="node-1")

POLICY = Policy(
    mode=Mode.ACT,
    namespaces=("shop",),
    kinds=("Deployment", "ConfigMap", "Pod", "PersistentVolumeClaim", "Secret", "StatefulSet"),
    cluster_kinds=("Node", "kube-system/ConfigMap/coredns"),
    rules=(Rule(mode=Mode.ACT),),
)
PLATFORM = Platform(
    name="Shop",
    namespace="shop",
    services=(Service(name="auth", workload="deployment/auth", replicas_floor=2),),
)


def step(action: Action = Action.PATCH, target: ObjectRef = AUTH, *ops: dict[str, Any], **more: Any) -> Step:
    """One step."""
    ops = ops or ({"op": "replace", "path": "/spec/template/spec/containers/0/image", "value": "auth:8"},)
    patch = () if action in (Action.DELETE, Action.CREATE, Action.CANCEL) else ops
    change = Change(action=action, target=target, patch=patch, why="w", expected="e", **more)
    return Step(
        key=f"1-{action}-{target.name}", change=change, precondition=Precondition(uid="u"), take_back="t"
    )


def plan(*steps: Step, incident_id: str = "inc-1") -> Plan:
    """A plan of these steps."""
    return Plan(
        incident=incident_id,
        attempt=1,
        hypothesis="h",
        summary="Mend it",
        steps=steps or (step(),),
        made_at=NOON,
    )


def scaling(replicas: int) -> Step:
    """A step that scales."""
    return step(Action.SCALE, AUTH, {"op": "replace", "path": "/spec/replicas", "value": replicas})


def deployment(replicas: int = 2, **spec: Any) -> Manifest:
    """The Deployment auth."""
    meta = {"name": "auth", "namespace": "shop", "uid": "u"}
    return {"kind": "Deployment", "metadata": meta, "spec": {"replicas": replicas, **spec}}


def replicaset() -> Manifest:
    """Its ReplicaSet."""
    owners = [{"kind": "Deployment", "name": "auth", "controller": True}]
    return {
        "kind": "ReplicaSet",
        "metadata": {"name": "auth-1", "namespace": "shop", "ownerReferences": owners},
    }


def pod(name: str, ready: bool = True, node: str = "node-1", kind: str = "ReplicaSet") -> Manifest:
    """One of its pods."""
    owners = [{"kind": kind, "name": "auth-1", "controller": True}]
    return {
        "kind": "Pod",
        "metadata": {"name": name, "namespace": "shop", "labels": {"app": "auth"}, "ownerReferences": owners},
        "spec": {"nodeName": node},
        "status": {"conditions": [{"type": "Ready", "status": "True" if ready else "False"}]},
    }


def node(name: str = "node-1", ready: bool = True) -> Manifest:
    """A node."""
    return {
        "kind": "Node",
        "metadata": {"name": name},
        "status": {"conditions": [{"type": "Ready", "status": "True" if ready else "Unknown"}]},
    }


def budget(allowed: int) -> Manifest:
    """The disruption budget of auth."""
    return {
        "kind": "PodDisruptionBudget",
        "metadata": {"name": "auth", "namespace": "shop"},
        "spec": {"selector": {"matchLabels": {"app": "auth"}}},
        "status": {"disruptionsAllowed": allowed},
    }


def view(objects: dict[str, tuple[Manifest, ...]] | None = None, **more: Any) -> GuardView:
    """Two of two pods ready on two nodes that are well; `objects` replaces kinds, an empty kind is removed by None."""
    seen: dict[str, Any] = {
        "Deployment": (deployment(),),
        "ReplicaSet": (replicaset(),),
        "Pod": (pod("auth-1-a"), pod("auth-1-b", node="node-2")),
        "PodDisruptionBudget": (budget(1),),
        "HorizontalPodAutoscaler": (),
        "ConfigMap": (),
        "Node": (node(), node("node-2")),
        "Namespace": ({"kind": "Namespace", "metadata": {"name": "shop"}},),
    }
    seen |= objects or {}
    snapshot = Snapshot(
        taken_at=more.pop("taken_at", NOON),
        namespaces=("shop",),
        objects={kind: found for kind, found in seen.items() if found is not None},
        database=more.pop("database", None),
    )
    more.setdefault("missing_rights", ())
    return GuardView(snapshot=snapshot, platform=more.pop("platform", PLATFORM), **more)
