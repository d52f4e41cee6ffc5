"""What of a live object is foreign against its manifest, and which objects are not of the platform."""

import copy
from typing import Any

import pytest

from practice.platform import foreign_objects
from practice.platform.platform_manifests import NAMESPACE, Manifest

SERVICE: Manifest = {
    "apiVersion": "v1",
    "kind": "Service",
    "metadata": {"name": "auth-service", "namespace": NAMESPACE, "labels": {"app": "auth-service"}},
    "spec": {"selector": {"app": "auth-service"}, "ports": [{"port": 3001, "targetPort": "http"}]},
}
UNDERSTOOD: Manifest = {
    **SERVICE,
    "metadata": {**SERVICE["metadata"], "uid": "1", "resourceVersion": "7", "managedFields": [{}]},
    "spec": {
        "selector": {"app": "auth-service"},
        "ports": [{"port": 3001, "protocol": "TCP", "targetPort": "http"}],
        "clusterIP": "10.79.12.34",
        "type": "ClusterIP",
    },
    "status": {"loadBalancer": {}},
}
"""The Service as the API server understands its manifest: with an address and defaults of its own."""
DEPLOYMENT: Manifest = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "auth-service", "namespace": NAMESPACE, "labels": {"app": "auth-service"}},
    "spec": {
        "template": {
            "metadata": {"labels": {"app": "auth-service"}},
            "spec": {"containers": [{"name": "auth-service", "env": [{"name": "LEVEL", "value": "info"}]}]},
        }
    },
}
POLICY: Manifest = {
    "apiVersion": "networking.k8s.io/v1",
    "kind": "NetworkPolicy",
    "metadata": {"name": "redis-egress", "namespace": NAMESPACE},
    "spec": {"podSelector": {"matchLabels": {"app": "redis"}}, "policyTypes": ["Egress"]},
}
CONFIG: Manifest = {
    "apiVersion": "v1",
    "kind": "ConfigMap",
    "metadata": {"name": "app-config", "namespace": NAMESPACE},
    "data": {"LEVEL": "info"},
}


def changed(item: Manifest, path: str, value: Any) -> Manifest:
    """An object with one more value, or another one, at a path of names and positions."""
    whole = copy.deepcopy(item)
    place: Any = whole
    *above, last = (int(step) if step.isdigit() else step for step in path.split("."))
    for step in above:
        place = place[step] if isinstance(step, int) else place.setdefault(step, {})
    if isinstance(place, list):
        place.insert(int(last), value)
    else:
        place[last] = value
    return whole


@pytest.mark.parametrize(
    "live",
    [
        pytest.param(UNDERSTOOD, id="as the server understands the manifest"),
        pytest.param(changed(UNDERSTOOD, "status.loadBalancer", {"ingress": [{}]}), id="with a status"),
        pytest.param(changed(UNDERSTOOD, "metadata.annotations", {"by": "kubectl"}), id="with an annotation"),
        pytest.param(changed(UNDERSTOOD, "metadata.resourceVersion", "8"), id="written once more"),
        pytest.param(changed(UNDERSTOOD, "spec.externalName", None), id="with an empty value"),
    ],
)
def test_what_controllers_and_the_server_write_is_not_foreign(live: Manifest) -> None:
    """A healthy platform is not written to: its addresses, defaults, notes and states are nobody's mistake."""
    assert foreign_objects.repairs_needed(live, UNDERSTOOD) == {}


POD = "spec.template.spec"


@pytest.mark.parametrize(
    ("meant", "path", "value", "patch"),
    [
        pytest.param(
            UNDERSTOOD,
            "spec.selector.track",
            "stable",
            {"spec": {"selector": {"track": None}}},
            id="a Service selects fewer pods",
        ),
        pytest.param(
            UNDERSTOOD,
            "spec.selector.app",
            "user-service",
            {"spec": {"selector": {"app": "auth-service"}}},
            id="a Service selects other pods",
        ),
        pytest.param(
            POLICY,
            "spec.podSelector.matchLabels.track",
            "stable",
            {"spec": {"podSelector": {"matchLabels": {"track": None}}}},
            id="a NetworkPolicy concerns fewer pods",
        ),
        pytest.param(
            DEPLOYMENT,
            f"{POD}.nodeSelector",
            {"disk": "gold"},
            {"spec": {"template": {"spec": {"nodeSelector": None}}}},
            id="pods are bound to a node that there is not",
        ),
        pytest.param(
            DEPLOYMENT,
            f"{POD}.containers.1",
            {"name": "sidecar"},
            {"spec": {"template": {"spec": DEPLOYMENT["spec"]["template"]["spec"]}}},
            id="a container more",
        ),
        pytest.param(
            DEPLOYMENT,
            f"{POD}.containers.0.env.0",
            {"name": "LEVEL", "value": "debug"},
            {"spec": {"template": {"spec": DEPLOYMENT["spec"]["template"]["spec"]}}},
            id="a variable twice",
        ),
        pytest.param(
            DEPLOYMENT,
            "metadata.labels.app",
            "other",
            {"metadata": {"labels": {"app": "auth-service"}}},
            id="a label that others select by",
        ),
        pytest.param(
            CONFIG, "data.PROXY", "http://nowhere", {"data": {"PROXY": None}}, id="a key that pods are given"
        ),
    ],
)
def test_what_somebody_else_put_in_is_taken_back_and_nothing_more(
    meant: Manifest, path: str, value: Any, patch: dict[str, Any]
) -> None:
    """The patch names the foreign key; a list is written whole, because a merge patch cannot take from one."""
    assert foreign_objects.repairs_needed(changed(meant, path, value), meant) == patch


def test_what_somebody_took_away_is_put_back() -> None:
    """A manifest's empty map is a statement too: it selects everything."""
    everything = changed(POLICY, "spec.podSelector", {})
    live = copy.deepcopy(everything)
    del live["spec"]["podSelector"]

    assert foreign_objects.repairs_needed(live, everything) == {"spec": {"podSelector": {}}}


def test_a_place_is_named_without_its_value() -> None:
    """A Secret's difference is told too."""
    patch = {"data": {"password": "c2VjcmV0", "extra": None}, "metadata": {"labels": {}}}

    assert foreign_objects.differing_paths(patch) == ["data.password", "data.extra", "metadata.labels"]


def spec_of(item: Manifest) -> dict[str, Any]:
    """The spec of an object."""
    spec: dict[str, Any] = item["spec"]
    return spec


@pytest.mark.parametrize(
    ("replicas", "kept"),
    [
        pytest.param(3, 3, id="an autoscaler's count stays"),
        pytest.param(0, None, id="at none the autoscaler sleeps: the server's default wakes it"),
    ],
)
def test_a_count_nobody_states_is_the_autoscalers(replicas: int, kept: int | None) -> None:
    """Its manifest leaves it out, and `up` must not scale a busy service down."""
    live = changed(DEPLOYMENT, "spec.replicas", replicas)

    assert spec_of(foreign_objects.completed_manifest(DEPLOYMENT, live)).get("replicas") == kept


def test_a_count_that_is_stated_holds() -> None:
    """Scaled to none by hand, it comes back."""
    stated = changed(DEPLOYMENT, "spec.replicas", 2)

    assert (
        spec_of(foreign_objects.completed_manifest(stated, changed(DEPLOYMENT, "spec.replicas", 0)))
        == changed(DEPLOYMENT, "spec.replicas", 2)["spec"]
    )


def test_a_restart_is_not_taken_back() -> None:
    """That would be another restart; any other note on the pods is foreign."""
    notes = {"kubectl.kubernetes.io/restartedAt": "2030-01-01T12:00:00Z", "prometheus.io/scrape": "false"}
    live = changed(DEPLOYMENT, "spec.template.metadata.annotations", notes)

    whole = foreign_objects.completed_manifest(DEPLOYMENT, live)

    assert foreign_objects.repairs_needed(live, whole) == {
        "spec": {"template": {"metadata": {"annotations": {"prometheus.io/scrape": None}}}}
    }


def test_a_bound_volume_stays_bound() -> None:
    """By now it names not only a claim but which one of that name."""
    bare = {"namespace": NAMESPACE, "name": "postgres-data"}
    meta = {"name": "disk"}
    volume = {"kind": "PersistentVolume", "metadata": meta, "spec": {"claimRef": bare}}
    live = changed(volume, "spec.claimRef.uid", "1")

    assert foreign_objects.completed_manifest(volume, live) == live


def test_what_controllers_noted_is_kept_when_an_object_is_put_in_place() -> None:
    """All but the last applied configuration: `apply` writes it anew."""
    notes = {"deployment.kubernetes.io/revision": "3", foreign_objects.LAST_APPLIED: "{}"}
    live = changed(changed(DEPLOYMENT, "metadata.annotations", notes), "metadata.finalizers", ["held"])

    assert foreign_objects.completed_manifest(DEPLOYMENT, live)["metadata"] == {
        **DEPLOYMENT["metadata"],
        "annotations": {"deployment.kubernetes.io/revision": "3"},
        "finalizers": ["held"],
    }


def stranger(kind: str, name: str, namespace: str | None = NAMESPACE, **more: Any) -> Manifest:
    """An object that is in no manifest."""
    meta = {"name": name, **({"namespace": namespace} if namespace else {}), **more.pop("meta", {})}
    return {"kind": kind, "metadata": meta, **more}


@pytest.mark.parametrize(
    "item",
    [
        pytest.param(SERVICE, id="of the platform"),
        pytest.param(stranger("ConfigMap", "kube-root-ca.crt"), id="in every namespace"),
        pytest.param(stranger("ServiceAccount", "default"), id="every namespace's account"),
        pytest.param(stranger("NetworkPolicy", "other", "somewhere-else"), id="in a namespace of others"),
        pytest.param(stranger("ConfigMap", "settings", "kube-system"), id="the system's own"),
        pytest.param(stranger("ClusterRole", "view", None), id="a right of the whole cluster"),
        pytest.param(stranger("PriorityClass", "system-node-critical", None), id="came with the cluster"),
        pytest.param(
            stranger("Pod", "auth-service-1", meta={"ownerReferences": [{}]}), id="made by another object"
        ),
        pytest.param(
            stranger("Job", "smoke-tests", status={"conditions": [{"type": "Complete", "status": "True"}]}),
            id="a Job that has ended",
        ),
        pytest.param(stranger("Pod", "look", status={"phase": "Succeeded"}), id="a pod that has ended"),
    ],
)
def test_what_belongs_there_is_no_stranger(item: Manifest) -> None:
    """A sentence that is always said is read by nobody."""
    assert foreign_objects.foreign_objects([item], [SERVICE]) == []


def test_what_a_drill_left_is_a_stranger() -> None:
    """In one of the platform's namespaces, or over the whole cluster."""
    left = [
        stranger("ValidatingWebhookConfiguration", "pod-guard", None),
        stranger("NetworkPolicy", "quarantine"),
        stranger("Job", "nightly-report", status={"active": 1}),
    ]

    assert foreign_objects.foreign_objects(left, [SERVICE]) == [
        ("Job", NAMESPACE, "nightly-report"),
        ("NetworkPolicy", NAMESPACE, "quarantine"),
        ("ValidatingWebhookConfiguration", "", "pod-guard"),
    ]
