"""The objects of a namespace that nobody has described."""

from datetime import UTC, datetime
from typing import Any

from outage.snapshots.snapshot import Snapshot
from outage.value import Manifest

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)


def workload(
    name: str, kind: str = "Deployment", replicas: int = 2, image: str = "", **more: Any
) -> Manifest:
    """A workload whose pods carry `run: NAME`."""
    container = {"name": name, "image": image or f"registry/{name}:1", **more}
    return {
        "kind": kind,
        "metadata": {"name": name, "namespace": "shop"},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": {"run": name}},
            "template": {"metadata": {"labels": {"run": name}}, "spec": {"containers": [container]}},
        },
    }


def service(name: str, run: str | None = None, port: int = 80) -> Manifest:
    """A Service in front of the pods that carry `run: RUN`."""
    return {
        "kind": "Service",
        "metadata": {"name": name, "namespace": "shop"},
        "spec": {"selector": {"run": run or name}, "ports": [{"port": port}]},
    }


def env(**values: str) -> list[dict[str, str]]:
    """Environment variables."""
    return [{"name": key, "value": value} for key, value in values.items()]


def picture(*objects: Manifest) -> Snapshot:
    """A snapshot of namespace shop."""
    kinds = {
        "Deployment",
        "StatefulSet",
        "DaemonSet",
        "Service",
        "ConfigMap",
        "NetworkPolicy",
        "Ingress",
        "Secret",
    }
    kinds |= {one["kind"] for one in objects}
    shelves: dict[str, tuple[Manifest, ...]] = {
        kind: tuple(one for one in objects if one["kind"] == kind) for kind in kinds
    }
    return Snapshot(taken_at=NOON, namespaces=("shop",), objects=shelves)


def ingress(name: str, class_name: str, *backends: str, address: str = "") -> Manifest:
    """An Ingress whose paths lead to these Services."""
    paths = [{"path": f"/{one}", "backend": {"service": {"name": one}}} for one in backends]
    balancer = [{"ip": address}] if address else []
    return {
        "kind": "Ingress",
        "metadata": {"name": name, "namespace": "shop"},
        "spec": {
            "ingressClassName": class_name,
            "rules": [{"host": f"{name}.shop.test", "http": {"paths": paths}}],
        },
        "status": {"loadBalancer": {"ingress": balancer}},
    }


def elsewhere(manifest: Manifest, namespace: str, **labels: str) -> Manifest:
    """The object in another namespace, with labels."""
    manifest["metadata"] |= {"namespace": namespace, "labels": labels}
    return manifest


def ingress_class(name: str, controller: str, default: bool = False) -> Manifest:
    """A class of ingresses."""
    marks = {"ingressclass.kubernetes.io/is-default-class": "true"} if default else {}
    return {
        "kind": "IngressClass",
        "metadata": {"name": name, "annotations": marks},
        "spec": {"controller": controller},
    }


def balancer(name: str, namespace: str, address: str) -> Manifest:
    """A Service with an address of its own outside."""
    made = elsewhere(service(name), namespace)
    return made | {"status": {"loadBalancer": {"ingress": [{"ip": address}]}}}
