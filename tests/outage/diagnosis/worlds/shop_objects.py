"""The objects of a small healthy platform, as an API server gives them, born two hours before NOON."""

import copy
from datetime import UTC, datetime, timedelta
from typing import Any

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
SHOP = "shop"
CALLS = {
    "auth": ("postgres", "redis"),
    "user": ("auth", "postgres"),
    "scheduler": ("postgres", "user"),
    "content": ("redis", "user"),
    "postgres": (),
    "redis": (),
}
PORTS = {"auth": 3001, "user": 3002, "scheduler": 3003, "content": 3004, "postgres": 5432, "redis": 6379}
Manifest = dict[str, Any]


def ago(**span: float) -> str:
    """A Kubernetes timestamp before NOON."""
    return (NOON - timedelta(**span)).strftime("%Y-%m-%dT%H:%M:%SZ")


def meta(name: str, namespace: str | None = SHOP, **more: Any) -> Manifest:
    """Metadata of an object born two hours before NOON."""
    place = {"namespace": namespace} if namespace else {}
    born = ago(hours=2)
    fields = [{"manager": "kubectl-client-side-apply", "operation": "Update", "time": born}]
    return {
        "name": name,
        **place,
        "creationTimestamp": born,
        "uid": f"uid-{name}",
        "managedFields": fields,
        **more,
    }


def pod_template(name: str, calls: tuple[str, ...]) -> Manifest:
    """A template with ports, probes, resources and the addresses of what it calls."""
    port = PORTS[name]
    env = [{"name": f"{other.upper()}_HOST", "value": f"{other}:{PORTS[other]}"} for other in calls]
    container = {
        "name": name,
        "image": f"shop/{name}:1.0",
        "imagePullPolicy": "IfNotPresent",
        "env": env,
        "ports": [{"name": "http", "containerPort": port, "protocol": "TCP"}],
        "readinessProbe": {
            "httpGet": {"path": "/health", "port": "http"},
            "periodSeconds": 2,
            "failureThreshold": 3,
        },
        "livenessProbe": {
            "httpGet": {"path": "/live", "port": "http"},
            "periodSeconds": 5,
            "failureThreshold": 3,
        },
        "resources": {"requests": {"cpu": "10m", "memory": "32Mi"}, "limits": {"memory": "64Mi"}},
    }
    return {
        "metadata": {"labels": {"app": name, "tier": "backend"}},
        "spec": {"containers": [container], "serviceAccountName": name, "restartPolicy": "Always"},
    }


def deployment_of(name: str, template: Manifest, replicas: int, namespace: str = SHOP) -> Manifest:
    """A healthy Deployment."""
    return {
        "kind": "Deployment",
        "metadata": meta(name, namespace, labels={"app": name}, generation=1),
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": {"app": name}},
            "strategy": {
                "type": "RollingUpdate",
                "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": "25%"},
            },
            "template": copy.deepcopy(template),
        },
        "status": {
            "replicas": replicas,
            "readyReplicas": replicas,
            "availableReplicas": replicas,
            "updatedReplicas": replicas,
            "conditions": [
                condition("Available", "True", 120, "MinimumReplicasAvailable"),
                condition("Progressing", "True", 120, "NewReplicaSetAvailable"),
            ],
        },
    }


def replica_set(
    deployment: Manifest, mark: str, revision: int, template: Manifest, minutes: float = 120
) -> Manifest:
    """A ReplicaSet of the Deployment."""
    name, namespace = deployment["metadata"]["name"], deployment["metadata"]["namespace"]
    marked = copy.deepcopy(template)
    marked["metadata"]["labels"]["pod-template-hash"] = mark
    manifest = meta(
        f"{name}-{mark}",
        namespace,
        labels=dict(marked["metadata"]["labels"]),
        annotations={"deployment.kubernetes.io/revision": str(revision)},
        ownerReferences=[{"kind": "Deployment", "name": name, "controller": True}],
    )
    manifest["creationTimestamp"] = ago(minutes=minutes)
    ready = {"replicas": 1, "readyReplicas": 1} if revision == 1 else {"replicas": 1}
    return {"metadata": manifest, "spec": {"replicas": 1, "template": marked}, "status": ready}


def pod(deployment: Manifest, mark: str, index: int, template: Manifest, minutes: float = 120) -> Manifest:
    """A ready pod of the Deployment."""
    name, namespace = deployment["metadata"]["name"], deployment["metadata"]["namespace"]
    manifest = meta(
        f"{name}-{mark}-{index}",
        namespace,
        labels={**template["metadata"]["labels"], "pod-template-hash": mark},
        ownerReferences=[{"kind": "ReplicaSet", "name": f"{name}-{mark}", "controller": True}],
    )
    manifest["creationTimestamp"] = ago(minutes=minutes)
    spec = {**copy.deepcopy(template["spec"]), "nodeName": f"node-{index % 2 + 1}"}
    statuses = [
        {
            "name": one["name"],
            "image": one["image"],
            "ready": True,
            "restartCount": 0,
            "state": {"running": {"startedAt": ago(minutes=minutes)}},
        }
        for one in spec["containers"]
    ]
    conditions = [condition("PodScheduled", "True", minutes), condition("Ready", "True", minutes)]
    status = {
        "phase": "Running",
        "podIP": f"10.0.0.{index}",
        "conditions": conditions,
        "containerStatuses": statuses,
    }
    return {"metadata": manifest, "spec": spec, "status": status}


def is_ready(one: Manifest) -> bool:
    """Whether the pod's Ready condition is True."""
    return any(c["type"] == "Ready" and c["status"] == "True" for c in one["status"].get("conditions", []))


def unready(
    one: Manifest,
    minutes: float = 2,
    waiting: tuple[str, str] | None = None,
    last: Manifest | None = None,
    restarts: int = 0,
    unschedulable: str = "",
    phase: str = "",
) -> Manifest:
    """Take a pod's readiness away and say why."""
    status = one["status"]
    status["conditions"] = [
        condition("PodScheduled", "True", minutes),
        condition("Ready", "False", minutes, "ContainersNotReady"),
    ]
    for container in status["containerStatuses"]:
        container.update(ready=False, restartCount=restarts)
        if waiting:
            container["state"] = {"waiting": {"reason": waiting[0], "message": waiting[1]}}
        if last:
            container["lastState"] = {"terminated": {"finishedAt": ago(seconds=20), **last}}
    if unschedulable:
        status.update(phase="Pending", containerStatuses=[])
        status["conditions"] = [condition("PodScheduled", "False", minutes, "Unschedulable", unschedulable)]
        one["spec"].pop("nodeName", None)
    if phase:
        status["phase"] = phase
    return one


def condition(kind: str, status: str, minutes: float, reason: str = "", text: str = "") -> Manifest:
    """A condition that turned so many minutes before NOON."""
    at = ago(minutes=minutes)
    return {
        "type": kind,
        "status": status,
        "reason": reason,
        "message": text,
        "lastTransitionTime": at,
        "lastUpdateTime": at,
    }


def service(name: str, port: int, namespace: str = SHOP) -> Manifest:
    """A ClusterIP Service on the pods' named port."""
    return {
        "metadata": meta(name, namespace),
        "spec": {
            "type": "ClusterIP",
            "clusterIP": "10.96.0.7",
            "internalTrafficPolicy": "Cluster",
            "selector": {"app": name},
            "ports": [{"name": "http", "port": port, "protocol": "TCP", "targetPort": "http"}],
        },
    }


def ingress() -> Manifest:
    """An Ingress that leads to the four services."""
    paths = [
        {
            "path": f"/{name}",
            "pathType": "Prefix",
            "backend": {"service": {"name": name, "port": {"name": "http"}}},
        }
        for name in ("auth", "user", "scheduler", "content")
    ]
    rules = [{"host": "api.shop.test", "http": {"paths": paths}}]
    return {"metadata": meta("shop-ingress"), "spec": {"rules": rules}}


def node(name: str) -> Manifest:
    """A ready node."""
    labels = {"kubernetes.io/hostname": name, "kubernetes.io/os": "linux"}
    return {
        "metadata": meta(name, None, labels=labels),
        "spec": {},
        "status": {
            "allocatable": {"cpu": "2", "memory": "8Gi", "pods": "110"},
            "conditions": [condition("Ready", "True", 120, "KubeletReady")],
        },
    }


COREFILE = """.:53 {
    errors
    health
    ready
    kubernetes cluster.local in-addr.arpa ip6.arpa {
        pods insecure
    }
    forward . /etc/resolv.conf
    cache 30
    loop
    reload
    loadbalance
}
"""
KINDS = (
    *("Pod", "ReplicaSet", "Deployment", "StatefulSet", "DaemonSet", "ControllerRevision", "Job", "CronJob"),
    *("Service", "EndpointSlice", "Ingress", "ConfigMap", "Secret", "ServiceAccount", "Role", "RoleBinding"),
    *("NetworkPolicy", "PersistentVolumeClaim", "ResourceQuota", "LimitRange", "PodDisruptionBudget"),
    *("HorizontalPodAutoscaler", "Event", "Node", "Namespace", "PersistentVolume", "StorageClass"),
    *("PriorityClass", "ValidatingWebhookConfiguration", "MutatingWebhookConfiguration", "Lease"),
)
