"""A second platform, unlike the shop: an OpenTelemetry-demo-like app on three nodes, and the pens to break it.

No platform file, numeric target ports, few probes, long label names, a StatefulSet with a claim, a DaemonSet
with host ports, decoys as old as the cluster; objects look as an API server of version 1.34 gives them.
"""

import copy
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from outage.platforms.platform import Platform
from outage.snapshots.baseline import Baseline, normalised
from outage.snapshots.snapshot import LogTail, Snapshot
from tests.outage.diagnosis.worlds.otel_demo_objects import (
    CALLS,
    DAYS,
    HOME,
    KINDS,
    NAME,
    NO_SERVICE,
    SETS,
    born,
    claim_of,
    is_ready,
    named,
    node_of,
    pod_of,
    replica_set_of,
    revision_of,
    service_of,
    sick,
    template_of,
    workload_of,
)
from tests.outage.diagnosis.worlds.shop_objects import NOON, Manifest, ago, condition


class Bazaar:
    """The objects by kind, and the pens to change them."""

    def __init__(self, probes: bool = False) -> None:
        """Raise the healthy platform, with or without readiness probes."""
        self.objects: dict[str, list[Manifest]] = {kind: [] for kind in KINDS}
        self.extra: dict[str, Any] = {}
        self.probes = probes
        for name in ("control-plane", "worker-a", "worker-b"):
            self.put("Node", node_of(name))
        for name in (HOME, "kube-system"):
            labels = {"kubernetes.io/metadata.name": name}
            self.put("Namespace", {"metadata": {"name": name, **born(labels=labels)}})
        self.put("ServiceAccount", {"metadata": named("bazaar")})
        for name in CALLS:
            self._raise(name)
        self._decoys()

    def _raise(self, name: str) -> None:
        kind = "StatefulSet" if name in SETS else "Deployment"
        workload = self.put(kind, workload_of(kind, name, template_of(name, self.probes)))
        if kind == "Deployment":
            self.put("ReplicaSet", replica_set_of(workload, "5d8f7c9b64", 1, DAYS))
            self.put("Pod", pod_of(workload, "5d8f7c9b64", "x2k9p", DAYS))
        else:
            self.put("ControllerRevision", revision_of(workload, 1, DAYS))
            self.put("Pod", pod_of(workload, "", "0", DAYS))
            self.put("PersistentVolumeClaim", claim_of(f"data-{name}-0"))
        if name not in NO_SERVICE:
            self.put("Service", service_of(name))
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
        count = sum(is_ready(one) for one in self.pods(name)) if ready is None else ready
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
            self.put("ReplicaSet", replica_set_of(workload, "7c6d5f4b88", revision, age))
            made = [pod_of(workload, "7c6d5f4b88", "q8w4z", age)]
        else:
            self.put("ControllerRevision", revision_of(workload, revision, age))
            made = [pod_of(workload, "", "0", age)]
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
        objects = {kind: tuple(normalised(copy.deepcopy(one)) for one in some) for kind, some in kept.items()}
        return Baseline(recorded_at=NOON - timedelta(hours=1), objects=objects)

    def snapshot(self, **more: Any) -> Snapshot:
        """The picture."""
        objects = {kind: tuple(copy.deepcopy(some)) for kind, some in self.objects.items()}
        return Snapshot(taken_at=NOON, namespaces=(HOME,), objects=objects, **{**self.extra, **more})


def stranger() -> Platform:
    """All that is known of the platform is its namespace."""
    return Platform(name=HOME, namespace=HOME)
