"""A second platform, unlike the shop: an OpenTelemetry-demo-like app on three nodes, nine days old.

No platform file, numeric target ports, few probes, long label names, a StatefulSet with a claim, a DaemonSet
with host ports, decoys as old as the cluster; objects look as an API server of version 1.34 gives them.
"""

import copy
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from outage.baseline import Baseline, normalise
from outage.platform import Platform
from outage.snapshot import LogTail, Snapshot
from tests.outage.diagnosis.world import NOON, Manifest, ago, condition

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


class Bazaar:
    """The objects by kind, and the pens to change them."""

    def __init__(self, probes: bool = False) -> None:
        """Raise the healthy platform, with or without readiness probes."""
        self.objects: dict[str, list[Manifest]] = {kind: [] for kind in KINDS}
        self.extra: dict[str, Any] = {}
        self.probes = probes
        for name in ("control-plane", "worker-a", "worker-b"):
            self.put("Node", _node(name))
        for name in (HOME, "kube-system"):
            labels = {"kubernetes.io/metadata.name": name}
            self.put("Namespace", {"metadata": {"name": name, **born(labels=labels)}})
        self.put("ServiceAccount", {"metadata": named("bazaar")})
        for name in CALLS:
            self._raise(name)
        self._decoys()

    def _raise(self, name: str) -> None:
        kind = "StatefulSet" if name in SETS else "Deployment"
        workload = self.put(kind, _workload(kind, name, _template(name, self.probes)))
        if kind == "Deployment":
            self.put("ReplicaSet", _replica_set(workload, "5d8f7c9b64", 1, DAYS))
            self.put("Pod", _pod(workload, "5d8f7c9b64", "x2k9p", DAYS))
        else:
            self.put("ControllerRevision", _controller_revision(workload, 1, DAYS))
            self.put("Pod", _pod(workload, "", "0", DAYS))
            self.put("PersistentVolumeClaim", _claim(f"data-{name}-0"))
        if name not in NO_SERVICE:
            self.put("Service", _service(name))
            self.endpoints(name)

    def _decoys(self) -> None:
        """Old things that look guilty and are not."""
        spec: Manifest = {"podSelector": {"matchLabels": {NAME: "grafana"}}, "policyTypes": ["Ingress"]}
        self.put("NetworkPolicy", {"metadata": named("deny-grafana"), "spec": spec})
        self.put("ResourceQuota", {"metadata": named("compute"), "spec": {"hard": {"pods": "60"}}})
        hooks = [
            {
                "name": "mutate.tracer.bazaar.test",
                "failurePolicy": "Ignore",
                "rules": [{"resources": ["pods"], "operations": ["CREATE"], "apiGroups": [""]}],
                "clientConfig": {"service": {"name": "tracer", "namespace": "tracing"}},
            }
        ]
        config = {"metadata": {"name": "tracer", **born()}, "webhooks": hooks}
        self.put("MutatingWebhookConfiguration", config)
        budget = {"minAvailable": 1, "selector": {"matchLabels": {NAME: "cart"}}}
        self.put("PodDisruptionBudget", {"metadata": named("cart"), "spec": budget})

    def put(self, kind: str, manifest: Manifest) -> Manifest:
        """Add an object."""
        manifest.setdefault("kind", kind)
        self.objects.setdefault(kind, []).append(manifest)
        return manifest

    def get(self, kind: str, name: str) -> Manifest:
        """The object, to be changed in place."""
        return next(one for one in self.objects[kind] if one["metadata"]["name"] == name)

    def drop(self, kind: str, name: str) -> Manifest:
        """Take an object away."""
        gone = self.get(kind, name)
        self.objects[kind] = [one for one in self.objects[kind] if one is not gone]
        return gone

    def workload(self, name: str) -> Manifest:
        """The Deployment or StatefulSet."""
        return self.get("StatefulSet" if name in SETS else "Deployment", name)

    def spec(self, name: str) -> Manifest:
        """The pod spec of its live template."""
        found: Manifest = self.workload(name)["spec"]["template"]["spec"]
        return found

    def both(self, name: str) -> Callable[[Callable[[Manifest], None]], None]:
        """Change the pod spec of the live template and of the one of nine days ago alike."""
        mark = f"{name}-5d8f7c9b64"
        templates = [one["spec"]["template"] for one in (self.workload(name), self.get("ReplicaSet", mark))]

        def change(how: Callable[[Manifest], None]) -> None:
            for template in templates:
                how(template["spec"])

        return change

    def silent(self) -> None:
        """Take every address out of the environment, as in programs that find their peers by convention."""
        for name in CALLS:
            if name not in SETS:
                self.both(name)(lambda spec: spec["containers"][0].update(env=[]))
            self.container(name)["env"] = []

    def container(self, name: str) -> Manifest:
        """The first container of its live template."""
        found: Manifest = self.spec(name)["containers"][0]
        return found

    def pods(self, name: str) -> list[Manifest]:
        """Its pods."""
        return [one for one in self.objects["Pod"] if one["metadata"]["labels"].get(NAME) == name]

    def touch(self, kind: str, name: str, minutes: float = 4, manager: str = "kubectl-patch") -> Manifest:
        """Write down that somebody changed the object a while ago."""
        manifest = self.get(kind, name)
        entry = {"manager": manager, "operation": "Update", "time": ago(minutes=minutes)}
        manifest["metadata"]["managedFields"].append(entry)
        manifest["metadata"]["generation"] = 2
        return manifest

    def fresh(self, kind: str, manifest: Manifest, minutes: float = 4) -> Manifest:
        """Add an object that is only some minutes old."""
        at = ago(minutes=minutes)
        fields = [{"manager": "kubectl-client-side-apply", "operation": "Update", "time": at}]
        manifest["metadata"].update(creationTimestamp=at, managedFields=fields)
        return self.put(kind, manifest)

    def empty(self, name: str) -> None:
        """Take away its pods."""
        gone = self.pods(name)
        self.objects["Pod"] = [one for one in self.objects["Pod"] if one not in gone]

    def endpoints(self, name: str, ready: int | None = None) -> None:
        """Write its EndpointSlice from its pods, or with this many ready addresses."""
        slices = self.objects["EndpointSlice"]
        self.objects["EndpointSlice"] = [s for s in slices if s["metadata"]["name"] != f"{name}-b7x"]
        count = sum(_is_ready(one) for one in self.pods(name)) if ready is None else ready
        labels = {"kubernetes.io/service-name": name}
        addresses = [{"addresses": [f"10.1.0.{at}"], "conditions": {"ready": True}} for at in range(count)]
        manifest = {"metadata": named(f"{name}-b7x", labels=labels), "endpoints": addresses}
        self.put("EndpointSlice", manifest)

    def patched(self, name: str, minutes: float = 4, surge: bool = False, **state: Any) -> list[Manifest]:
        """Roll the changed live template out; with `surge` the old pod stays, as a rolling update keeps it."""
        workload = self.touch(self.workload(name)["kind"], name, minutes)
        old = self.pods(name)
        made = self._new_pods(workload, minutes, state)
        if surge:
            self.objects["Pod"] += old
        else:
            self._scale_old(name)
        self.status(name, len(old) if surge else 0, minutes)
        return made

    def recreated(self, name: str, minutes: float = 4, **state: Any) -> list[Manifest]:
        """Delete the workload and apply the changed one: no history, and the fault is the last applied."""
        workload = self.workload(name)
        at = ago(minutes=minutes)
        fields = [{"manager": "kubectl-client-side-apply", "operation": "Update", "time": at}]
        meta = workload["metadata"]
        meta.update(creationTimestamp=at, managedFields=fields, uid=f"uid-{name}-again", generation=1)
        applied = {"metadata": {"name": name, "namespace": HOME}, "spec": workload["spec"]}
        meta["annotations"] = {"kubectl.kubernetes.io/last-applied-configuration": json.dumps(applied)}
        for kind in ("ReplicaSet", "ControllerRevision"):
            kept = [one for one in self.objects[kind] if not one["metadata"]["name"].startswith(name + "-")]
            self.objects[kind] = kept
        made = self._new_pods(workload, minutes, state, revision=1)
        self.status(name, 0, minutes)
        return made

    def _new_pods(
        self, workload: Manifest, minutes: float, state: Manifest, revision: int = 2
    ) -> list[Manifest]:
        age, name = timedelta(minutes=minutes), workload["metadata"]["name"]
        self.empty(name)
        if workload["kind"] == "Deployment":
            self.put("ReplicaSet", _replica_set(workload, "7c6d5f4b88", revision, age))
            made = [_pod(workload, "7c6d5f4b88", "q8w4z", age)]
        else:
            self.put("ControllerRevision", _controller_revision(workload, revision, age))
            made = [_pod(workload, "", "0", age)]
        for one in made:
            sick(one, minutes, **state)
            self.put("Pod", one)
        return made

    def _scale_old(self, name: str) -> None:
        for one in self.objects["ReplicaSet"]:
            if one["metadata"]["name"] == f"{name}-5d8f7c9b64":
                one["spec"]["replicas"], one["status"] = 0, {"replicas": 0}

    def fails(self, name: str, minutes: float = 4, **state: Any) -> list[Manifest]:
        """Put its present pods in this state."""
        for one in self.pods(name):
            sick(one, minutes, **state)
        self.status(name, 0, minutes)
        return self.pods(name)

    def status(self, name: str, ready: int, minutes: float = 4) -> None:
        """Let the workload say how many of its pods are ready."""
        workload = self.workload(name)
        wanted = workload["spec"]["replicas"]
        state = {"replicas": len(self.pods(name)), "readyReplicas": ready, "availableReplicas": ready}
        workload["status"] = {**state, "observedGeneration": workload["metadata"]["generation"]}
        if workload["kind"] == "Deployment":
            well = ready >= wanted
            available = condition(
                "Available", "True" if well else "False", 9 * 1440 if well else minutes, "Minimum"
            )
            workload["status"]["conditions"] = [
                available,
                condition("Progressing", "True", minutes, "ReplicaSetUpdated"),
            ]
        if name not in NO_SERVICE:
            self.endpoints(name)

    def event(
        self,
        about: Manifest,
        reason: str,
        text: str,
        minutes: float = 3,
        type: str = "Warning",
        times: int = 6,
    ) -> None:
        """Let the cluster say something about an object."""
        meta = about["metadata"]
        where = {"kind": about["kind"], "name": meta["name"], "namespace": meta.get("namespace", "")}
        said = {
            "metadata": named(f"{meta['name']}.18f{len(self.objects['Event'])}"),
            "involvedObject": where,
            "reason": reason,
            "message": text,
            "type": type,
            "firstTimestamp": ago(minutes=minutes),
            "lastTimestamp": ago(seconds=20),
            "count": times,
        }
        self.put("Event", said)

    def log(self, name: str, *lines: str, previous: bool = False) -> None:
        """Let its first pod log something."""
        text = "\n".join(f"{ago(seconds=40)} {line}" for line in lines)
        one = LogTail(
            namespace=HOME,
            pod=self.pods(name)[0]["metadata"]["name"],
            container=name,
            previous=previous,
            text=text,
        )
        self.extra["logs"] = (*self.extra.get("logs", ()), one)

    def baseline(self) -> Baseline:
        """Record the present state as known good."""
        kept = {kind: some for kind, some in self.objects.items() if kind not in ("Pod", "Event")}
        objects = {kind: tuple(normalise(copy.deepcopy(one)) for one in some) for kind, some in kept.items()}
        return Baseline(recorded_at=NOON - timedelta(hours=1), objects=objects)

    def snapshot(self, **more: Any) -> Snapshot:
        """The picture."""
        objects = {kind: tuple(copy.deepcopy(some)) for kind, some in self.objects.items()}
        return Snapshot(taken_at=NOON, namespaces=(HOME,), objects=objects, **{**self.extra, **more})


def stranger() -> Platform:
    """All that is known of the platform is its namespace."""
    return Platform(name=HOME, namespace=HOME)


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


def _is_ready(pod: Manifest) -> bool:
    return any(c["type"] == "Ready" and c["status"] == "True" for c in pod["status"]["conditions"])


def _template(name: str, probes: bool) -> Manifest:
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


def _workload(kind: str, name: str, template: Manifest) -> Manifest:
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


def _replica_set(deployment: Manifest, mark: str, revision: int, age: timedelta) -> Manifest:
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


def _controller_revision(workload: Manifest, revision: int, age: timedelta) -> Manifest:
    name = workload["metadata"]["name"]
    meta = named(
        f"{name}-{revision}f6d9b7c5",
        ownerReferences=[{"kind": workload["kind"], "name": name, "controller": True}],
    )
    meta["creationTimestamp"] = _at(age)
    template = {"$patch": "replace", **copy.deepcopy(workload["spec"]["template"])}
    return {"metadata": meta, "revision": revision, "data": {"spec": {"template": template}}}


def _pod(workload: Manifest, mark: str, tail: str, age: timedelta) -> Manifest:
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


def _service(name: str) -> Manifest:
    port = {"name": "tcp-service", "port": port_of(name), "protocol": "TCP", "targetPort": port_of(name)}
    spec = {
        "type": "ClusterIP",
        "clusterIP": f"10.96.4.{len(name)}",
        "internalTrafficPolicy": "Cluster",
        "selector": {NAME: name},
        "ports": [port],
    }
    return {"metadata": named(name, labels={NAME: name}), "spec": spec}


def _claim(name: str) -> Manifest:
    spec = {"accessModes": ["ReadWriteOnce"], "storageClassName": "standard", "volumeName": f"pvc-{name}"}
    return {"metadata": named(name), "spec": spec, "status": {"phase": "Bound"}}


def _node(name: str) -> Manifest:
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
