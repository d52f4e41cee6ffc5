"""A small healthy platform, and the pens to break it with; its objects are in `shop`.

Four services, PostgreSQL, Redis and an ingress on two nodes, born two hours before NOON; a test takes it,
breaks one thing and asks for the diagnosis.
"""

import copy
import json
from datetime import timedelta
from typing import Any

from outage.incidents.alert import Alert
from outage.platforms.platform import Database, Platform, Service
from outage.snapshots.baseline import Baseline, normalised
from outage.snapshots.snapshot import Snapshot
from tests.outage.diagnosis.worlds.shop_objects import (
    CALLS,
    COREFILE,
    KINDS,
    NOON,
    PORTS,
    SHOP,
    Manifest,
    ago,
    condition,
    deployment_of,
    ingress,
    is_ready,
    meta,
    node,
    pod,
    pod_template,
    replica_set,
    service,
    unready,
)


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
        objects = {
            kind: tuple(normalised(copy.deepcopy(one)) for one in some) for kind, some in kinds.items()
        }
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


def alert(name: str, service: str = "", minutes: float = 1) -> Alert:
    """A firing alert."""
    labels = {"alertname": name, "namespace": SHOP, "service": service}
    return Alert(name=name, labels=labels, starts_at=NOON - timedelta(minutes=minutes))


def last_applied(manifest: Manifest) -> None:
    """Write down the object as it is now as last applied."""
    applied = {"metadata": {"name": manifest["metadata"]["name"]}, "spec": manifest["spec"]}
    notes = manifest["metadata"].setdefault("annotations", {})
    notes["kubectl.kubernetes.io/last-applied-configuration"] = json.dumps(applied)
