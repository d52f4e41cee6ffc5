"""A platform that nobody described by hand: a shop in a namespace of its own, and what a look at it gives."""

from datetime import UTC, datetime
from typing import Any

from outage.platforms.platform import Database, Platform, Service
from outage.snapshots.snapshot import Snapshot
from outage.value import Manifest

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
SHOP = Platform(
    name="shop",
    namespace="shop",
    services=(
        Service(name="checkout", workload="deployment/checkout", service="checkout", depends_on=("ledger",)),
        Service(name="mailer", workload="deployment/mailer"),
        Service(name="ledger", workload="statefulset/ledger", service="ledger"),
        Service(name="parked", workload="deployment/parked"),
        Service(name="gone", workload="deployment/gone"),
    ),
    database=Database(service="ledger", name="ledger"),
)


def named(kind: str, name: str, namespace: str = "shop", **more: Any) -> Manifest:
    """An object of the shop."""
    meta = {"name": name, **({"namespace": namespace} if namespace else {}), "labels": {"app": name}}
    return {"kind": kind, "metadata": meta, **more}


def workload(kind: str, name: str, replicas: int, container: Manifest, **more: Any) -> Manifest:
    """A workload of one container."""
    labels = {"app": name, "tier": "back"}
    pod = {"containers": [{"name": name, "image": f"shop/{name}:1.0", **container}], **more.pop("pod", {})}
    spec = {
        "replicas": replicas,
        "selector": {"matchLabels": labels},
        "template": {"metadata": {"labels": labels}, "spec": pod},
        **more,
    }
    return named(kind, name, spec=spec)


def ready_pod(name: str, number: int) -> Manifest:
    """A pod that takes requests."""
    pod = named("Pod", f"{name}-{number}", status={"conditions": [{"type": "Ready", "status": "True"}]})
    pod["metadata"]["labels"] = {"app": name, "tier": "back"}
    return pod


CHECKOUT = workload(
    "Deployment",
    "checkout",
    2,
    {
        "ports": [{"name": "http", "containerPort": 8080}],
        "readinessProbe": {"httpGet": {"path": "/ready", "port": "http"}},
        "livenessProbe": {"httpGet": {"path": "/live", "port": "http"}},
        "resources": {"limits": {"memory": "64Mi"}},
        "env": [
            {"name": "LEDGER_HOST", "value": "ledger.shop.svc:5432"},
            {"name": "DB_USER", "valueFrom": {"secretKeyRef": {"name": "login", "key": "user"}}},
            {"name": "DB_PASSWORD", "valueFrom": {"secretKeyRef": {"name": "login", "key": "password"}}},
        ],
        "envFrom": [{"configMapRef": {"name": "settings"}}],
    },
)
MAILER = workload("Deployment", "mailer", 1, {})
LEDGER = workload(
    "StatefulSet",
    "ledger",
    1,
    {"ports": [{"containerPort": 5432}]},
    pod={"volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": "ledger-data"}}]},
)
PARKED = workload("Deployment", "parked", 0, {})


def front(name: str, port: Any) -> Manifest:
    """A Service."""
    return named(
        "Service", name, spec={"selector": {"app": name}, "ports": [{"port": 80, "targetPort": port}]}
    )


def look(**more: tuple[Manifest, ...]) -> Snapshot:
    """The shop while all is well; `more` replaces or adds kinds."""
    path = {"path": "/", "backend": {"service": {"name": "checkout", "port": {"number": 80}}}}
    objects: dict[str, tuple[Manifest, ...]] = {
        "Deployment": (CHECKOUT, MAILER, PARKED, named("Deployment", "coredns", "kube-system", spec={})),
        "StatefulSet": (LEDGER,),
        "Pod": (
            ready_pod("checkout", 1),
            ready_pod("checkout", 2),
            ready_pod("mailer", 1),
            ready_pod("ledger", 0),
        ),
        "Service": (front("checkout", "http"), front("ledger", 5432)),
        "Ingress": (named("Ingress", "shop", spec={"rules": [{"http": {"paths": [path]}}]}),),
        "Node": (
            named("Node", "node-1", "", spec={}),
            named("Node", "node-2", "", spec={"unschedulable": True}),
        ),
        "ConfigMap": (named("ConfigMap", "settings", data={"MODE": "live"}),),
        "NetworkPolicy": (),
        "ResourceQuota": (),
    }
    return Snapshot(taken_at=NOON, namespaces=("shop",), objects=objects | more)
