"""A Deployment with a wrong image, and the plans that mend it."""

from typing import Any

from outage.diagnosis.hypothesis import Action, Change, Hypothesis, Repair
from outage.incidents.incident import Incident
from outage.kubernetes.objects import ObjectRef
from outage.plans.plan import Plan
from outage.plans.planning import plan_for
from outage.value import Manifest
from tests.outage.policies.guards.guard_places import AUTH, NOON

INCIDENT = Incident(id="inc-1", key="k", title="t", opened_at=NOON)


def auth(image: str = "auth:9", replicas: int = 2, **meta: Any) -> Manifest:
    """A Deployment as the API gives it."""
    template = {
        "metadata": {"labels": {"app": "auth"}},
        "spec": {"containers": [{"name": "app", "image": image}]},
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {
            "name": "auth",
            "namespace": "shop",
            "uid": "u",
            "resourceVersion": "7",
            "generation": 3,
            **meta,
        },
        "spec": {"replicas": replicas, "template": template},
        "status": {"readyReplicas": 0},
    }


IMAGE = {"op": "replace", "path": "/spec/template/spec/containers/0/image", "value": "auth:8"}


def change(
    action: Action = Action.PATCH, *ops: dict[str, Any], target: ObjectRef = AUTH, **more: Any
) -> Change:
    """A change."""
    return Change(action=action, target=target, patch=ops, why="w", expected="e", **more)


def made(*changes: Change, live: dict[ObjectRef, Manifest | None] | None = None) -> Plan:
    """The plan of these changes."""
    cause = Hypothesis(
        cause="bad-image",
        about=AUTH,
        says="auth runs an image that is not there",
        score=1,
        repair=Repair(summary="Undo it", changes=changes),
    )
    return plan_for(cause, INCIDENT, 1, {AUTH: auth()} if live is None else live, NOON)
