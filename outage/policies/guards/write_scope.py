"""Where we may write at all: the allow-list, what is protected, and what belongs to a GitOps controller."""

from datetime import datetime

from outage.diagnosis.hypothesis import Action
from outage.kubernetes.objects import ObjectRef, annotations_of, dig, labels_of
from outage.plans.objection import Objection, Proceed, Refuse, Verdict
from outage.plans.plan import Plan, Step
from outage.policies.guards.guard_view import GuardView, is_blind_view, spelled_ref, words_of
from outage.policies.policy import Policy
from outage.value import Manifest

PAUSED = "outage.dev/paused"
"""Annotation on an object or its namespace: people work there; its value says why."""

GITOPS_MARKS = (
    "argocd.argoproj.io/instance",
    "argocd.argoproj.io/tracking-id",
    "kustomize.toolkit.fluxcd.io/name",
    "helm.toolkit.fluxcd.io/name",
    "fleet.cattle.io/bundle-id",
    "configmanagement.gke.io/managed",
)
GITOPS_WRITERS = ("argocd", "argo-cd", "kustomize-controller", "helm-controller", "flux", "fleetagent")
"""Beginnings of field managers that put their own version back."""


def allow_list(step: Step, plan: Plan, view: GuardView, policy: Policy, now: datetime) -> Verdict:
    """The namespace and the kind must both be allowed, or the single object by name."""
    target = step.change.target
    if step.change.action is Action.CANCEL:
        return _database_allowed(view, policy)
    if spelled_ref(target) in policy.cluster_kinds:
        return Proceed()
    if not target.namespace:
        if target.kind in policy.cluster_kinds:
            return Proceed()
        return _outside(
            f"{target} is cluster-wide, and its kind is not allowed ({_list(policy.cluster_kinds)})"
        )
    if target.namespace not in policy.namespaces:
        return _outside(f"{target} is outside the allowed namespaces ({_list(policy.namespaces)})")
    if target.kind not in policy.kinds:
        return _outside(f"{target} is of a kind that is not allowed ({_list(policy.kinds)})")
    return Proceed()


def _database_allowed(view: GuardView, policy: Policy) -> Verdict:
    if policy.limits.sessions == 0:
        return _outside("the policy lets no database session be ended (limits.sessions is 0)")
    if view.platform.namespace not in policy.namespaces:
        return _outside(f"the database's namespace {view.platform.namespace} is not an allowed one")
    return Proceed()


def _outside(says: str) -> Refuse:
    return Refuse(reason=Objection.OUTSIDE_ALLOW_LIST, says=says)


def _list(words: tuple[str, ...]) -> str:
    return ", ".join(words) or "none"


def in_view(step: Step, plan: Plan, view: GuardView, policy: Policy, now: datetime) -> Verdict:
    """Whose marks and owner could not be looked at may be anybody's: protection, a pause, a GitOps controller."""
    change = step.change
    if change.action in (Action.CREATE, Action.CANCEL):
        # what is created brings its marks with it; sessions are judged by the database's own view
        return Proceed()
    return is_blind_view(view, change.target, change.target.kind) or Proceed()


def is_protected(step: Step, plan: Plan, view: GuardView, policy: Policy, now: datetime) -> Verdict:
    """Objects that people marked as theirs are left alone."""
    target = step.change.target
    if spelled_ref(target) in policy.protected_objects:
        return Refuse(reason=Objection.PROTECTED, says=f"{target} is protected by name in the policy")
    words = words_of(view, target) or labels_of(step.change.manifest or {})
    for key, value in policy.protected_labels.items():
        if words.get(key) == value:
            return Refuse(
                reason=Objection.PROTECTED, says=f"{target} carries the protecting label {key}={value}"
            )
    return Proceed()


def is_paused(step: Step, plan: Plan, view: GuardView, policy: Policy, now: datetime) -> Verdict:
    """An object or a namespace that people work on says so in an annotation."""
    target = step.change.target
    if target.namespace and (refusal := is_blind_view(view, target, "Namespace")):
        return refusal
    for place in (target, ObjectRef(kind="Namespace", name=target.namespace)):
        manifest = view.get(place)
        if manifest and (why := annotations_of(manifest).get(PAUSED)):
            return Refuse(
                reason=Objection.MAINTENANCE, says=f"{place} is paused by its annotation {PAUSED}: {why}"
            )
    return Proceed()


def gitops_owned(step: Step, plan: Plan, view: GuardView, policy: Policy, now: datetime) -> Verdict:
    """What a GitOps controller owns is mended in its repository: here it would be written over."""
    manifest = view.get(step.change.target) or step.change.manifest
    if policy.gitops == "say" or manifest is None or not (whose := gitops_owner(manifest)):
        return Proceed()
    return Refuse(
        reason=Objection.GITOPS_OWNED,
        says=f"{step.change.target} belongs to {whose}, which would undo our write: change it in its repository",
    )


def gitops_owner(manifest: Manifest) -> str | None:
    """What shows that a GitOps controller owns an object, or None."""
    words = labels_of(manifest) | annotations_of(manifest)
    for mark in GITOPS_MARKS:
        if mark in words:
            return f"{mark}={words[mark]}"
    for field in dig(manifest, "metadata.managedFields", []):
        if str(field.get("manager", "")).startswith(GITOPS_WRITERS):
            return f"the field manager {field['manager']}"
    return None
