"""Look at the objects of namespaces and at those of the whole cluster."""

import re
import threading
from collections import defaultdict
from collections.abc import Callable, Iterable
from functools import partial

from blocks.kubernetes import Cluster, LookFreshness
from blocks.kubernetes.api_kinds import kind_of
from outage.kubernetes.objects import ObjectRef, containers_of, dig
from outage.kubernetes.trim import CROWD, is_healthy_pod, outline_object, trim_object
from outage.snapshots.snapshot import Lists
from outage.text.listing import listed_words
from outage.value import Manifest
from tasks.observe.collector import Collector

WIDE = ("Pod", "Deployment", "ReplicaSet", "StatefulSet", "DaemonSet", "Service", "EndpointSlice", "Ingress")
"""What triage reads of the platform's own namespaces."""
DEEP = (
    *WIDE,
    *("ControllerRevision", "Job", "CronJob", "ConfigMap", "Secret", "ServiceAccount", "Role", "RoleBinding"),
    *("NetworkPolicy", "PersistentVolumeClaim", "ResourceQuota", "LimitRange", "PodDisruptionBudget"),
    "HorizontalPodAutoscaler",
)
"""What an investigation reads of them."""
CRITICAL = ("Pod", "Deployment", "StatefulSet", "DaemonSet", "Service", "EndpointSlice")
"""What is read of the critical namespaces: the controller, the monitoring, the mesh."""
CLUSTER_WIDE = (
    *("Namespace", "PersistentVolume", "StorageClass", "PriorityClass", "IngressClass"),
    *("ValidatingWebhookConfiguration", "MutatingWebhookConfiguration"),
)

CALLED = ("Pod", "Service", "EndpointSlice", "NetworkPolicy", "Deployment", "StatefulSet")
"""What the way of a call needs of the namespace it leads to."""
AT_MOST = 4
TEXT_CHARACTERS = 64 * 1024
WITH_NAMESPACE = re.compile(
    r"(?<![\w.-])[a-z0-9][-a-z0-9]*\.([a-z0-9][-a-z0-9]*)(?:\.svc(?:\.[\w.-]+)?)?(?![\w-]|\.\w)"
)


class GatheredObjects:
    """The objects that the looks brought home, by kind; safe to fill from several threads."""

    def __init__(self, salt: str):
        self.salt = salt
        self.fresh = LookFreshness()
        self._objects: dict[str, dict[tuple[str, str], Manifest]] = defaultdict(dict)
        self._listed: dict[str, set[str]] = defaultdict(set)
        self._home: dict[str, None] = {}
        self._writing = threading.Lock()

    def add(self, kind: str, manifests: Iterable[Manifest], listed: str | None = None) -> None:
        """Keep objects of a kind that was looked at, also when there are none.

        Args:
            kind: As `Deployment`.
            manifests: What came back.
            listed: The namespace whose whole list this is, "" for the cluster's, `namespace/name` for one object
                that was asked for by name; None when these are a few of many, which tells nothing of the others.
        """
        with self._writing:
            if listed is not None:
                self._listed[kind].add(listed)
            shelf = self._objects[kind]
            for one in manifests:
                shelf[(one["metadata"].get("namespace", ""), one["metadata"]["name"])] = one

    def of(self, kind: str, namespace: str | None = None) -> list[Manifest]:
        """What is there so far."""
        with self._writing:
            return [one for key, one in self._objects.get(kind, {}).items() if namespace in (None, key[0])]

    def is_home(self, namespace: str) -> None:
        """Remember a namespace as the platform's own, before any of its lists came back."""
        with self._writing:
            self._home[namespace] = None

    def lists(self) -> Lists:
        """Which lists came back so far."""
        with self._writing:
            listed = {kind: tuple(sorted(places)) for kind, places in sorted(self._listed.items())}
            return Lists(home=tuple(self._home), listed=listed)

    def everything(self) -> dict[str, tuple[Manifest, ...]]:
        """By kind, in the order of namespace and name."""
        with self._writing:
            return {
                kind: tuple(shelf[key] for key in sorted(shelf))
                for kind, shelf in sorted(self._objects.items())
            }


def collect_namespace(
    looks: Collector, cluster: Cluster, gathered: GatheredObjects, namespace: str, kinds: Iterable[str]
) -> list[Callable[[], None]]:
    """One look per kind in a namespace; one of which more is read than of a critical one is the platform's own.

    Args:
        looks: Keeps what could not be looked at.
        cluster: The reading door.
        gathered: Gets the objects.
        namespace: Which.
        kinds: As in manifests.
    """
    kinds = tuple(kinds)
    if not set(kinds) <= set(CRITICAL):
        gathered.is_home(namespace)
    return [partial(list_objects, looks, cluster, gathered, kind, namespace) for kind in kinds]


def collect_cluster(
    looks: Collector, cluster: Cluster, gathered: GatheredObjects
) -> list[Callable[[], None]]:
    """One look per kind that lives outside namespaces, the nodes' leases, and the cluster's own DNS."""
    return [
        *(partial(list_objects, looks, cluster, gathered, kind, None) for kind in CLUSTER_WIDE),
        lambda: list_objects(looks, cluster, gathered, "Lease", "kube-node-lease"),
        lambda: list_objects(looks, cluster, gathered, "Lease", "kube-system"),
        lambda: list_objects(looks, cluster, gathered, "Pod", "kube-system"),
        lambda: list_objects(looks, cluster, gathered, "Deployment", "kube-system"),
        lambda: list_objects(looks, cluster, gathered, "DaemonSet", "kube-system"),
        lambda: list_objects(looks, cluster, gathered, "EndpointSlice", "kube-system"),
        lambda: _one(
            looks, cluster, gathered, ObjectRef(kind="ConfigMap", name="coredns", namespace="kube-system")
        ),
        lambda: _one(
            looks, cluster, gathered, ObjectRef(kind="Service", name="kube-dns", namespace="kube-system")
        ),
    ]


def collect_nodes(looks: Collector, cluster: Cluster, gathered: GatheredObjects) -> None:
    """The nodes with their conditions, taints and what they can hold."""
    list_objects(looks, cluster, gathered, "Node", None)


def list_objects(
    looks: Collector, cluster: Cluster, gathered: GatheredObjects, kind: str, namespace: str | None
) -> None:
    """One list of a kind, of a namespace or of the whole cluster.

    Args:
        looks: Keeps what could not be looked at.
        cluster: The reading door.
        gathered: Gets the objects, trimmed and without secrets.
        kind: As manifests spell it.
        namespace: None for the whole cluster.
    """
    plural = kind_of(kind).plural
    where = f" -n {namespace}" if namespace else ""

    def ask() -> list[Manifest]:
        found = _pods(cluster, gathered, looks, namespace) if kind == "Pod" else _whole(kind)
        gathered.add(kind, found, listed=namespace or "")
        return found

    def _whole(kind: str) -> list[Manifest]:
        pages = cluster.pages(kind, namespace, fresh=gathered.fresh, within_seconds=looks.budget.seconds())
        return [trim_object(one, gathered.salt) for page in pages for one in page]

    looks.see(
        f"{plural}/{namespace}" if namespace else plural,
        f"kubectl get {plural}{where} -o json",
        ask,
        lambda found: listed_words(kind, found),
    )


def _pods(
    cluster: Cluster, gathered: GatheredObjects, looks: Collector, namespace: str | None
) -> list[Manifest]:
    """Pods page by page; in a crowd the healthy ones are kept in outline."""
    kept: list[Manifest] = []
    within = looks.budget.seconds()
    for page in cluster.pages("Pod", namespace, fresh=gathered.fresh, page=250, within_seconds=within):
        crowded = len(kept) >= CROWD
        kept += [
            outline_object(pod) if crowded and is_healthy_pod(pod) else trim_object(pod, gathered.salt)
            for pod in page
        ]
    return kept


def _one(looks: Collector, cluster: Cluster, gathered: GatheredObjects, ref: ObjectRef) -> None:
    plural = kind_of(ref.kind).plural

    def ask() -> list[Manifest]:
        found = cluster.find(ref)
        kept = [trim_object(found, gathered.salt)] if found else []
        gathered.add(ref.kind, kept, listed=f"{ref.namespace}/{ref.name}")
        return kept

    looks.see(
        f"{plural}/{ref.namespace}/{ref.name}",
        f"kubectl get {plural} {ref.name} -n {ref.namespace} -o json",
        ask,
        lambda found: listed_words(ref.kind, found) if found else f"there is no {ref}",
    )


def collect_called_namespaces(
    looks: Collector, cluster: Cluster, gathered: GatheredObjects, seen: Iterable[str]
) -> list[Callable[[], None]]:
    """One look per kind in each namespace that an address of the platform names and that is there.

    Args:
        looks: Where the evidence goes.
        cluster: The reading door.
        gathered: Holds the platform's objects and the names of all namespaces; takes what is found.
        seen: The namespaces that are read already.
    """
    there = {one["metadata"]["name"] for one in gathered.of("Namespace")}
    places = tuple(seen)
    texts = [text for place in places for text in _texts(gathered, place)]
    named = {name for text in texts for name in WITH_NAMESPACE.findall(text[:TEXT_CHARACTERS])}
    wanted = sorted((named & there) - {*places, "kube-system"})
    words = "kubectl get services,pods,networkpolicies -n NAMESPACE"
    looks.leave_out("called namespaces", words, wanted[AT_MOST:], AT_MOST)
    return [
        partial(list_objects, looks, cluster, gathered, kind, place)
        for place in wanted[:AT_MOST]
        for kind in CALLED
    ]


def _texts(gathered: GatheredObjects, place: str) -> Iterable[str]:
    """Where a namespace's workloads keep addresses: variables, arguments, ConfigMaps."""
    for kind in ("Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob"):
        for one in gathered.of(kind, place):
            yield from _of_template(one)
    for config in gathered.of("ConfigMap", place):
        yield from (str(text) for text in (config.get("data") or {}).values())


def _of_template(workload: Manifest) -> Iterable[str]:
    spec = dig(workload, "spec.jobTemplate.spec.template.spec") or dig(workload, "spec.template.spec", {})
    for container in containers_of(spec):
        yield from (str(env["value"]) for env in container.get("env") or [] if env.get("value"))
        yield from (str(word) for word in [*(container.get("command") or []), *(container.get("args") or [])])
