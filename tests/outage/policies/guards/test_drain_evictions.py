"""A drain moves whoever is on the node: healthy cases first, then whom it must not move."""

from typing import Any

import pytest

from outage.diagnosis.hypothesis import Action
from outage.plans.objection import Objection
from outage.policies.guards.guard_view import GuardView
from outage.policies.policy import Policy
from outage.value import Manifest
from tests.outage.policies.guards.guard_places import NODE, deployment, plan, pod, step, view
from tests.outage.policies.guards.spoiled_views import limits, reasons

DRAIN = plan(step(Action.DRAIN, NODE))
ELSEWHERE = {
    "kind": "Pod",
    "metadata": {
        "name": "dns-1",
        "namespace": "kube-system",
        "ownerReferences": [{"kind": "ReplicaSet", "name": "dns", "controller": True}],
    },
    "spec": {"nodeName": "node-1"},
    "status": {"phase": "Running"},
}
DNS = {
    "kind": "ReplicaSet",
    "metadata": {
        "name": "dns",
        "namespace": "kube-system",
        "ownerReferences": [{"kind": "Deployment", "name": "dns", "controller": True}],
    },
}
EASY = limits(disturbed_share=1.0)
"""What a drain disturbs is another guard's question."""


def with_pods(*pods: Manifest, **kinds: Any) -> GuardView:
    """The world with these pods on the node, beside one of auth on the other."""
    return view({"Pod": (*pods, pod("auth-1-b", node="node-2")), **kinds})


def named(**more: Any) -> Manifest:
    """A pod of auth on the node with more metadata or volumes."""
    made = pod("auth-1-a")
    volumes = more.pop("volumes", None)
    made["metadata"] |= more
    if volumes:
        made["spec"]["volumes"] = volumes
    return made


@pytest.mark.parametrize(
    ("seen", "policy"),
    [
        pytest.param(with_pods(pod("auth-1-a")), EASY, id="a pod of an allowed workload"),
        pytest.param(with_pods(pod("proxy", kind="DaemonSet")), EASY, id="a daemon stays where it is"),
        pytest.param(
            with_pods(ELSEWHERE | {"status": {"phase": "Succeeded"}}), EASY, id="one that has ended already"
        ),
        pytest.param(
            with_pods(ELSEWHERE, ReplicaSet=(DNS,), Deployment=(deployment(),)),
            EASY.model_copy(update={"cluster_kinds": ("Node", "kube-system/Deployment/dns")}),
            id="a workload elsewhere that the policy allows by name",
        ),
    ],
)
def test_a_drain_of_what_may_be_moved_is_not_refused(seen: GuardView, policy: Policy) -> None:
    """A guard that cries wolf would be switched off."""
    assert reasons(DRAIN, seen, policy) == []


@pytest.mark.parametrize(
    ("seen", "policy", "expected"),
    [
        pytest.param(
            with_pods(ELSEWHERE, ReplicaSet=(DNS,)),
            EASY,
            Objection.OUTSIDE_ALLOW_LIST,
            id="another namespace's pod",
        ),
        pytest.param(
            with_pods(named(labels={"outage.dev/protected": "true"})),
            EASY,
            Objection.PROTECTED,
            id="a pod with a protecting label",
        ),
        pytest.param(
            with_pods(pod("auth-1-a")),
            EASY.model_copy(update={"protected_objects": ("shop/Deployment/auth",)}),
            Objection.PROTECTED,
            id="a pod whose Deployment is protected by name",
        ),
        pytest.param(
            with_pods(named(annotations={"outage.dev/paused": "ada looks at it"})),
            EASY,
            Objection.MAINTENANCE,
            id="a pod that somebody works on",
        ),
        pytest.param(
            with_pods(named(volumes=[{"name": "d", "persistentVolumeClaim": {"claimName": "d"}}])),
            EASY,
            Objection.DATA_AT_RISK,
            id="a pod with a claim",
        ),
        pytest.param(
            with_pods(pod("db-0", kind="StatefulSet"), StatefulSet=()),
            EASY,
            Objection.DATA_AT_RISK,
            id="a pod of a StatefulSet",
        ),
        pytest.param(
            with_pods(pod("auth-1-a"), ReplicaSet=None),
            EASY,
            Objection.CANNOT_TELL,
            id="nobody could see whose pod it is",
        ),
    ],
)
def test_a_drain_is_refused_for_whom_it_would_move(
    seen: GuardView, policy: Policy, expected: Objection
) -> None:
    """As if the pod stood in the plan by its own name."""
    assert expected in reasons(DRAIN, seen, policy)
