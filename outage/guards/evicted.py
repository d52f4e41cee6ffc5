"""Whom a drain would move: a node's pods are anybody's, and each is judged as if it were named in the plan."""

from datetime import datetime

from outage.guard import Objection, Proceed, Refuse, Verdict
from outage.guards.scope import PAUSED
from outage.guards.world import World, blind, owners, pods_of, spelled
from outage.hypothesis import Action
from outage.objects import ObjectRef, annotations, dig, labels, owner, ref
from outage.plan import Plan, Step
from outage.policy import Policy
from outage.value import Manifest

STAY = ("DaemonSet", "Node")
"""Owners of pods that a drain leaves: their controllers would put them back at once."""
ENDED = ("Succeeded", "Failed")


def evictions(step: Step, plan: Plan, world: World, policy: Policy, now: datetime) -> Verdict:
    """A drain is refused for the first pod that could not be deleted by name either."""
    if step.change.action is not Action.DRAIN:
        return Proceed()
    node = step.change.target
    if refusal := blind(world, node, "Pod", "Namespace"):
        return refusal
    for pod in pods_of(world, node):
        if _goes(pod) and (refusal := _judged(pod, world, policy)) is not None:
            return refusal.model_copy(update={"says": f"draining {node} would move {refusal.says}"})
    return Proceed()


def _goes(pod: Manifest) -> bool:
    above = owner(pod)
    return dig(pod, "status.phase") not in ENDED and not (above is not None and above.kind in STAY)


def _judged(pod: Manifest, world: World, policy: Policy) -> Refuse | None:
    """Why this pod may not be moved; `says` begins with its name."""
    about = ref(pod, "Pod")
    family = [about, *owners(world, pod)]
    if refusal := blind(world, about, *(one.kind for one in family)):
        return refusal
    space = ObjectRef(kind="Namespace", name=about.namespace)
    manifests = [(about, pod), *((one, world.get(one)) for one in [*family[1:], space])]
    if about.namespace not in policy.namespaces and not _named(family, policy.cluster_kinds):
        says = f"{about}, and neither its namespace nor its workload is an allowed one"
        return Refuse(reason=Objection.OUTSIDE_ALLOW_LIST, says=says)
    if mark := _protection(family, manifests, policy):
        return Refuse(reason=Objection.PROTECTED, says=f"{about}, which is protected: {mark}")
    for place, manifest in manifests:
        if manifest and (why := annotations(manifest).get(PAUSED)):
            says = f"{about}, and {place} is paused by its annotation {PAUSED}: {why}"
            return Refuse(reason=Objection.MAINTENANCE, says=says)
    if any("persistentVolumeClaim" in one for one in dig(pod, "spec.volumes", [])) or _ordered(family):
        return Refuse(reason=Objection.DATA_AT_RISK, says=f"{about}, which keeps data")
    return None


def _named(family: list[ObjectRef], allowed: tuple[str, ...]) -> bool:
    return any(spelled(one) in allowed for one in family)


def _ordered(family: list[ObjectRef]) -> bool:
    return any(one.kind == "StatefulSet" for one in family)


def _protection(
    family: list[ObjectRef], manifests: list[tuple[ObjectRef, Manifest | None]], policy: Policy
) -> str | None:
    """What protects a pod: its own name or label, or that of whoever owns it."""
    for one in family:
        if spelled(one) in policy.protected_objects:
            return f"{one} by name in the policy"
    for place, manifest in manifests:
        for key, value in policy.protected_labels.items():
            if manifest and place.kind != "Namespace" and labels(manifest).get(key) == value:
                return f"{place} carries the label {key}={value}"
    return None
