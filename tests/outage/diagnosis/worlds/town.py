"""A town of strangers' applications, to be broken: they share no name, image or port with the shop or the bazaar.

Three nodes, the cluster DNS and whatever a story raises, twenty days old; its programs log in their own words.
"""

import copy
from datetime import timedelta
from typing import Any

from outage.platforms.platform import Platform
from outage.snapshots.baseline import Baseline, normalised
from outage.snapshots.snapshot import LogTail, Snapshot
from tests.outage.diagnosis.worlds.shop_objects import (
    COREFILE,
    KINDS,
    NOON,
    Manifest,
    ago,
    condition,
    is_ready,
)

HOME = "harbour"
OLD = 20 * 1440.0
"""Minutes: the age of everything that a story does not change."""
NODES = ("ip-10-0-1-11", "ip-10-0-2-12", "ip-10-0-3-13")
NAME = "app.kubernetes.io/name"
SERVED = "kubernetes.io/service-name"
MARKS = {1: "6c9d7f5b4d", 2: "84b7c6d9f8"}


class Town:
    """The objects of one cluster, by kind."""

    def __init__(self) -> None:
        """Raise the nodes and the DNS."""
        self.objects: dict[str, list[Manifest]] = {kind: [] for kind in KINDS}
        self.extra: dict[str, Any] = {"logs": ()}
        for node in NODES:
            state = [
                condition(kind, status, OLD)
                for kind, status in (("Ready", "True"), ("DiskPressure", "False"))
            ]
            room = {"cpu": "3920m", "memory": "15Gi", "pods": "110"}
            self.put("Node", node, space=None, spec={}, status={"allocatable": room, "conditions": state})
        for space in (HOME, "kube-system"):
            self.put("Namespace", space, space=None)
        self.app("coredns", "coredns:v1.11.3", port=53, space="kube-system", labels={"k8s-app": "kube-dns"})
        self.get("Service", "coredns", "kube-system")["metadata"]["name"] = "kube-dns"
        self.get("EndpointSlice", "coredns-d9k4x", "kube-system")["metadata"]["labels"] = {SERVED: "kube-dns"}
        self.put("ConfigMap", "coredns", space="kube-system", data={"Corefile": COREFILE})

    def put(
        self, kind: str, name: str, space: str | None = HOME, minutes: float = OLD, **body: Any
    ) -> Manifest:
        """Add an object of this age."""
        at = ago(minutes=minutes)
        meta = {"name": name, "creationTimestamp": at, "uid": f"{kind}-{space}-{name}", "generation": 1}
        meta["managedFields"] = [{"manager": "helm", "operation": "Update", "time": at}]
        meta |= {"namespace": space} if space else {}
        meta |= {key: body.pop(key) for key in ("labels", "annotations", "ownerReferences") if key in body}
        one = {"kind": kind, "metadata": meta, **body}
        self.objects.setdefault(kind, []).append(one)
        return one

    def get(self, kind: str, name: str, space: str | None = HOME) -> Manifest:
        """The object, to be changed in place."""
        same = (one for one in self.objects[kind] if one["metadata"].get("namespace") == space)
        return next(one for one in same if one["metadata"]["name"] == name)

    def drop(self, kind: str, name: str, space: str | None = HOME) -> None:
        """Take an object away."""
        self.objects[kind].remove(self.get(kind, name, space))

    def touch(self, kind: str, name: str, minutes: float) -> Manifest:
        """The object, changed by hand so many minutes ago."""
        one = self.get(kind, name)
        entry = {"manager": "kubectl-edit", "operation": "Update", "time": ago(minutes=minutes)}
        one["metadata"]["managedFields"].append(entry)
        one["metadata"]["generation"] += 1
        return one

    def app(
        self,
        name: str,
        image: str,
        kind: str = "Deployment",
        replicas: int = 1,
        port: int = 8080,
        env: dict[str, Any] | None = None,
        space: str = HOME,
        labels: dict[str, str] | None = None,
        container: Manifest | None = None,
        pod: Manifest | None = None,
    ) -> None:
        """A healthy application with its Service; a value of its environment may be a reference to a Secret's key."""
        marks = labels or {NAME: name}
        entries = [
            {
                "name": key,
                **({"value": value} if isinstance(value, str) else {"valueFrom": {"secretKeyRef": value}}),
            }
            for key, value in (env or {}).items()
        ]
        main = {
            "name": name,
            "image": image,
            "env": entries,
            "ports": [{"name": "main", "containerPort": port, "protocol": "TCP"}],
            "resources": {"requests": {"cpu": "100m"}, "limits": {"memory": "512Mi"}},
            **(container or {}),
        }
        spec = {"containers": [main], "restartPolicy": "Always", "dnsPolicy": "ClusterFirst", **(pod or {})}
        template = {"metadata": {"labels": dict(marks)}, "spec": spec}
        whole = {"replicas": replicas, "selector": {"matchLabels": dict(marks)}, "template": template}
        self.put(kind, name, space=space, labels=dict(marks), spec=whole)
        ports = [{"name": "main", "port": port, "protocol": "TCP", "targetPort": port}]
        front = {"type": "ClusterIP", "clusterIP": "10.96.7.7", "selector": dict(marks), "ports": ports}
        self.put("Service", name, space=space, spec=front)
        self._revise(self.get(kind, name, space), 1, OLD)
        self.count(name, OLD, space)

    def owner(self, name: str, space: str = HOME) -> Manifest:
        """The workload of this name."""
        kinds = [
            kind
            for kind in ("Deployment", "StatefulSet")
            for one in self.objects[kind]
            if _is(one, name, space)
        ]
        return self.get(kinds[0], name, space)

    def container(self, name: str) -> Manifest:
        """The first container of its template."""
        found: Manifest = self.owner(name)["spec"]["template"]["spec"]["containers"][0]
        return found

    def pods(self, name: str, space: str = HOME) -> list[Manifest]:
        """Its pods."""
        home = [one for one in self.objects["Pod"] if one["metadata"]["namespace"] == space]
        return [one for one in home if one["spec"]["containers"][0]["name"] == name]

    def _revise(self, workload: Manifest, number: int, minutes: float) -> None:
        """Write the revision of its template down and make its pods."""
        kind, meta = workload["kind"], workload["metadata"]
        name, space = meta["name"], meta["namespace"]
        template = copy.deepcopy(workload["spec"]["template"])
        mark = f"{name}-{MARKS[number]}"
        owned = [{"kind": kind, "name": name, "controller": True}]
        if kind == "Deployment":
            template["metadata"]["labels"]["pod-template-hash"] = MARKS[number]
            notes = {"deployment.kubernetes.io/revision": str(number)}
            spec = {"replicas": workload["spec"]["replicas"], "template": template}
            more = {"labels": template["metadata"]["labels"], "annotations": notes, "ownerReferences": owned}
            self.put("ReplicaSet", mark, space, minutes, spec=spec, status={}, **more)
            owned = [{"kind": "ReplicaSet", "name": mark, "controller": True}]
        else:
            data = {"spec": {"template": template}}
            self.put(
                "ControllerRevision", mark, space, minutes, revision=number, data=data, ownerReferences=owned
            )
        for at in range(workload["spec"]["replicas"]):
            spec = {**copy.deepcopy(template["spec"]), "nodeName": NODES[at % 3]}
            status = _running(spec, minutes)
            marks = dict(template["metadata"]["labels"])
            one = f"{name}-{at}" if kind == "StatefulSet" else f"{mark}-{('x7k2p', 'v9m4z', 'q3w8r')[at]}"
            self.put(
                "Pod", one, space, minutes, labels=marks, spec=spec, status=status, ownerReferences=owned
            )

    def count(self, name: str, minutes: float, space: str = HOME) -> None:
        """Let workload and endpoints say how many of its pods are ready."""
        workload, pods = self.owner(name, space), self.pods(name, space)
        ready = [one for one in pods if is_ready(one)]
        well = len(ready) >= workload["spec"]["replicas"]
        available = condition("Available", "True" if well else "False", OLD if well else minutes)
        workload["status"] = {
            "replicas": len(pods),
            "readyReplicas": len(ready),
            "availableReplicas": len(ready),
            "conditions": [available],
        }
        labels, front = {SERVED: name}, f"{name}-d9k4x"
        self.objects["EndpointSlice"] = [
            one for one in self.objects["EndpointSlice"] if not _is(one, front, space)
        ]
        ends = [{"addresses": ["10.244.1.9"], "conditions": {"ready": True}} for _ in ready]
        self.put("EndpointSlice", front, space, labels=labels, endpoints=ends)

    def roll(self, name: str, minutes: float = 8) -> list[Manifest]:
        """Make new pods from the changed template."""
        workload = self.owner(name)
        self.touch(workload["kind"], name, minutes)
        self.objects["Pod"] = [one for one in self.objects["Pod"] if one not in self.pods(name)]
        for one in self.objects["ReplicaSet"]:
            if one["metadata"]["name"] == f"{name}-{MARKS[1]}":
                one["spec"]["replicas"] = 0
        self._revise(workload, 2, minutes)
        self.count(name, minutes)
        return self.pods(name)

    def wait(
        self, name: str, reason: str, text: str, last: Manifest | None = None, minutes: float = 7
    ) -> None:
        """Its pods are not ready: their container waits for this reason, after it ended so."""
        for pod in self.pods(name):
            pod["status"]["conditions"] = [condition("Ready", "False", minutes, "ContainersNotReady")]
            state = {"waiting": {"reason": reason, "message": text}}
            ended = {"terminated": {"finishedAt": ago(seconds=40), **last}} if last else {}
            status = pod["status"]["containerStatuses"][0]
            status.update(ready=False, restartCount=5 if last else 0, state=state, lastState=ended)
        self.count(name, minutes)

    def crash(self, name: str, code: int = 1) -> None:
        """Its pods end and are started again and again."""
        last = {"exitCode": code, "reason": "Error"}
        self.wait(name, "CrashLoopBackOff", "back-off 2m40s restarting failed container", last)

    def event(self, about: Manifest, reason: str, text: str, minutes: float = 8) -> None:
        """Let the cluster warn about an object."""
        meta = about["metadata"]
        object_of = {"kind": about["kind"], "name": meta["name"], "namespace": meta.get("namespace", "")}
        times = {"firstTimestamp": ago(minutes=minutes), "lastTimestamp": ago(seconds=20), "count": 9}
        said = {"involvedObject": object_of, "reason": reason, "message": text, "type": "Warning", **times}
        self.put("Event", f"{meta['name']}.{len(self.objects['Event'])}", minutes=minutes, **said)

    def log(self, name: str, text: str, minutes: float = 6, every: float = 15, ended: bool = False) -> None:
        """Its pods print these lines again and again until now; once when they are of a life that ended."""
        space = "kube-system" if name == "coredns" else HOME
        lines, start = text.strip("\n").split("\n"), NOON - timedelta(minutes=minutes)
        rounds = 1 if ended or not every else int(minutes * 60 // every)
        for pod in self.pods(name, space):
            printed = [
                f"{(start + timedelta(seconds=(at + 0.7) * every, milliseconds=number)).isoformat()} {line}"
                for at in range(rounds)
                for number, line in enumerate(lines)
            ]
            place = {"namespace": space, "pod": pod["metadata"]["name"], "container": name}
            tail = LogTail(**place, previous=ended, text="\n".join(printed).replace("+00:00", "Z"))
            self.extra["logs"] = (*self.extra["logs"], tail)

    def baseline(self) -> Baseline:
        """Record the present state as known good."""
        kept = {kind: some for kind, some in self.objects.items() if kind not in ("Pod", "Event")}
        objects = {kind: tuple(normalised(copy.deepcopy(one)) for one in some) for kind, some in kept.items()}
        return Baseline(recorded_at=NOON - timedelta(hours=20), objects=objects)

    def snapshot(self) -> Snapshot:
        """The picture."""
        objects = {kind: tuple(copy.deepcopy(some)) for kind, some in self.objects.items()}
        return Snapshot(taken_at=NOON, namespaces=(HOME,), objects=objects, **self.extra)

    @staticmethod
    def platform() -> Platform:
        """All that is known of it is its namespace."""
        return Platform(name=HOME, namespace=HOME)


def _is(one: Manifest, name: str, space: str) -> bool:
    return bool(one["metadata"]["name"] == name and one["metadata"]["namespace"] == space)


def _running(spec: Manifest, minutes: float) -> Manifest:
    states = [
        {"name": one["name"], "image": one["image"], "ready": True, "restartCount": 0}
        | {"state": {"running": {"startedAt": ago(minutes=minutes)}}}
        for one in spec["containers"]
    ]
    conditions = [condition(kind, "True", minutes) for kind in ("PodScheduled", "Ready")]
    return {"phase": "Running", "podIP": "10.244.1.9", "conditions": conditions, "containerStatuses": states}
