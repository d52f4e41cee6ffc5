"""The objects of the bazaar as an API server of version 1.34 gives them, nine days old."""

import copy
from datetime import timedelta
from typing import Any

from tests.outage.diagnosis.worlds.shop_objects import NOON, Manifest, ago, condition

HOME = "bazaar"
NAME = "opentelemetry.io/name"
DAYS = timedelta(days=9)
CALLS: dict[str, tuple[str, ...]] = {
    "frontend-proxy": ("frontend",),
    "frontend": ("cart", "checkout", "product-catalog"),
    "checkout": ("cart", "payment", "product-catalog", "kafka"),
    "cart": ("valkey-cart",),
    "payment": (),
    "product-catalog": ("postgresql",),
    "accounting": ("kafka", "postgresql"),
    "valkey-cart": (),
    "kafka": (),
    "postgresql": (),
}
PORTS = {"valkey-cart": 6379, "kafka": 9092, "postgresql": 5432}
SETS = ("postgresql",)
NO_SERVICE = ("accounting",)


def port_of(name: str) -> int:
    """The port that a component serves."""
    return PORTS.get(name, 8080)


def born(**more: Any) -> Manifest:
    """Metadata of an object as old as the platform."""
    return {
        "creationTimestamp": ago(days=9),
        "managedFields": [{"manager": "helm", "operation": "Update", "time": ago(days=9)}],
        "generation": 1,
        "resourceVersion": "1200",
        **more,
    }


def named(name: str, **more: Any) -> Manifest:
    """The same, in the platform's namespace."""
    return {"name": name, "namespace": HOME, "uid": f"uid-{name}", **born(**more)}


def sick(
    pod: Manifest,
    minutes: float,
    waiting: tuple[str, str] | None = None,
    last: Manifest | None = None,
    restarts: int = 0,
    unschedulable: str = "",
    phase: str = "",
    healthy: bool = False,
) -> None:
    """Take a pod's readiness away and say why."""
    status = pod["status"]
    if healthy:
        return
    kept = [one for one in status["conditions"] if one["type"] not in ("Ready", "ContainersReady")]
    lost = [condition(kind, "False", minutes, "ContainersNotReady") for kind in ("Ready", "ContainersReady")]
    status["conditions"] = [*kept, *lost]
    for container in status["containerStatuses"]:
        container.update(ready=False, restartCount=restarts)
        if waiting:
            container["state"] = {"waiting": {"reason": waiting[0], "message": waiting[1]}}
            container["started"] = False
        if last:
            container["lastState"] = {"terminated": {"finishedAt": ago(seconds=25), **last}}
    if waiting and waiting[0] != "CrashLoopBackOff":
        status["phase"] = "Pending"
    if unschedulable:
        status.update(phase="Pending", containerStatuses=[])
        placed = condition("PodScheduled", "False", minutes, "Unschedulable", unschedulable)
        status["conditions"] = [placed]
        pod["spec"].pop("nodeName", None)
    status["phase"] = phase or status["phase"]


def is_ready(pod: Manifest) -> bool:
    """Whether a pod says that it is ready."""
    return any(c["type"] == "Ready" and c["status"] == "True" for c in pod["status"]["conditions"])


def template_of(name: str, probes: bool) -> Manifest:
    """The pod template of a component."""
    port = port_of(name)
    env = [{"name": "OTEL_SERVICE_NAME", "value": name}]
    env += [
        {"name": f"{one.upper().replace('-', '_')}_ADDR", "value": f"{one}:{port_of(one)}"}
        for one in CALLS[name]
    ]
    container: Manifest = {
        "name": name,
        "image": f"ghcr.io/open-telemetry/demo:2.1.3-{name}",
        "imagePullPolicy": "IfNotPresent",
        "env": env,
        "ports": [{"name": "service", "containerPort": port, "protocol": "TCP"}],
        "resources": {"limits": {"memory": "120Mi"}, "requests": {"memory": "120Mi"}},
        "terminationMessagePath": "/dev/termination-log",
        "terminationMessagePolicy": "File",
    }
    if probes:
        timings = {"periodSeconds": 10, "timeoutSeconds": 1, "failureThreshold": 3, "successThreshold": 1}
        container["readinessProbe"] = {"tcpSocket": {"port": port}, **timings}
    spec = {
        "containers": [container],
        "serviceAccount": "bazaar",
        "serviceAccountName": "bazaar",
        "restartPolicy": "Always",
        "dnsPolicy": "ClusterFirst",
        "schedulerName": "default-scheduler",
        "securityContext": {},
        "terminationGracePeriodSeconds": 30,
    }
    labels = {NAME: name, "app.kubernetes.io/component": name, "app.kubernetes.io/part-of": "bazaar"}
    return {"metadata": {"labels": labels}, "spec": spec}


def workload_of(kind: str, name: str, template: Manifest) -> Manifest:
    """The Deployment or StatefulSet around a template."""
    if kind == "StatefulSet":
        mount = {"name": "data", "mountPath": "/var/lib/data"}
        template["spec"]["containers"][0]["volumeMounts"] = [mount]
    labels = {**template["metadata"]["labels"], "app.kubernetes.io/managed-by": "Helm"}
    spec: Manifest = {
        "replicas": 1,
        "selector": {"matchLabels": {NAME: name}},
        "template": template,
        "revisionHistoryLimit": 10,
    }
    if kind == "Deployment":
        rolling = {"maxSurge": "25%", "maxUnavailable": "25%"}
        spec["strategy"] = {"type": "RollingUpdate", "rollingUpdate": rolling}
        spec["progressDeadlineSeconds"] = 600
    else:
        spec["serviceName"] = name
        spec["volumeClaimTemplates"] = [{"metadata": {"name": "data"}, "spec": {}}]
    conditions = [
        condition("Available", "True", 9 * 1440, "MinimumReplicasAvailable"),
        condition("Progressing", "True", 9 * 1440, "NewReplicaSetAvailable"),
    ]
    status = {
        "replicas": 1,
        "readyReplicas": 1,
        "availableReplicas": 1,
        "updatedReplicas": 1,
        "observedGeneration": 1,
        "conditions": conditions if kind == "Deployment" else [],
    }
    return {"kind": kind, "metadata": named(name, labels=labels), "spec": spec, "status": status}


def replica_set_of(deployment: Manifest, mark: str, revision: int, age: timedelta) -> Manifest:
    """A ReplicaSet of a Deployment, as old as its template."""
    name = deployment["metadata"]["name"]
    template = copy.deepcopy(deployment["spec"]["template"])
    template["metadata"]["labels"]["pod-template-hash"] = mark
    meta = named(
        f"{name}-{mark}",
        labels=dict(template["metadata"]["labels"]),
        annotations={"deployment.kubernetes.io/revision": str(revision)},
        ownerReferences=[{"kind": "Deployment", "name": name, "controller": True}],
    )
    meta["creationTimestamp"] = _at(age)
    ready = 1 if age == DAYS else 0
    status = {"replicas": 1, "readyReplicas": ready} if ready else {"replicas": 1}
    return {
        "kind": "ReplicaSet",
        "metadata": meta,
        "spec": {"replicas": 1, "template": template},
        "status": status,
    }


def revision_of(workload: Manifest, revision: int, age: timedelta) -> Manifest:
    """What a StatefulSet keeps of one of its templates."""
    name = workload["metadata"]["name"]
    meta = named(
        f"{name}-{revision}f6d9b7c5",
        ownerReferences=[{"kind": workload["kind"], "name": name, "controller": True}],
    )
    meta["creationTimestamp"] = _at(age)
    template = {"$patch": "replace", **copy.deepcopy(workload["spec"]["template"])}
    return {"metadata": meta, "revision": revision, "data": {"spec": {"template": template}}}


def pod_of(workload: Manifest, mark: str, tail: str, age: timedelta) -> Manifest:
    """A pod of a workload, running and ready."""
    name, template = workload["metadata"]["name"], workload["spec"]["template"]
    labels = dict(template["metadata"]["labels"])
    kind, holder = workload["kind"], name
    if mark:
        labels["pod-template-hash"], kind, holder = mark, "ReplicaSet", f"{name}-{mark}"
    meta = named(
        f"{holder}-{tail}",
        labels=labels,
        ownerReferences=[{"kind": kind, "name": holder, "controller": True}],
    )
    meta["creationTimestamp"] = _at(age)
    spec = copy.deepcopy(template["spec"])
    spec["nodeName"] = "worker-a" if sum(map(ord, name)) % 2 else "worker-b"
    if not mark:
        claim = {"claimName": f"data-{holder}-{tail}"}
        spec["volumes"] = [{"name": "data", "persistentVolumeClaim": claim}]
    statuses = [
        {
            "name": one["name"],
            "image": one["image"],
            "imageID": "sha256:1",
            "ready": True,
            "started": True,
            "restartCount": 0,
            "state": {"running": {"startedAt": _at(age)}},
            "lastState": {},
        }
        for one in spec["containers"]
    ]
    minutes = age.total_seconds() / 60
    kinds = ("PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled")
    status = {
        "phase": "Running",
        "podIP": f"10.1.0.{sum(map(ord, name)) % 250}",
        "startTime": _at(age),
        "conditions": [condition(one, "True", minutes) for one in kinds],
        "containerStatuses": statuses,
    }
    return {"kind": "Pod", "metadata": meta, "spec": spec, "status": status}


def service_of(name: str) -> Manifest:
    """The Service of a component, with a numeric target port."""
    port = {"name": "tcp-service", "port": port_of(name), "protocol": "TCP", "targetPort": port_of(name)}
    spec = {
        "type": "ClusterIP",
        "clusterIP": f"10.96.4.{len(name)}",
        "internalTrafficPolicy": "Cluster",
        "selector": {NAME: name},
        "ports": [port],
    }
    return {"metadata": named(name, labels={NAME: name}), "spec": spec}


def claim_of(name: str) -> Manifest:
    """A bound volume claim."""
    spec = {"accessModes": ["ReadWriteOnce"], "storageClassName": "standard", "volumeName": f"pvc-{name}"}
    return {"metadata": named(name), "spec": spec, "status": {"phase": "Bound"}}


def node_of(name: str) -> Manifest:
    """A ready node; the control plane has its taint."""
    taint = {"key": "node-role.kubernetes.io/control-plane", "effect": "NoSchedule"}
    labels = {"kubernetes.io/hostname": name, "kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64"}
    return {
        "metadata": {"name": name, **born(labels=labels)},
        "spec": {"taints": [taint]} if name == "control-plane" else {},
        "status": {
            "allocatable": {"cpu": "4", "memory": "8139412Ki", "pods": "110"},
            "conditions": [condition("Ready", "True", 9 * 1440, "KubeletReady")],
        },
    }


def _at(age: timedelta) -> str:
    return (NOON - age).strftime("%Y-%m-%dT%H:%M:%SZ")


KINDS = (
    *("Pod", "ReplicaSet", "Deployment", "StatefulSet", "DaemonSet", "ControllerRevision", "Job", "CronJob"),
    *("Service", "EndpointSlice", "Ingress", "ConfigMap", "Secret", "ServiceAccount", "Role", "RoleBinding"),
    *("NetworkPolicy", "PersistentVolumeClaim", "ResourceQuota", "LimitRange", "PodDisruptionBudget"),
    *("HorizontalPodAutoscaler", "Event", "Node", "Namespace", "PersistentVolume", "StorageClass"),
    *("PriorityClass", "ValidatingWebhookConfiguration", "MutatingWebhookConfiguration", "Lease"),
)
