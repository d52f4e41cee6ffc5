"""The path of what fails: what a workload is made of, what it needs, and what guards and carries it."""

from collections.abc import Iterable, Iterator

from outage.diagnosis.calls.call_graph import CallGraph
from outage.diagnosis.calls.mentions import config_references
from outage.kubernetes.objects import ObjectRef, dig, object_ref
from outage.kubernetes.workloads import WORKLOADS
from outage.snapshots.case_index import CaseIndex
from outage.value import Manifest

NEIGHBOURS = ("NetworkPolicy", "LimitRange", "ResourceQuota", "RoleBinding", "Role", "PodDisruptionBudget")
"""Kinds that reach into a namespace without being named by what they reach."""
GUARDS = ("ValidatingWebhookConfiguration", "MutatingWebhookConfiguration", "PriorityClass")
"""Kinds of the whole cluster that can refuse or change any pod."""
NODES_FOLLOWED = 20
"""Of one workload: who runs on more of them fails by none of them alone."""
DNS_PLACE = "kube-system"


def needs_of(index: CaseIndex, about: ObjectRef) -> Iterator[ObjectRef]:
    """What a workload is made of and what it needs, itself first, whether it is there or not.

    Its template, what it reads, its account, the Services it calls and stands behind, what guards its namespace.
    """
    yield about
    spec = _pod_spec(index, about)
    yield from reads_of(index, about)
    if account := spec.get("serviceAccountName"):
        yield ObjectRef(kind="ServiceAccount", name=account, namespace=about.namespace)
    for service in index.fronts(about):
        yield object_ref(service, "Service")
    for called in CallGraph.of(index).uses.get(str(about), {}).values():
        yield called
        for behind in index.behind(index.get(called) or {}):
            yield object_ref(behind)
    for kind in NEIGHBOURS:
        for one in index.all(kind):
            if dig(one, "metadata.namespace") == about.namespace:
                yield object_ref(one, kind)
    yield ObjectRef(kind="Namespace", name=about.namespace)


def reads_of(index: CaseIndex, about: ObjectRef) -> Iterator[ObjectRef]:
    """The ConfigMaps and Secrets that a workload's template names."""
    for read in config_references(_pod_spec(index, about)):
        yield ObjectRef(kind=read.kind, name=read.name, namespace=about.namespace)


def failing_path(index: CaseIndex, roots: Iterable[ObjectRef]) -> set[ObjectRef]:
    """Everything on the way of what fails: the needs of each place, of what it calls, and what carries it.

    Args:
        index: The picture.
        roots: What fails, or is said to be why.
    """
    path: set[ObjectRef] = set()
    waiting = list(dict.fromkeys(roots))
    walked: set[ObjectRef] = set()
    while waiting:
        about = waiting.pop()
        if about in walked:
            continue
        walked.add(about)
        needs = {*needs_of(index, about), *_carriers(index, about)} if about.namespace else {about}
        path |= needs
        waiting += [one for one in needs if one.kind in WORKLOADS and one not in walked]
    path |= {object_ref(one, kind) for kind in GUARDS for one in index.all(kind)} if walked else set()
    return path | set(dns_objects(index)) if walked else path


def _pod_spec(index: CaseIndex, about: ObjectRef) -> Manifest:
    manifest = index.get(about)
    places = ("spec.template.spec", "spec.jobTemplate.spec.template.spec", "spec")
    found: Manifest = next((spec for place in places if (spec := dig(manifest, place))), {})
    return found


def _carriers(index: CaseIndex, about: ObjectRef) -> Iterator[ObjectRef]:
    """What leads to it, scales it, holds its data and runs it."""
    calls = CallGraph.of(index)
    services = (
        [about] if about.kind == "Service" else [object_ref(one, "Service") for one in index.fronts(about)]
    )
    for service in services:
        yield from calls.routed.get(str(service), [])
    for one in index.all("HorizontalPodAutoscaler"):
        target = (dig(one, "spec.scaleTargetRef.kind"), dig(one, "spec.scaleTargetRef.name"))
        if target == (about.kind, about.name) and dig(one, "metadata.namespace") == about.namespace:
            yield object_ref(one, "HorizontalPodAutoscaler")
    for volume in _pod_spec(index, about).get("volumes") or []:
        if claim := dig(volume, "persistentVolumeClaim.claimName"):
            yield ObjectRef(kind="PersistentVolumeClaim", name=claim, namespace=about.namespace)
    pods = index.pods_of(about)
    nodes = {name for pod in pods if (name := dig(pod, "spec.nodeName"))}
    unplaced = any(not dig(pod, "spec.nodeName") for pod in pods)
    names = [object_ref(one, "Node").name for one in index.all("Node")] if unplaced else sorted(nodes)
    for name in names[:NODES_FOLLOWED]:
        yield ObjectRef(kind="Node", name=name)
    yield from _rights(index, about)


def _rights(index: CaseIndex, about: ObjectRef) -> Iterator[ObjectRef]:
    account = _pod_spec(index, about).get("serviceAccountName") or "default"
    for one in index.all("ClusterRoleBinding"):
        bound = [(each.get("name"), each.get("namespace")) for each in one.get("subjects") or []]
        if (account, about.namespace) in bound:
            yield object_ref(one, "ClusterRoleBinding")
            yield ObjectRef(kind="ClusterRole", name=dig(one, "roleRef.name", ""))


def dns_objects(index: CaseIndex) -> Iterator[ObjectRef]:
    """Everybody asks it; it stands where nobody's configuration names it."""
    for kind, name in (("Deployment", "coredns"), ("ConfigMap", "coredns"), ("Service", "kube-dns")):
        yield ObjectRef(kind=kind, name=name, namespace=DNS_PLACE)
