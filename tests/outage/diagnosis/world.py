"""A small healthy platform as plain objects, and the pens to break it with.

Four services, PostgreSQL, Redis and an ingress on two nodes, born two hours before NOON; a test takes it,
breaks one thing and asks for the diagnosis.
"""

import copy
import json
from datetime import UTC, datetime, timedelta
from typing import Any

from outage.alert import Alert
from outage.baseline import Baseline, normalise
from outage.platform import Database, Platform, Service
from outage.snapshot import Snapshot

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


class Ground:
    """The objects of one cluster, by kind, ready to be changed."""

    def __init__(self) -> None:
        """Raise the healthy platform."""
        self.objects: dict[str, list[Manifest]] = {kind: [] for kind in KINDS}
        self.extra: dict[str, Any] = {}
        for name in ("node-1", "node-2"):
            self.put("Node", node(name))
        for name in (SHOP, "kube-system"):
            self.put("Namespace", {"metadata": meta(name, None)})
        for name, calls in CALLS.items():
            self._raise(name, calls)
        self.put("Ingress", ingress())
        self._raise_dns()

    def _raise(self, name: str, calls: tuple[str, ...]) -> None:
        template = pod_template(name, calls)
        deployment = deployment_of(name, template, 1 if name in ("postgres", "redis") else 2)
        self.put("Deployment", deployment)
        self.put("ReplicaSet", replica_set(deployment, "aaa", 1, template))
        for index in range(deployment["spec"]["replicas"]):
            self.put("Pod", pod(deployment, "aaa", index, template))
        self.put("Service", service(name, PORTS[name]))
        self.endpoints(name)
        self.put("ServiceAccount", {"metadata": meta(name)})

    def _raise_dns(self) -> None:
        template = {
            "metadata": {"labels": {"k8s-app": "kube-dns"}},
            "spec": {
                "containers": [
                    {
                        "name": "coredns",
                        "image": "coredns:1",
                        "ports": [{"containerPort": 53, "protocol": "UDP"}],
                    }
                ]
            },
        }
        deployment = deployment_of("coredns", template, 1, "kube-system")
        deployment["spec"]["selector"] = {"matchLabels": {"k8s-app": "kube-dns"}}
        self.put("Deployment", deployment)
        self.put("ReplicaSet", replica_set(deployment, "aaa", 1, template))
        self.put("Pod", pod(deployment, "aaa", 0, template))
        dns = service("kube-dns", 53, "kube-system")
        dns["spec"]["selector"] = {"k8s-app": "kube-dns"}
        dns["spec"]["ports"] = [{"name": "dns", "port": 53, "protocol": "UDP", "targetPort": 53}]
        self.put("Service", dns)
        self.endpoints("kube-dns", namespace="kube-system", workload="coredns")
        self.put("ConfigMap", {"metadata": meta("coredns", "kube-system"), "data": {"Corefile": COREFILE}})

    def put(self, kind: str, manifest: Manifest) -> Manifest:
        """Add an object."""
        manifest.setdefault("kind", kind)
        self.objects.setdefault(kind, []).append(manifest)
        return manifest

    def get(self, kind: str, name: str) -> Manifest:
        """The object, to be changed in place."""
        return next(one for one in self.objects[kind] if one["metadata"]["name"] == name)

    def drop(self, kind: str, name: str) -> None:
        """Remove an object."""
        self.objects[kind] = [one for one in self.objects[kind] if one["metadata"]["name"] != name]

    def pods(self, workload: str) -> list[Manifest]:
        """A workload's pods."""
        return [one for one in self.objects["Pod"] if one["metadata"]["name"].startswith(workload + "-")]

    def touch(self, kind: str, name: str, minutes: float = 2, manager: str = "kubectl-patch") -> Manifest:
        """Write down that somebody changed the object a while ago."""
        manifest = self.get(kind, name)
        entry = {"manager": manager, "operation": "Update", "time": ago(minutes=minutes)}
        manifest["metadata"].setdefault("managedFields", []).append(entry)
        return manifest

    def container(self, name: str) -> Manifest:
        """The container of a Deployment's live template."""
        return self.get("Deployment", name)["spec"]["template"]["spec"]["containers"][0]

    def endpoints(
        self, name: str, ready: int | None = None, namespace: str = SHOP, workload: str = ""
    ) -> None:
        """Write the EndpointSlice from the pods of the workload (or with this many ready ones)."""
        self.drop("EndpointSlice", name + "-slice")
        pods = self.pods(workload or name)
        count = len([one for one in pods if is_ready(one)]) if ready is None else ready
        labels = {"kubernetes.io/service-name": name}
        endpoints = [{"addresses": [f"10.0.0.{at}"], "conditions": {"ready": True}} for at in range(count)]
        manifest = {"metadata": meta(name + "-slice", namespace, labels=labels), "endpoints": endpoints}
        self.put("EndpointSlice", manifest)

    def roll(self, name: str, minutes: float = 2, history: bool = True, **pod_status: Any) -> list[Manifest]:
        """Make new pods from the (changed) live template, all in this state; old pods go, as in Recreate."""
        deployment = self.touch("Deployment", name, minutes)
        template = copy.deepcopy(deployment["spec"]["template"])
        for one in self.objects["ReplicaSet"]:
            if one["metadata"]["name"] == f"{name}-aaa":
                one["status"], one["spec"]["replicas"] = {"replicas": 0}, 0
        if not history:
            self.drop("ReplicaSet", f"{name}-aaa")
            deployment["metadata"]["creationTimestamp"] = ago(minutes=minutes)
        self.put("ReplicaSet", replica_set(deployment, "bbb", 2, template, minutes))
        self.objects["Pod"] = [one for one in self.objects["Pod"] if one not in self.pods(name)]
        made = [pod(deployment, "bbb", at, template, minutes) for at in range(deployment["spec"]["replicas"])]
        for one in made:
            unready(one, minutes, **pod_status)
            self.put("Pod", one)
        self.down(name, minutes)
        return made

    def fail(self, name: str, minutes: float = 2, **pod_status: Any) -> list[Manifest]:
        """Put the existing pods of a workload in this state."""
        for one in self.pods(name):
            unready(one, minutes, **pod_status)
        self.down(name, minutes)
        return self.pods(name)

    def down(self, name: str, minutes: float = 2) -> None:
        """Let the workload's status say that none of its pods is ready."""
        deployment = self.get("Deployment", name)
        deployment["status"] = {
            "replicas": deployment["spec"]["replicas"],
            "conditions": [
                condition("Available", "False", minutes, "MinimumReplicasUnavailable"),
                condition("Progressing", "True", minutes, "ReplicaSetUpdated"),
            ],
        }
        if any(one["metadata"]["name"] == name for one in self.objects["Service"]):
            self.endpoints(name, 0)

    def event(
        self, kind: str, name: str, reason: str, text: str, minutes: float = 1, type: str = "Warning"
    ) -> None:
        """Let the cluster say something about an object."""
        namespace = "" if kind in ("Node", "PersistentVolume") else SHOP
        self.put(
            "Event",
            {
                "metadata": meta(f"{name}.{len(self.objects['Event'])}"),
                "involvedObject": {"kind": kind, "name": name, "namespace": namespace},
                "reason": reason,
                "message": text,
                "type": type,
                "firstTimestamp": ago(minutes=minutes),
                "lastTimestamp": ago(minutes=minutes / 2),
                "count": 5,
            },
        )

    def baseline(self) -> Baseline:
        """Record the present state as known good."""
        kinds = {kind: tuple(some) for kind, some in self.objects.items() if kind not in ("Pod", "Event")}
        objects = {kind: tuple(normalise(copy.deepcopy(one)) for one in some) for kind, some in kinds.items()}
        return Baseline(recorded_at=NOON - timedelta(hours=1), objects=objects)

    def snapshot(self, **more: Any) -> Snapshot:
        """The picture."""
        objects = {kind: tuple(copy.deepcopy(some)) for kind, some in self.objects.items()}
        return Snapshot(taken_at=NOON, namespaces=(SHOP,), objects=objects, **{**self.extra, **more})


def platform() -> Platform:
    """The platform file of the shop."""
    services = tuple(
        Service(
            name=name,
            workload=f"deployment/{name}",
            service=name,
            port=PORTS[name],
            selector={"app": name},
            depends_on=calls,
        )
        for name, calls in CALLS.items()
    )
    database = Database(service="postgres", name="shop")
    return Platform(name="shop", namespace=SHOP, services=services, database=database)


def stranger() -> Platform:
    """A platform file that says nothing but the namespace, as `investigate` has it when nobody wrote one."""
    return Platform(name=SHOP, namespace=SHOP)


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


def alert(name: str, service: str = "", minutes: float = 1) -> Alert:
    """A firing alert."""
    labels = {"alertname": name, "namespace": SHOP, "service": service}
    return Alert(name=name, labels=labels, starts_at=NOON - timedelta(minutes=minutes))


def last_applied(manifest: Manifest) -> None:
    """Write down the object as it is now as last applied."""
    applied = {"metadata": {"name": manifest["metadata"]["name"]}, "spec": manifest["spec"]}
    notes = manifest["metadata"].setdefault("annotations", {})
    notes["kubectl.kubernetes.io/last-applied-configuration"] = json.dumps(applied)


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
