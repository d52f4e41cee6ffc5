"""An API server that has the shop's pods and answers as told, and one look at it."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from outage.platforms.platform import Platform
from outage.snapshots.evidence import Evidence
from outage.snapshots.snapshot import Snapshot
from tasks.observe import Budget, collect_snapshot
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
                [one["metadata"]["name"], "1/1" if _ready(one) else "0/1", "Running", "0", "1m", "node-1"]
                for one in pods
            ]
            return table(["Name", "Ready", "Status", "Restarts", "Age", "Node"], *cells)
        if path == "/api/v1/pods":
            chosen = dict(each.split("=") for each in query.get("fieldSelector", "").split(",") if each)
            return listing(*(one for one in pods if _selected(one, chosen)))
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


def _selected(one: dict[str, Any], chosen: dict[str, str]) -> bool:
    """Whether a field selector finds a pod."""
    meant = {"metadata.name": one["metadata"]["name"], "spec.nodeName": one["spec"]["nodeName"]}
    return all(meant[field] == value for field, value in chosen.items())


def _ready(one: dict[str, Any]) -> bool:
    return bool(one["status"]["conditions"][0]["status"] == "True")


def seen(answering: Callable[[str, dict[str, str]], Answer], budget: Budget | None = None) -> Snapshot:
    """One deep look."""
    with fake_api(answering) as (cluster, _):
        return collect_snapshot(cluster, SHOP, budget, now=lambda: NOON)


def evidence(snapshot: Snapshot, id: str) -> Evidence:
    """One look of a snapshot."""
    return next(one for one in snapshot.evidence if one.id == id)
