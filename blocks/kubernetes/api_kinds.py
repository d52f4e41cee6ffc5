"""Where each kind of Kubernetes object lives in the API."""

from dataclasses import dataclass

from outage.kubernetes.objects import ObjectRef


@dataclass(frozen=True)
class Kind:
    """One kind: its group and version, its plural in paths, and whether it lives in a namespace."""

    name: str
    api_version: str
    plural: str
    namespaced: bool = True

    @property
    def root(self) -> str:
        """The path that its group and version hang from."""
        return f"/api/{self.api_version}" if "/" not in self.api_version else f"/apis/{self.api_version}"

    @property
    def group(self) -> str:
        """The API group as access reviews spell it; empty for the core group."""
        return self.api_version.rpartition("/")[0]

    def path(self, namespace: str = "", name: str = "", subresource: str = "") -> str:
        """The request path of a collection, an object or a subresource of it.

        Args:
            namespace: Empty for all, and for kinds that live in none.
            name: Empty for the collection.
            subresource: `status`, `log`, `scale`, …; empty for the object itself.
        """
        parts = [self.root]
        if self.namespaced and namespace:
            parts += ["namespaces", namespace]
        parts += [part for part in (self.plural, name, subresource) if part]
        return "/".join(parts)


def _kinds(api_version: str, namespaced: bool, **plurals: str) -> dict[str, Kind]:
    return {name: Kind(name, api_version, plural, namespaced) for name, plural in plurals.items()}


KINDS: dict[str, Kind] = {
    **_kinds(
        "v1",
        True,
        Pod="pods",
        Service="services",
        ConfigMap="configmaps",
        Secret="secrets",  # noqa: S106 - a plural, not a password
        ServiceAccount="serviceaccounts",
        Event="events",
        Endpoints="endpoints",
        PersistentVolumeClaim="persistentvolumeclaims",
        ReplicationController="replicationcontrollers",
        ResourceQuota="resourcequotas",
        LimitRange="limitranges",
    ),
    **_kinds("v1", False, Node="nodes", Namespace="namespaces", PersistentVolume="persistentvolumes"),
    **_kinds(
        "apps/v1",
        True,
        Deployment="deployments",
        ReplicaSet="replicasets",
        StatefulSet="statefulsets",
        DaemonSet="daemonsets",
        ControllerRevision="controllerrevisions",
    ),
    **_kinds("batch/v1", True, Job="jobs", CronJob="cronjobs"),
    **_kinds("discovery.k8s.io/v1", True, EndpointSlice="endpointslices"),
    **_kinds("networking.k8s.io/v1", True, Ingress="ingresses", NetworkPolicy="networkpolicies"),
    **_kinds("networking.k8s.io/v1", False, IngressClass="ingressclasses"),
    **_kinds("policy/v1", True, PodDisruptionBudget="poddisruptionbudgets"),
    **_kinds("autoscaling/v2", True, HorizontalPodAutoscaler="horizontalpodautoscalers"),
    **_kinds("rbac.authorization.k8s.io/v1", True, Role="roles", RoleBinding="rolebindings"),
    **_kinds(
        "rbac.authorization.k8s.io/v1",
        False,
        ClusterRole="clusterroles",
        ClusterRoleBinding="clusterrolebindings",
    ),
    **_kinds("storage.k8s.io/v1", False, StorageClass="storageclasses"),
    **_kinds("scheduling.k8s.io/v1", False, PriorityClass="priorityclasses"),
    **_kinds(
        "admissionregistration.k8s.io/v1",
        False,
        ValidatingWebhookConfiguration="validatingwebhookconfigurations",
        MutatingWebhookConfiguration="mutatingwebhookconfigurations",
    ),
    **_kinds("coordination.k8s.io/v1", True, Lease="leases"),
}
"""The kinds of the platform that diagnosis and repairs speak of, by name."""


def kind_of(name: str) -> Kind:
    """The kind of that name.

    Raises:
        KeyError: The name is none of ours; a mistake in our own code, not in the cluster.
    """
    return KINDS[name]


def api_path_of(ref: ObjectRef, subresource: str = "") -> str:
    """The request path of one object."""
    return kind_of(ref.kind).path(ref.namespace, ref.name, subresource)


def filled_in(kind: Kind, manifest: dict[str, object]) -> dict[str, object]:
    """The manifest with apiVersion and kind first; lists leave them out of their items."""
    return {
        "apiVersion": kind.api_version,
        "kind": kind.name,
        **{key: value for key, value in manifest.items() if key not in ("apiVersion", "kind")},
    }
