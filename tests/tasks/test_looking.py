import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from outage.baseline import drift
from outage.diagnosis import diagnose
from outage.evidence import Evidence
from outage.platform import Platform
from outage.snapshot import Snapshot
from tasks.observe import Budget, look, wide_look
from tasks.remember.baseline import as_baseline, lost_from_sight, unseen
from tests.blocks.fake_api import Answer, fake_api, listing, status, table

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
SHOP = Platform(name="shop", namespace="shop")


def pod(name: str, ready: bool = True, namespace: str = "shop", restarts: int = 0) -> dict[str, Any]:
    """A pod as the API server lists it."""
    return {
        "metadata": {
            "name": name,
            "namespace": namespace,
            "uid": name,
            "managedFields": [
                {"manager": "kubelet", "operation": "Update", "time": "t", "fieldsV1": {"f:x": {}}}
            ],
        },
        "spec": {"containers": [{"name": "app"}], "nodeName": "node-1"},
        "status": {
            "phase": "Running",
            "conditions": [{"type": "Ready", "status": "True" if ready else "False"}],
            "containerStatuses": [
                {"name": "app", "ready": ready, "restartCount": restarts, "state": {"running": {}}}
            ],
        },
    }


def shop(*pods: dict[str, Any], **answers: Answer) -> Callable[[str, dict[str, str]], Answer]:
    """An API server with these pods; `answers` replace what it says about a plural."""

    def answer(path: str, query: dict[str, str]) -> Answer:
        plural = path.rpartition("/")[2]
        if plural in answers:
            return answers[plural]
        if path.endswith("/log"):
            return 200, b"2030-01-01T11:59:00Z error: connection refused\n"
        if plural == "pods" and query.get("includeObject") == "None":
            cells = [
                [one["metadata"]["name"], "1/1" if _ready(one) else "0/1", "Running", "0", "1m"]
                for one in pods
            ]
            return table(["Name", "Ready", "Status", "Restarts", "Age"], *cells)
        if path == "/api/v1/pods":
            name = query.get("fieldSelector", "").removeprefix("metadata.name=")
            return listing(*(one for one in pods if one["metadata"]["name"] == name))
        if plural == "pods":
            here = [one for one in pods if f"/{one['metadata']['namespace']}/" in path]
            at, length = int(query.get("continue", "0")), int(query.get("limit", "500"))
            return listing(*here[at : at + length], more=str(at + length) if len(here) > at + length else "")
        if plural == "namespaces":
            return listing({"metadata": {"name": "shop"}})
        if plural == "coredns" or plural == "kube-dns" or "metrics.k8s.io" in path:
            return status(404, "not found")
        return listing()

    return answer


def _ready(one: dict[str, Any]) -> bool:
    return bool(one["status"]["conditions"][0]["status"] == "True")


def seen(answering: Callable[[str, dict[str, str]], Answer], budget: Budget | None = None) -> Snapshot:
    """One deep look."""
    with fake_api(answering) as (cluster, _):
        return look(cluster, SHOP, budget, now=lambda: NOON)


def evidence(snapshot: Snapshot, id: str) -> Evidence:
    """One look of a snapshot."""
    return next(one for one in snapshot.evidence if one.id == id)


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
    assert drift(good, hurt) == ()
    assert "Deployment: list deployments" in lost_from_sight(hurt, good)


def test_a_kind_that_may_never_be_seen_does_not_stand_in_the_way_of_a_baseline() -> None:
    """A reader without a right to Secrets still gets one, which says so; a moment's trouble does not pass for that."""
    forbidden = seen(shop(pod("web-1"), secrets=status(403, "secrets is forbidden")))
    ill = seen(shop(pod("web-1"), secrets=status(500, "etcd is slow")))

    assert list(unseen(forbidden)) == ["Secret"]
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


@pytest.mark.parametrize(
    ("budget", "reason"),
    [
        pytest.param(Budget(calls=3), "the calls allowed for looking (3) were used up", id="calls"),
        pytest.param(Budget(bytes=10), "the bytes allowed for looking (10) were used up", id="bytes"),
        pytest.param(Budget(time=timedelta()), "the time for looking (0 s) was used up", id="time"),
    ],
)
def test_a_spent_budget_is_the_reason_why_a_look_was_not_made(budget: Budget, reason: str) -> None:
    """An investigation ends, whatever the cluster is like."""
    assert reason in {one.unseen for one in seen(shop(pod("web-1")), budget).evidence}


def test_no_value_of_a_secret_is_anywhere_in_the_picture() -> None:
    """Keys, age and change are enough."""
    secret = {"metadata": {"name": "db", "namespace": "shop"}, "data": {"password": "aHVudGVyMjI="}}

    snapshot = seen(shop(pod("web-1"), secrets=listing(secret)))

    assert "aHVudGVyMjI=" not in snapshot.model_dump_json()
    assert evidence(snapshot, "secrets/shop").came_back.startswith("db  keys password")


def test_logs_of_an_ill_pod_are_read_now_and_before() -> None:
    """What it said before it died is the best witness."""
    snapshot = seen(shop(pod("web-1", ready=False, restarts=3)))

    assert {(one.pod, one.previous) for one in snapshot.logs} == {("web-1", False), ("web-1", True)}
    assert "connection refused" in evidence(snapshot, "log-templates").came_back


def test_ten_thousand_events_become_a_few_sentences() -> None:
    """The same sentence about the same object is one event with a count; Warning comes first."""

    def event(number: int, kind: str) -> dict[str, Any]:
        return {
            "metadata": {
                "name": f"{kind}{number}",
                "namespace": "shop",
                "creationTimestamp": "2030-01-01T11:00:00Z",
            },
            "involvedObject": {"kind": "Pod", "name": "web-1", "namespace": "shop"},
            "type": kind,
            "reason": kind,
            "message": "Back-off",
            "count": 2,
            "lastTimestamp": f"2030-01-01T11:{number % 60:02d}:00Z",
        }

    def crowded(path: str, query: dict[str, str]) -> Answer:
        if not path.endswith("/events"):
            return shop(pod("web-1"))(path, query)
        kind, there = ("Warning", 1_000) if query["fieldSelector"] == "type=Warning" else ("Normal", 9_000)
        at = int(query.get("continue", "0"))
        page = [event(at + n, kind) for n in range(500)]
        return listing(*page, more=str(at + 500) if at + 500 < there else "")

    snapshot = seen(crowded)

    told = {one["type"]: one["count"] for one in snapshot.kind("Event")}
    assert told == {"Warning": 2_000, "Normal": 12_000}, "every warning, and twelve pages of the others"
    said = evidence(snapshot, "events/shop").came_back
    assert said.splitlines()[0] == "not all: the first 6,000 events of type!=Warning; 12 pages are read"
    assert [line.split()[0] for line in said.splitlines()[1:]] == ["Warning", "Normal"]


def test_the_warnings_of_all_namespaces_are_one_look_and_strangers_events_are_not_kept() -> None:
    """The runbook looks everywhere; a diagnosis only at what is ours or ill."""

    def about(namespace: str, name: str) -> dict[str, Any]:
        involved = {"kind": "Pod", "name": name, "namespace": namespace}
        meta = {"name": f"{name}-event", "namespace": namespace, "creationTimestamp": "2030-01-01T11:00:00Z"}
        return {"metadata": meta, "involvedObject": involved, "type": "Warning", "reason": "BackOff"}

    def answer(path: str, query: dict[str, str]) -> Answer:
        if path == "/api/v1/events":
            assert query["fieldSelector"] == "type=Warning"
            return listing(about("other", "ill"), about("far", "strange"))
        return shop(pod("web-1"), pod("ill", ready=False, namespace="other"))(path, query)

    snapshot = seen(answer)

    assert "pod/strange" in evidence(snapshot, "events/all/warning").came_back
    assert [one["involvedObject"]["name"] for one in snapshot.kind("Event")] == ["ill"]


def test_an_ill_pod_is_described_with_its_namespace_and_without_a_call() -> None:
    """The wide table names no namespaces."""
    ill = pod("ill", ready=False, namespace="other", restarts=4)
    snapshot = seen(shop(pod("web-1"), ill))

    assert evidence(snapshot, "pods/ill").came_back == "other  ill  0/1  Running  restarts 4  node-1"
    assert "restarts 4" in evidence(snapshot, "described/other/ill").came_back


def test_suspects_beyond_the_limit_are_named_as_not_looked_at() -> None:
    """A cut that nobody hears of reads as health."""
    crowd = [pod(f"p-{n:02d}", ready=False, namespace="other") for n in range(33)]
    left_out = evidence(seen(shop(pod("web-1"), *crowd)), "left-out/suspects")

    assert left_out.unseen == "not looked at: 3 suspects beyond the first 30: p-30, p-31, p-32"


def test_logs_beyond_the_limit_are_named_as_not_looked_at() -> None:
    """Sixty logs are enough to explain an outage, and perhaps not this one."""
    crowd = [pod(f"p-{n:02d}", ready=False) for n in range(62)]
    snapshot = seen(shop(*crowd))

    assert len(snapshot.logs) == 60
    assert evidence(snapshot, "left-out/logs-in-shop").unseen == (
        "not looked at: 2 logs in shop beyond the first 60: p-60/app, p-61/app"
    )


def test_the_wide_look_reads_no_pod_of_a_healthy_crowd() -> None:
    """Its cost is one small table, whatever lives there."""
    crowd = [pod(f"p-{n}", namespace="other") for n in range(200)]
    with fake_api(shop(pod("web-1"), *crowd)) as (cluster, api):
        snapshot = wide_look(cluster, SHOP, now=lambda: NOON)

    assert [one["metadata"]["name"] for one in snapshot.kind("Pod")] == ["web-1"]
    assert evidence(snapshot, "pods").came_back == "201 pods: 201 Running"
    assert not [path for path, _ in api.asked if "other" in path]


def test_a_slow_server_does_not_hold_an_investigation() -> None:
    """The budget of time holds for all looks together, and says so for those that were not made."""
    fast = shop(pod("web-1"))

    def slow(path: str, query: dict[str, str]) -> Answer:
        if not path.endswith("/nodes"):
            time.sleep(3)
        return fast(path, query)

    began = time.monotonic()
    snapshot = seen(slow, Budget(time=timedelta(seconds=0.5)))

    assert time.monotonic() - began < 3
    assert evidence(snapshot, "nodes").unseen is None
    assert all(one.unseen for one in snapshot.evidence if one.id.startswith(("pods", "services")))


def test_a_pod_that_goes_while_we_look_is_no_mistake() -> None:
    """The table is a moment older than the question by name."""
    gone = pod("gone", ready=False, namespace="other")

    def vanishing(path: str, query: dict[str, str]) -> Answer:
        if path == "/api/v1/pods" and "fieldSelector" in query:
            return listing()
        return shop(pod("web-1"), gone)(path, query)

    assert evidence(seen(vanishing), "pods/suspect/gone").came_back == "gone while we looked"


def test_a_crowded_namespace_keeps_its_healthy_pods_in_outline() -> None:
    """So that 5,000 pods fit in little memory; the ill ones are kept whole."""
    crowd = [pod(f"p-{n:04d}") for n in range(700)] + [pod("p-9999", ready=False)]
    snapshot = seen(shop(*crowd))

    kept = {one["metadata"]["name"]: one for one in snapshot.kind("Pod")}
    assert len(kept) == 701
    assert "containerStatuses" in kept["p-9999"]["status"]
    assert "containerStatuses" not in kept["p-0699"]["status"]
    assert kept["p-0699"]["status"]["phase"] == "Running"
