"""Layouts of one call: a caller, a Service, its pods and what stands between; healthy until a test breaks one."""

import copy
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from outage.diagnosis.edges.call_edge import CallEdge
from outage.kubernetes.objects import ObjectRef
from outage.platforms.platform import Platform
from outage.snapshots.case import Case
from outage.snapshots.case_index import CaseIndex
from outage.snapshots.snapshot import ListeningSocket, LogTail, Snapshot

Manifest = dict[str, Any]
NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
SHOP, DNS_HOME = "shop", "kube-system"


def labelled_pod(
    name: str, labels: dict[str, str], *, ready: bool = True, home: str = SHOP, **spec: Any
) -> Manifest:
    """A pod of the Deployment that its name begins with, with one container at port 8080, named `http`."""
    ports = spec.pop("ports", [{"name": "http", "containerPort": 8080, "protocol": "TCP"}])
    container = {"name": "app", "image": "app:1", "ports": ports, "env": spec.pop("env", [])}
    owner = [{"kind": "ReplicaSet", "name": f"{name.rpartition('-')[0]}-1", "controller": True}]
    marked = {**labels, "pod-template-hash": "1"}
    condition = {"type": "Ready", "status": "True" if ready else "False"}
    return {
        "kind": "Pod",
        "metadata": {"name": name, "namespace": home, "labels": marked, "ownerReferences": owner},
        "spec": {"containers": [container], "nodeName": "node-1", **spec},
        "status": {"phase": "Running", "podIP": "10.1.0.5", "conditions": [condition]},
    }


def deployment_of_pod(pod: Manifest) -> Manifest:
    """The Deployment whose template the pod was made from."""
    meta, spec = pod["metadata"], copy.deepcopy(pod["spec"])
    spec.pop("nodeName", None)
    labels = {key: value for key, value in meta["labels"].items() if key != "pod-template-hash"}
    name = meta["name"].rpartition("-")[0]
    template = {"metadata": {"labels": labels}, "spec": spec}
    return {
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": meta["namespace"], "labels": labels},
        "spec": {"replicas": 1, "selector": {"matchLabels": labels}, "template": template},
    }


def plain_service(name: str, selector: dict[str, str], home: str = SHOP, **port: Any) -> Manifest:
    """A ClusterIP Service at port 80 that leads to the pods' `http`."""
    ports = [{"name": "http", "port": 80, "targetPort": "http", "protocol": "TCP", **port}]
    return {
        "kind": "Service",
        "metadata": {"name": name, "namespace": home},
        "spec": {"type": "ClusterIP", "clusterIP": "10.96.0.9", "selector": selector, "ports": ports},
    }


def network_policy(name: str, selects: dict[str, str], home: str = SHOP, **spec: Any) -> Manifest:
    """A policy; which directions it rules follows from its rules where it does not say."""
    return {
        "kind": "NetworkPolicy",
        "metadata": {"name": name, "namespace": home},
        "spec": {"podSelector": {"matchLabels": selects} if selects else {}, **spec},
    }


@dataclass
class Layout:
    """A cluster in which `web` calls the Service `api` at port 80."""

    objects: dict[str, list[Manifest]] = field(default_factory=dict)
    logs: list[LogTail] = field(default_factory=list)
    sockets: list[ListeningSocket] = field(default_factory=list)
    edge: CallEdge = field(
        default_factory=lambda: CallEdge(
            caller=ObjectRef(kind="Deployment", name="web", namespace=SHOP),
            service=ObjectRef(kind="Service", name="api", namespace=SHOP),
            port=80,
            protocol="TCP",
        )
    )

    def __post_init__(self) -> None:
        """Raise the healthy cluster."""
        dns = [{"name": "dns", "containerPort": 53, "protocol": "UDP"}]
        web, api = labelled_pod("web-1", {"app": "web"}), labelled_pod("api-1", {"app": "api"})
        names = labelled_pod("coredns-1", {"k8s-app": "kube-dns"}, home=DNS_HOME, ports=dns)
        names_served = plain_service("kube-dns", {"k8s-app": "kube-dns"}, DNS_HOME)
        names_served["spec"]["ports"] = [{"name": "dns", "port": 53, "targetPort": 53, "protocol": "UDP"}]
        self.objects = {
            "Pod": [web, api, names],
            "Deployment": [deployment_of_pod(one) for one in (web, api, names)],
            "ReplicaSet": [],
            "Service": [plain_service("api", {"app": "api"}), names_served],
            "NetworkPolicy": [],
            "Namespace": [{"metadata": {"name": one, "labels": {}}} for one in (SHOP, DNS_HOME, "other")],
            "Ingress": [],
            "IngressClass": [{"metadata": {"name": "nginx"}, "spec": {"controller": "k8s.io/ingress-nginx"}}],
        }

    def get(self, kind: str, name: str) -> Manifest:
        """An object, to be changed in place."""
        return next(one for one in self.objects[kind] if one["metadata"]["name"] == name)

    def drop(self, kind: str, name: str) -> None:
        """Take an object away."""
        self.objects[kind] = [one for one in self.objects[kind] if one["metadata"]["name"] != name]

    def in_spec(self, workload: str, **fields: Any) -> None:
        """Change what a workload's template and its pod ask for."""
        self.get("Pod", f"{workload}-1")["spec"].update(fields)
        self.get("Deployment", workload)["spec"]["template"]["spec"].update(fields)

    def index(self) -> CaseIndex:
        """The case, looked up."""
        snapshot = Snapshot(
            taken_at=NOON,
            namespaces=(SHOP, "other"),
            objects={kind: tuple(some) for kind, some in self.objects.items()},
            logs=tuple(self.logs),
            sockets=tuple(self.sockets),
        )
        return Case(snapshot=snapshot, platform=Platform(name="shop", namespace=SHOP)).index
