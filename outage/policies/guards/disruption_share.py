"""How much may be disturbed: the replicas floor, the share of a workload, and disruption budgets."""

import math
from collections.abc import Callable
from datetime import datetime
from typing import Any

from outage.diagnosis.hypothesis import Action, Change
from outage.kubernetes.objects import dig, labels_of, stays_on_its_node
from outage.kubernetes.readiness import is_pod_ready
from outage.kubernetes.workloads import WORKLOADS
from outage.plans.objection import Objection, Proceed, Refuse, Verdict
from outage.plans.plan import Plan, Step
from outage.policies.guards.guard_view import GuardView, is_blind_view, pods_of
from outage.policies.policy import Policy
from outage.value import Manifest


def replicas_floor(step: Step, plan: Plan, view: GuardView, policy: Policy, now: datetime) -> Verdict:
    """No write may leave a service with fewer replicas than the platform file (or its autoscaler) promises."""
    change, target = step.change, step.change.target
    wanted = _replicas_after(change)
    if wanted is None or target.kind not in WORKLOADS:
        return Proceed()
    if refusal := is_blind_view(view, target, "HorizontalPodAutoscaler"):
        return refusal
    service = view.platform.by_workload(target.kind, target.name)
    floor = service.replicas_floor if service and target.namespace == view.platform.namespace else 0
    scaler = _autoscaler(view, change)
    least = max(floor, dig(scaler, "spec.minReplicas", 1) if scaler else 0)
    if wanted < least:
        return Refuse(
            reason=Objection.REPLICAS_FLOOR,
            says=f"{target} would have {wanted} replicas, the floor is {least}",
        )
    return Proceed()


def _replicas_after(change: Change) -> int | None:
    if change.action is Action.DELETE:
        return 0
    for op in change.patch:
        if op.get("path") == "/spec/replicas" and op.get("op") in ("add", "replace"):
            return int(op["value"])
    return None


def is_autoscaled(step: Step, plan: Plan, view: GuardView, policy: Policy, now: datetime) -> Verdict:
    """Scaling what an autoscaler owns only holds within its bounds: outside them it is written over at once."""
    wanted, target = _replicas_after(step.change), step.change.target
    if wanted is None or step.change.action is Action.DELETE:
        return Proceed()
    if refusal := is_blind_view(view, target, "HorizontalPodAutoscaler"):
        return refusal
    scaler = _autoscaler(view, step.change)
    if scaler is None:
        return Proceed()
    most = dig(scaler, "spec.maxReplicas", 0)
    if wanted > most:
        return Refuse(
            reason=Objection.SHARE_DISTURBED,
            says=f"{target} would have {wanted} replicas, its autoscaler allows {most}: "
            f"raise maxReplicas of {scaler['metadata']['name']} instead",
        )
    return Proceed()


def _autoscaler(view: GuardView, change: Change) -> Manifest | None:
    target = change.target
    for one in view.snapshot.kind("HorizontalPodAutoscaler", target.namespace):
        aim = dig(one, "spec.scaleTargetRef", {})
        if (aim.get("kind"), aim.get("name")) == (target.kind, target.name):
            return one
    return None


def share_disturbed(step: Step, plan: Plan, view: GuardView, policy: Policy, now: datetime) -> Verdict:
    """One step may disturb only a share of a workload's pods that work now; what fails already is not disturbed."""
    target = step.change.target
    if not _disturbs(step.change):
        return Proceed()
    if refusal := is_blind_view(view, target, "Pod", target.kind, *_between(target.kind)):
        return refusal
    manifest = view.get(target) or {}
    ready = sum(is_pod_ready(pod) for pod in pods_of(view, target))
    wanted = max(dig(manifest, "spec.replicas", 1), ready, 1)
    disturbed = min(ready, _at_once(step.change, manifest, wanted, ready))
    if disturbed / wanted > policy.limits.disturbed_share:
        return Refuse(
            reason=Objection.SHARE_DISTURBED,
            says=f"{disturbed} of {wanted} pods of {target} would be disturbed at once "
            f"({disturbed / wanted:.0%}), allowed are {policy.limits.disturbed_share:.0%}",
        )
    return Proceed()


def _between(kind: str) -> tuple[str, ...]:
    """What stands between a workload and its pods: without it a Deployment would seem to have none."""
    return ("ReplicaSet",) if kind == "Deployment" else ()


def _disturbs(change: Change) -> bool:
    if change.target.kind not in WORKLOADS:
        return False  # one pod is one pod; nodes are judged by disruption budgets
    if change.action in (Action.RESTART, Action.UNDO, Action.DELETE):
        return True
    return any(
        str(op.get("path", "")).startswith(("/spec/template", "/spec/replicas")) for op in change.patch
    )


def _at_once(change: Change, manifest: Manifest, wanted: int, ready: int) -> int:
    """How many ready pods may be away at the same time while the step takes effect."""
    if change.action is Action.DELETE:
        return ready
    if (after := _replicas_after(change)) is not None:
        return max(0, ready - after)
    if dig(manifest, "spec.strategy.type") == "Recreate":
        return ready
    if manifest.get("kind") == "StatefulSet":
        return 1
    # as the controllers round: a Deployment's down, a DaemonSet's up
    if allowed := dig(manifest, "spec.strategy.rollingUpdate.maxUnavailable"):
        return _of(allowed, wanted, math.floor)
    return _of(dig(manifest, "spec.updateStrategy.rollingUpdate.maxUnavailable", 0), wanted, math.ceil)


def _of(number: Any, whole: int, rounded: Callable[[float], int]) -> int:
    """A count, or a percentage of a whole."""
    if isinstance(number, str) and number.endswith("%"):
        return rounded(int(number[:-1]) * whole / 100)
    return int(number or 0)


def disruption_budget(step: Step, plan: Plan, view: GuardView, policy: Policy, now: datetime) -> Verdict:
    """A budget that has nothing left forbids taking a ready pod away."""
    if not (step.change.action is Action.DRAIN or (step.change.action is Action.DELETE and _is_pod(step))):
        return Proceed()
    if refusal := is_blind_view(view, step.change.target, "Pod", "PodDisruptionBudget"):
        return refusal
    for pod in pods_of(view, step.change.target):
        if is_pod_ready(pod) and not stays_on_its_node(pod) and (spent := _spent_budget(view, pod)):
            return Refuse(
                reason=Objection.DISRUPTION_BUDGET,
                says=f"budget {spent} allows 0 disruptions, and pod {pod['metadata']['name']} is ready",
            )
    return Proceed()


def _is_pod(step: Step) -> bool:
    return step.change.target.kind == "Pod"


def _spent_budget(view: GuardView, pod: Manifest) -> str | None:
    for budget in view.snapshot.kind("PodDisruptionBudget", pod["metadata"].get("namespace", "")):
        wanted = dig(budget, "spec.selector.matchLabels", {})
        covers = all(labels_of(pod).get(key) == value for key, value in wanted.items())
        if covers and dig(budget, "status.disruptionsAllowed", 0) == 0:
            return str(budget["metadata"]["name"])
    return None
