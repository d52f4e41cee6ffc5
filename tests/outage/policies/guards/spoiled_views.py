"""What plans are about beside the Deployment: a claim, sessions, an autoscaler, objects that people marked."""

from typing import Any

from outage.diagnosis.hypothesis import Action
from outage.kubernetes.objects import ObjectRef
from outage.plans.objection import Objection
from outage.plans.plan import Plan
from outage.policies.guards import plan_objections
from outage.policies.guards.guard_view import GuardView
from outage.policies.policy import Limits, Policy
from outage.snapshots.snapshot import DatabaseView, Session
from tests.outage.policies.guards.guard_places import NOON, POLICY, deployment, plan, step

COREDNS = ObjectRef(kind="ConfigMap", name="coredns", namespace="kube-system")
CLAIM = ObjectRef(kind="PersistentVolumeClaim", name="data", namespace="shop")
STATEFUL = ObjectRef(kind="StatefulSet", name="auth", namespace="shop")
SERVICE = ObjectRef(kind="Service", name="auth", namespace="shop")
SERVICES = POLICY.model_copy(update={"kinds": (*POLICY.kinds, "Service")})
A_POD = ObjectRef(kind="Pod", name="auth-1-a", namespace="shop")
SESSION = ObjectRef(kind="Session", name="7")


def reasons(of: Plan, seen: GuardView, policy: Policy = POLICY) -> list[Objection]:
    """What speaks against it, each reason once."""
    return list(dict.fromkeys(one.reason for one in plan_objections(of, seen, policy, NOON)))


def limits(**more: Any) -> Policy:
    """The policy with other limits."""
    return POLICY.model_copy(update={"limits": Limits(**more)})


def claim(phase: str, **spec: Any) -> Any:
    """A volume claim."""
    meta = {"name": "data", "namespace": "shop"}
    return {"kind": "PersistentVolumeClaim", "metadata": meta, "spec": spec, "status": {"phase": phase}}


def marked(**meta: Any) -> Any:
    """The Deployment with more metadata."""
    made = deployment()
    made["metadata"] |= meta
    return made


def sessions(**more: Any) -> DatabaseView:
    """A database in which session 8 waits for session 7."""
    first = {"pid": 7, "user": "app", "application": "report", "state": "active"} | more
    blocked = Session(pid=8, user="app", state="active", blocked_by=(7,))
    return DatabaseView(
        name="shop",
        latency_seconds=0.01,
        max_connections=10,
        connections=2,
        sessions=(Session(**first), blocked),
    )


ENDING = plan(step(Action.CANCEL, SESSION, session=7))
HPA = {
    "kind": "HorizontalPodAutoscaler",
    "metadata": {"name": "auth", "namespace": "shop"},
    "spec": {"scaleTargetRef": {"kind": "Deployment", "name": "auth"}, "minReplicas": 3, "maxReplicas": 5},
}
DEFAULT_ROLLOUT = {"strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": "25%"}}}
