"""What an investigation sees, and what it says of what it could not see."""

from typing import Any

from outage.snapshots.baseline import drift_from_baseline
from tasks.record.keep_baseline import as_baseline, lost_from_sight, unseen_kinds
from tests.blocks.fake_api import Answer, listing, status
from tests.outage.diagnosis.worlds.diagnosed import diagnose
from tests.tasks.shop_api import SHOP, evidence, pod, seen, shop


def test_a_healthy_namespace_is_seen_without_a_log_of_anybody_else() -> None:
    """Healthy first: every kind is there, also those without objects."""
    snapshot = seen(shop(pod("web-1")))

    assert [one["metadata"]["name"] for one in snapshot.kind("Pod")] == ["web-1"]
    assert snapshot.saw("NetworkPolicy")
    assert snapshot.kind("NetworkPolicy") == ()
    assert evidence(snapshot, "pods/shop").came_back == "web-1  1/1  Running  restarts 0  node-1"


def test_managed_fields_keep_who_and_when_and_lose_the_rest() -> None:
    """They are a third of every object and nobody reads the field lists."""
    snapshot = seen(shop(pod("web-1")))

    fields = snapshot.kind("Pod")[0]["metadata"]["managedFields"]
    assert fields == [{"manager": "kubelet", "operation": "Update", "time": "t"}]


def test_an_ill_pod_of_another_namespace_is_found_and_read() -> None:
    """The table has no namespaces, so suspects are asked by name."""
    snapshot = seen(shop(pod("web-1"), pod("ill", ready=False, namespace="other")))

    assert snapshot.get("Pod", "other", "ill")


def test_what_is_forbidden_is_unseen_with_the_reason_and_the_rest_goes_on() -> None:
    """RBAC of one namespace must be enough to be of use."""
    snapshot = seen(shop(pod("web-1"), nodes=status(403, "nodes is forbidden"), secrets=status(403, "no")))

    assert evidence(snapshot, "nodes").unseen == "list nodes in all namespaces: 403, nodes is forbidden"
    assert evidence(snapshot, "secrets/shop").unseen
    assert not snapshot.saw("Node")
    assert not snapshot.saw("Secret")
    assert snapshot.saw("Pod")


def workload(name: str, namespace: str) -> dict[str, Any]:
    """A healthy Deployment as the API server lists it."""
    return {
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"replicas": 1, "selector": {"matchLabels": {"app": name}}, "template": {"metadata": {}}},
        "status": {"replicas": 1, "readyReplicas": 1, "availableReplicas": 1, "updatedReplicas": 1},
    }


def test_one_failed_list_does_not_make_workloads_look_deleted() -> None:
    """The system's own were listed; that says nothing about the platform's."""

    def answer(path: str, query: dict[str, str]) -> Answer:
        if path.endswith("/shop/deployments"):
            return broken or listing(workload("web", "shop"))
        if path.endswith("/kube-system/deployments"):
            return listing(workload("coredns", "kube-system"))
        return shop(pod("web-1"))(path, query)

    broken: Answer | None = None
    well = seen(answer)
    broken = status(500, "etcd is slow")
    hurt = seen(answer)
    good = as_baseline(well)

    assert well.saw("Deployment")
    assert not hurt.saw("Deployment")
    assert hurt.saw("Deployment", "kube-system")
    assert [one.cause for one in diagnose(hurt, SHOP, good).hypotheses] == []
    assert drift_from_baseline(good, hurt) == ()
    assert "Deployment: list deployments" in lost_from_sight(hurt, good)


def test_a_kind_that_may_never_be_seen_does_not_stand_in_the_way_of_a_baseline() -> None:
    """A reader without a right to Secrets still gets one, which says so; a moment's trouble does not pass for that."""
    forbidden = seen(shop(pod("web-1"), secrets=status(403, "secrets is forbidden")))
    ill = seen(shop(pod("web-1"), secrets=status(500, "etcd is slow")))

    assert list(unseen_kinds(forbidden)) == ["Secret"]
    assert lost_from_sight(forbidden, None) == ""
    assert lost_from_sight(forbidden, as_baseline(forbidden)) == ""
    assert "etcd is slow" in lost_from_sight(ill, None)
    assert lost_from_sight(ill, as_baseline(forbidden)) == ""
    assert "403" in lost_from_sight(forbidden, as_baseline(seen(shop(pod("web-1")))))


def test_a_server_that_asks_for_patience_gets_one_repeat() -> None:
    """A 429 passes by itself; a second one is taken for an answer."""
    answers = iter([status(429, "slow down"), listing()])

    def throttled(path: str, query: dict[str, str]) -> Answer:
        if path.endswith("/cronjobs"):
            return next(answers)
        return shop(pod("web-1"))(path, query)

    assert evidence(seen(throttled), "cronjobs/shop").unseen is None


def test_an_answer_of_another_shape_is_unseen_and_no_exception() -> None:
    """A proxy or a broken aggregated API answers 200 with anything."""
    snapshot = seen(
        shop(pod("web-1"), configmaps=(200, {"items": [{"no": "metadata"}]}), roles=(200, [1, 2]))
    )

    assert "could not be understood" in str(evidence(snapshot, "configmaps/shop").unseen)
    assert "could not be understood" in str(evidence(snapshot, "roles/shop").unseen)


def test_no_value_of_a_secret_is_anywhere_in_the_picture() -> None:
    """Keys, age and change are enough."""
    secret = {"metadata": {"name": "db", "namespace": "shop"}, "data": {"password": "aHVudGVyMjI="}}

    snapshot = seen(shop(pod("web-1"), secrets=listing(secret)))

    assert "aHVudGVyMjI=" not in snapshot.model_dump_json()
    assert evidence(snapshot, "secrets/shop").came_back.startswith("db  keys password")


def test_an_ill_pod_is_described_with_its_namespace_and_without_a_call() -> None:
    """The wide table names no namespaces."""
    ill = pod("ill", ready=False, namespace="other", restarts=4)
    snapshot = seen(shop(pod("web-1"), ill))

    assert evidence(snapshot, "pods/ill").came_back == "other  ill  0/1  Running  restarts 4  node-1"
    assert "restarts 4" in evidence(snapshot, "described/other/ill").came_back


def test_a_pod_that_goes_while_we_look_is_no_mistake() -> None:
    """The table is a moment older than the question by name."""
    gone = pod("gone", ready=False, namespace="other")

    def vanishing(path: str, query: dict[str, str]) -> Answer:
        if path == "/api/v1/pods" and "fieldSelector" in query:
            return listing()
        return shop(pod("web-1"), gone)(path, query)

    assert evidence(seen(vanishing), "pods/suspect/gone").came_back == "gone while we looked"
