"""Apply a plan and take it back with clocks that cost nothing, and compare what stands afterwards."""

from collections.abc import Callable
from typing import Any

from outage.kubernetes.objects import ObjectRef
from outage.plans.outcome import Resolved
from outage.plans.plan import Plan
from outage.policies.policy import Policy
from tasks.act import apply_plan_steps, take_back_steps
from tests.tasks.act.fake_cluster import Clock, Cluster, Ledger
from tests.tasks.act.shop_plans import ACTING, ASKING, AUTH, INCIDENT, at, view

NODE = at("Node", "node-1", "")
CORDONED = at("Node", "node-2", "")
SESSION = at("Session", "7", "")
NOT_RESTORED = ("Pod", "Session")
"""Kinds whose objects end for good: a controller, or the client, puts another one in their place."""


def run(plan: Plan, cluster: Cluster, ledger: Ledger, policy: Policy = ASKING, **more: Any) -> Resolved:
    """Apply with a clock that costs nothing."""
    clock = Clock()
    given: dict[str, Any] = {
        "policy": lambda: policy,
        "view": lambda: view(cluster, taken_at=clock.now()),
        "stopped": lambda: None,
        "now": clock.now,
        "rest": clock.rest,
    }
    return apply_plan_steps(plan, INCIDENT, ledger, cluster, **(given | more))


def live_image(cluster: Cluster) -> str:
    """The image that stands in the Deployment."""
    return str(cluster.objects[AUTH]["spec"]["template"]["spec"]["containers"][0]["image"])


def applied(
    cluster: Cluster, ledger: Ledger, plan: Plan, stopped: Callable[[], str | None] = lambda: None
) -> Resolved:
    """Apply under a policy that acts alone."""
    clock = Clock()
    return apply_plan_steps(
        plan,
        INCIDENT,
        ledger,
        cluster,
        policy=lambda: ACTING,
        view=lambda: view(cluster, taken_at=clock.now()),
        stopped=stopped,
        now=clock.now,
        rest=clock.rest,
        database=cluster,
    )


def taken_back(cluster: Cluster, ledger: Ledger, plan: Plan, stop: str | None = None) -> Resolved:
    """Take back with a clock that costs nothing."""
    clock = Clock()
    return take_back_steps(
        plan,
        INCIDENT,
        ledger,
        cluster,
        stopped=lambda: stop,
        now=clock.now,
        rest=clock.rest,
        database=cluster,
    )


def state(cluster: Cluster) -> dict[ObjectRef, Any]:
    """All objects without what the server counts."""
    return {
        ref: {
            **{key: value for key, value in one.items() if key not in ("metadata", "status")},
            "labels": one["metadata"].get("labels"),
            "annotations": one["metadata"].get("annotations"),
        }
        for ref, one in cluster.objects.items()
        if ref.kind not in NOT_RESTORED
    }
