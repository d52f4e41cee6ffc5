"""Whom a drain would move: a node's pods are anybody's, and each is judged as if it were named in the plan."""

from datetime import datetime

from outage.diagnosis.hypothesis import Action
from outage.kubernetes.objects import ObjectRef, dig, object_ref, stays_on_its_node
from outage.plans.objection import Objection, Proceed, Refuse, Verdict
from outage.plans.plan import Plan, Step
from outage.policies.guards import write_scope
from outage.policies.guards.guard_view import GuardView, is_blind_view, owners_of, pods_of, spelled_ref
from outage.policies.policy import Policy
from outage.value import Manifest

ENDED = ("Succeeded", "Failed")


def drain_evictions(step: Step, plan: Plan, view: GuardView, policy: Policy, now: datetime) -> Verdict:
    """A drain is refused for the first pod that could not be deleted by name either."""
    if step.change.action is not Action.DRAIN:
        return Proceed()
    node = step.change.target
    if refusal := is_blind_view(view, node, "Pod", "Namespace"):
        return refusal
    for pod in pods_of(view, node):
        if dig(pod, "status.phase") in ENDED or stays_on_its_node(pod):
            continue
        about = object_ref(pod, "Pod")
        if (refusal := _judged(about, pod, step, plan, view, policy, now)) is not None:
            return refusal.model_copy(update={"says": f"draining {node} would move {about}: {refusal.says}"})
    return Proceed()


def _judged(
    about: ObjectRef, pod: Manifest, step: Step, plan: Plan, view: GuardView, policy: Policy, now: datetime
) -> Refuse | None:
    """Why this pod may not be moved: the guards of where we write are asked of it, and of whoever owns it."""
    family = [about, *owners_of(view, pod)]
    if refusal := is_blind_view(view, about, *(one.kind for one in family)):
        return refusal
    if about.namespace not in policy.namespaces and not any(
        spelled_ref(one) in policy.cluster_kinds for one in family
    ):
        says = "neither its namespace nor its workload is an allowed one"
        return Refuse(reason=Objection.OUTSIDE_ALLOW_LIST, says=says)
    for one in family:
        named = step.model_copy(update={"change": step.change.model_copy(update={"target": one})})
        for guard in (write_scope.is_protected, write_scope.is_paused):
            if isinstance(verdict := guard(named, plan, view, policy, now), Refuse):
                return verdict
    claims = any("persistentVolumeClaim" in one for one in dig(pod, "spec.volumes", []))
    if claims or any(one.kind == "StatefulSet" for one in family):
        return Refuse(reason=Objection.DATA_AT_RISK, says="it keeps data")
    return None
