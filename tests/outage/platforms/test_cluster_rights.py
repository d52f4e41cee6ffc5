"""The rights that plans need are the rights that `deploy/rbac` gives: all of them, and no others to the writer."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from blocks.kubernetes.api_kinds import KINDS
from blocks.kubernetes.api_questions import review_attributes
from outage.kubernetes.access_right import Right
from outage.platforms.cluster_rights import BLOCKERS, RECREATED, rights_needed
from outage.platforms.platform import Database, Platform
from outage.platforms.platform_file import load_platform
from outage.policies.policy import Policy
from outage.policies.policy_file import load_policy

ROOT = Path(__file__).parents[3]
Grant = tuple[str, str, str, str, str]
"""Verb, group, resource (with its subresource), namespace and name; the last two empty for everywhere and every one."""


def practised() -> tuple[Right, ...]:
    """What the practice ground's platform and policy ask for."""
    return rights_needed(
        load_platform(ROOT / "practice/platform.yaml"), load_policy(ROOT / "practice/policy.yaml")
    )


def granted(identity: str) -> set[Grant]:
    """Every single thing that the manifests allow an identity."""
    found: set[Grant] = set()
    for file in sorted((ROOT / "deploy/rbac").glob("*.yaml")):
        for one in yaml.safe_load_all(file.read_text()):
            if one["kind"] in ("Role", "ClusterRole") and one["metadata"]["name"] == f"outage-{identity}":
                found |= set(_grants(one))
    return found


def _grants(role: dict[str, Any]) -> Iterator[Grant]:
    place = role["metadata"].get("namespace", "")
    for rule in role["rules"]:
        for group in rule["apiGroups"]:
            for resource in rule["resources"]:
                for verb in rule["verbs"]:
                    for name in rule.get("resourceNames", [""]):
                        yield verb, group, resource, place, name


def wanted(right: Right) -> Grant:
    """A right as the manifests spell it."""
    kind = KINDS[right.kind]
    resource = f"{kind.plural}/{right.subresource}" if right.subresource else kind.plural
    return right.verb, kind.group, resource, right.namespace, right.name


def allows(grants: set[Grant], right: Right) -> bool:
    """As the API server decides it: a rule for everywhere and for every object covers the single one."""
    verb, group, resource, place, name = wanted(right)
    return any((verb, group, resource, p, n) in grants for p in {place, ""} for n in {name, ""})


@pytest.mark.parametrize("identity", ["reader", "writer"])
def test_the_manifests_grant_all_that_is_asked(identity: str) -> None:
    """Otherwise `outage doctor` would call its own manifests insufficient."""
    grants = granted(identity)

    assert [str(one) for one in practised() if one.identity == identity and not allows(grants, one)] == []


def test_the_manifests_grant_the_writer_nothing_that_no_plan_needs() -> None:
    """Least privilege: a right without a plan that uses it is a door left open."""
    assert granted("writer") - {wanted(one) for one in practised() if one.identity == "writer"} == set()


def writer(policy: Policy, **platform: Any) -> set[str]:
    """The writing identity's rights in words."""
    place = Platform(name="Shop", namespace="shop", **platform)
    return {str(one) for one in rights_needed(place, policy) if one.identity == "writer"}


@pytest.mark.parametrize("kind", RECREATED)
def test_what_a_plan_makes_anew_must_be_creatable_and_deletable(kind: str) -> None:
    """Recreating a missing object is a repair, and deleting it again is the way back."""
    asked_for = writer(Policy(namespaces=("shop",), kinds=(kind,)))

    assert asked_for == {f"{verb} {kind} in shop" for verb in ("get", "patch", "create", "delete")}


@pytest.mark.parametrize("kind", BLOCKERS)
def test_a_blocker_must_be_deletable_and_creatable(kind: str) -> None:
    """Deleting it is the repair: without that right the plan fails, so the doctor may not call it optional."""
    policy = Policy(namespaces=("shop",), kinds=(kind,))
    rights = rights_needed(Platform(name="Shop", namespace="shop"), policy)

    needed = {one.verb for one in rights if one.identity == "writer" and one.needed}
    assert needed == {"get", "patch", "create", "delete"}


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        pytest.param(
            Policy(namespaces=("shop",), kinds=("HorizontalPodAutoscaler",)),
            {"get HorizontalPodAutoscaler in shop", "patch HorizontalPodAutoscaler in shop"},
            id="what is only mended is neither created nor deleted",
        ),
        pytest.param(
            Policy(namespaces=("shop",), kinds=("Pod",)),
            {"get Pod in shop", "delete Pod in shop"},
            id="a pod is deleted and never patched",
        ),
        pytest.param(Policy(namespaces=("shop",), kinds=("Secret",)), set(), id="a Secret is never written"),
        pytest.param(
            Policy(cluster_kinds=("kube-system/ConfigMap/coredns",)),
            {"get ConfigMap coredns in kube-system", "patch ConfigMap coredns in kube-system"},
            id="a single object is asked for by its name",
        ),
        pytest.param(
            Policy(cluster_kinds=("/MutatingWebhookConfiguration/injector",)),
            {
                "get MutatingWebhookConfiguration injector",
                "patch MutatingWebhookConfiguration injector",
                "create MutatingWebhookConfiguration everywhere",
                "delete MutatingWebhookConfiguration injector",
            },
            id="a creation has no name that could be asked for",
        ),
        pytest.param(
            Policy(cluster_kinds=("Node",)),
            {
                "get Node everywhere",
                "patch Node everywhere",
                "list Pod everywhere",
                "create Pod/eviction everywhere",
            },
            id="a drain lists and evicts pods everywhere",
        ),
    ],
)
def test_the_writer_is_asked_for_what_plans_of_a_policy_write(policy: Policy, expected: set[str]) -> None:
    """And for nothing else."""
    assert writer(policy) == expected


def test_the_way_to_the_database_is_asked_for() -> None:
    """Both verbs of a websocket, and the one Secret."""
    place = Database(service="postgres", name="shop", credentials_secret="outage-database")

    assert writer(Policy(), database=place) == {
        "get Pod/portforward in shop",
        "create Pod/portforward in shop",
        "get Secret outage-database in shop",
    }


def test_what_guards_judge_by_is_needed() -> None:
    """A guard that cannot see refuses: then a plan fails for want of a reading right, not of a writing one."""
    policy = Policy(
        namespaces=("shop",), kinds=("Service",), cluster_kinds=("Node", "kube-system/Deployment/coredns")
    )
    rights = rights_needed(Platform(name="Shop", namespace="shop"), policy)
    needed = {str(one) for one in rights if one.identity == "reader" and one.needed}

    assert needed >= {
        "list HorizontalPodAutoscaler in shop",
        "list PodDisruptionBudget in shop",
        "list Deployment in kube-system",
        "get Service in shop",
        "get Namespace shop",
        "list Node everywhere",
    }


def test_no_right_is_asked_for_twice() -> None:
    """Each one is a request, and a sentence when it is missing."""
    spelled = [(one.identity, str(one)) for one in practised()]

    assert len(spelled) == len(set(spelled))


def test_an_access_review_carries_the_name_of_a_single_object() -> None:
    """Asked without it, a rule for one object is answered no."""
    [patch] = [one for one in practised() if str(one) == "patch ConfigMap coredns in kube-system"]

    assert review_attributes(patch, KINDS["ConfigMap"]) == {
        "verb": "patch",
        "group": "",
        "resource": "configmaps",
        "subresource": "",
        "namespace": "kube-system",
        "name": "coredns",
    }


def test_a_namespace_is_asked_for_in_itself() -> None:
    """A Role in the namespace may grant it, and a team without cluster-wide rights has nothing else."""
    right = Right(identity="reader", verb="get", kind="Namespace", name="shop", purpose="guards refuse")

    assert review_attributes(right, KINDS["Namespace"])["namespace"] == "shop"
