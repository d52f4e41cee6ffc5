"""`up` on a standing ground: whatever somebody wrote into the platform's objects, they are as the manifests say."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from practice import ground as practice_ground
from practice import places
from practice.cluster import cluster_layout
from practice.platform.kubectl import Kubectl
from practice.platform.platform_manifests import NAMESPACE

pytestmark = [pytest.mark.cluster, pytest.mark.usefixtures("ground")]

STRANGER = {
    "apiVersion": "networking.k8s.io/v1",
    "kind": "NetworkPolicy",
    "metadata": {"name": "test-left-over", "namespace": NAMESPACE},
    "spec": {"podSelector": {"matchLabels": {"app": "nobody"}}},
}
POD = ("spec", "template", "spec")
SIDECAR = {
    "name": "sidecar",
    "image": "adaptive/traffic:1.0.0",
    "imagePullPolicy": "IfNotPresent",
    "command": ["sleep", "86400"],
}
VARIABLE = {"name": "maintenance-page", "env": [{"name": "LOG_LEVEL", "value": "debug"}]}
WRITTEN: tuple[tuple[str, tuple[str, ...], Any], ...] = (
    ("service/maintenance-page", ("spec", "selector"), {"track": "stable"}),
    ("networkpolicy/redis-egress", ("spec", "podSelector", "matchLabels"), {"track": "stable"}),
    ("deployment/maintenance-page", (*POD, "nodeSelector"), {"kubernetes.io/os": "linux"}),
    ("deployment/maintenance-page", (*POD, "containers"), [SIDECAR, VARIABLE]),
    ("configmap/app-config", ("data",), {"SOMEBODY": "else"}),
    ("namespace/practice-users", ("metadata", "labels"), {"somebody": "else"}),
)
"""What somebody writes where, and leaves all the rest as it is. Nobody is served by the maintenance page."""

AUTOSCALED = {"user-service", "content-service"}
"""Their autoscalers write to them at any time."""


@pytest.fixture
def kubectl() -> Kubectl:
    """The cluster's administrator."""
    return Kubectl(places.practice_kubeconfig(), cluster_layout.CONTEXT)


@pytest.fixture
def left_over(kubectl: Kubectl) -> Iterator[None]:
    """An object of a drill that was broken off; it concerns no pod."""
    kubectl.apply([STRANGER])
    yield
    kubectl.run("delete", "networkpolicy", "test-left-over", "-n", NAMESPACE, "--ignore-not-found")


def write(kubectl: Kubectl, target: str, path: tuple[str, ...], value: Any) -> None:
    """Merge a value into an object as `kubectl patch` does it, which makes another field manager."""
    patch = value
    for name in reversed(path):
        patch = {name: patch}
    kubectl.run("patch", target, "-n", NAMESPACE, "--type=strategic", "-p", json.dumps(patch))


def found(kubectl: Kubectl) -> list[Any]:
    """What stands at every place that is written to."""
    values = []
    for target, path, _ in WRITTEN:
        value: Any = kubectl.read(target, "-n", NAMESPACE)
        for name in path:
            value = value.get(name, {})
        values.append(value)
    return values


def test_up_takes_away_what_others_wrote_and_tells_what_is_not_of_the_platform(
    kubectl: Kubectl, left_over: None
) -> None:
    """`kubectl apply` alone keeps every key that its own last configuration did not name."""
    before = found(kubectl)
    for target, path, value in WRITTEN:
        write(kubectl, target, path, value)
    assert not [place for place, was in zip(found(kubectl), before, strict=True) if place == was]
    said: list[str] = []

    practice_ground.raise_ground_up(None, said.append)

    assert found(kubectl) == before
    assert "Service/maintenance-page was not as its manifest says in spec.selector.track, and is now" in said
    assert [line for line in said if f"left alone: NetworkPolicy/test-left-over in {NAMESPACE}" in line]


def test_up_writes_nothing_into_a_platform_that_is_as_it_should_be(kubectl: Kubectl) -> None:
    """Addresses, defaults, counts of autoscalers and restarts are no drift; nothing is rolled out anew."""
    kinds = "deployments,daemonsets,services,networkpolicies,configmaps,secrets,ingresses,persistentvolumes"
    kubectl.run("rollout", "restart", "deployment/maintenance-page", "-n", NAMESPACE)
    before = generations(kubectl.read(kinds, "--all-namespaces"))
    said: list[str] = []

    practice_ground.raise_ground_up(None, said.append)

    assert generations(kubectl.read(kinds, "--all-namespaces")) == before
    assert [line for line in said if "was not as its manifest says" in line] == []


def generations(answer: dict[str, Any]) -> dict[str, int]:
    """How often each object was written to; controllers that note a state do not count."""
    return {
        f"{item['kind']} {item['metadata'].get('namespace')} {item['metadata']['name']}": written(item)
        for item in answer["items"]
        if item["metadata"]["name"] not in AUTOSCALED
    }


def written(item: dict[str, Any]) -> int:
    """The generation where there is one, else the version."""
    meta = item["metadata"]
    return int(meta.get("generation") or meta["resourceVersion"])
