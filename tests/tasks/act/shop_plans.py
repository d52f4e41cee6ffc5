"""The shop that is acted upon: its objects, and the plans, policies, answers and views about them."""

from typing import Any

from outage.diagnosis.hypothesis import Action, Change, Hypothesis, Repair
from outage.incidents.incident import Incident
from outage.incidents.severity import Severity
from outage.kubernetes.objects import ObjectRef
from outage.plans.approval import Answer, Approval
from outage.plans.plan import Plan
from outage.plans.planning import plan_for, repair_targets
from outage.platforms.platform import Platform, Service
from outage.policies.guards import GuardView
from outage.policies.guards.guard_view import JUDGED_BY
from outage.policies.policy import Limits, Mode, Policy, Rule
from outage.snapshots.snapshot import DatabaseView, Session, Snapshot
from outage.value import Manifest
from tests.tasks.act.fake_cluster import NOON, Cluster

SHOP = "shop"
INCIDENT = Incident(id="inc-1", key="k", title="auth is down", opened_at=NOON, severity=Severity.P2)


def deployment(name: str = "auth", image: str = "auth:9-broken", replicas: int = 2, **spec: Any) -> Manifest:
    """A Deployment of the shop."""
    pod = {"containers": [{"name": "app", "image": image, "env": [{"name": "MODE", "value": "live"}]}]}
    template = {"metadata": {"labels": {"app": name}}, "spec": pod}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": SHOP, "labels": {"app": name}},
        "spec": {"replicas": replicas, "template": template, **spec},
    }


def configmap(name: str = "settings", **data: str) -> Manifest:
    """A ConfigMap of the shop."""
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": name, "namespace": SHOP},
        "data": data or {"LEVEL": "info"},
    }


def node(name: str = "node-1", **spec: Any) -> Manifest:
    """A node that is ready."""
    ready = [{"type": "Ready", "status": "True"}]
    return {"kind": "Node", "metadata": {"name": name}, "spec": spec, "status": {"conditions": ready}}


def pod(name: str, node_name: str = "node-1") -> Manifest:
    """A pod of a ReplicaSet, on a node, not ready."""
    owned = [{"kind": "ReplicaSet", "name": "auth-1", "controller": True}]
    meta = {"name": name, "namespace": SHOP, "ownerReferences": owned}
    return {"kind": "Pod", "metadata": meta, "spec": {"nodeName": node_name}}


def session(pid: int = 7) -> Manifest:
    """A session that blocks another one, in the shape in which the database's door gives it."""
    who = {"user": "app", "application": "report", "client": "10.0.0.7", "blocks": True}
    return {
        "kind": "Session",
        "metadata": {"name": str(pid)},
        "spec": who,
        "status": {"state": "active"},
    }


def database_of(cluster: Cluster) -> DatabaseView:
    """What the database says of its sessions: each one in the cluster's memory blocks another one."""
    pids = [int(ref.name) for ref in cluster.objects if ref.kind == "Session"]
    blocking = [Session(pid=pid, user="app", application="report", state="active") for pid in pids]
    waiting = [Session(pid=1000 + pid, user="app", state="active", blocked_by=(pid,)) for pid in pids]
    return DatabaseView(
        name="shop",
        latency_seconds=0.01,
        max_connections=100,
        connections=2 * len(pids),
        sessions=(*blocking, *waiting),
    )


def at(kind: str, name: str, namespace: str = SHOP) -> ObjectRef:
    """A reference."""
    return ObjectRef(kind=kind, name=name, namespace=namespace)


AUTH = at("Deployment", "auth")


def change(action: Action, target: ObjectRef = AUTH, *ops: dict[str, Any], **more: Any) -> Change:
    """A change with its words filled in."""
    return Change(action=action, target=target, patch=ops, why="it is broken", expected="it works", **more)


def image(to: str = "auth:8") -> dict[str, Any]:
    """The operation that puts another image in."""
    return {"op": "replace", "path": "/spec/template/spec/containers/0/image", "value": to}


def plan_of(cluster: Cluster, *changes: Change, attempt: int = 1) -> Plan:
    """The plan of a cause whose repair is these changes."""
    hypothesis = Hypothesis(
        cause="bad-image",
        about=changes[0].target,
        says="the image does not exist",
        score=0.9,
        repair=Repair(summary="Mend it", changes=changes),
    )
    live = {target: cluster.objects.get(target) for target in repair_targets(hypothesis)}
    return plan_for(hypothesis, INCIDENT, attempt, live, NOON)


ASKING = Policy(
    mode=Mode.ACT,
    namespaces=(SHOP,),
    kinds=("Deployment", "ConfigMap", "Service", "NetworkPolicy", "Pod", "CronJob"),
    cluster_kinds=("Node",),
    rules=(Rule(mode=Mode.ASK, approvers="on-call"),),
    approvers={"on-call": ("ada", "bob")},
    limits=Limits(disturbed_share=1.0),
)
ACTING = ASKING.model_copy(update={"rules": (Rule(mode=Mode.ACT),)})
PLATFORM = Platform(
    name="Shop",
    namespace=SHOP,
    services=(Service(name="auth", workload="deployment/auth", replicas_floor=1),),
)


def yes(plan: Plan, by: str = "ada") -> Approval:
    """A yes to this very plan."""
    return Approval(plan_hash=plan.hash, answer=Answer.APPROVE, by=by, at=NOON)


def view(cluster: Cluster, **more: Any) -> GuardView:
    """What guards see: the cluster as it is."""
    objects: dict[str, tuple[Manifest, ...]] = dict.fromkeys((*JUDGED_BY, "Node", "ConfigMap", "Secret"), ())
    objects["Namespace"] = ({"kind": "Namespace", "metadata": {"name": SHOP}},)
    for ref, manifest in cluster.objects.items():
        objects[ref.kind] = (*objects.get(ref.kind, ()), manifest)
    snapshot = Snapshot(
        taken_at=more.pop("taken_at", NOON),
        namespaces=(SHOP,),
        objects=objects,
        database=database_of(cluster),
    )
    more.setdefault("missing_rights", ())
    return GuardView(snapshot=snapshot, platform=PLATFORM, **more)
