"""The objects of a snapshot by name and kind, and who owns whom: Deployment, ReplicaSet, pod.

Promise: nothing here judges. Everything is looked up once and kept.
"""

from collections import defaultdict
from datetime import datetime
from functools import cached_property
from typing import Any

from outage.baseline import Baseline
from outage.objects import ObjectRef, annotations, dig, labels, owner, ref
from outage.platform import Platform
from outage.snapshot import Snapshot
from outage.value import Manifest

WORKLOADS = ("Deployment", "StatefulSet", "DaemonSet")


class Owned:
    """One snapshot, with its objects by name, kind and owner."""

    def __init__(self, snapshot: Snapshot, platform: Platform, baseline: Baseline | None = None) -> None:
        """Index lazily; building costs nothing until something is asked."""
        self.snapshot = snapshot
        self.platform = platform
        self.baseline = baseline
        self.memory: dict[Any, Any] = {}
        """What others worked out about this picture and may be asked again."""

    @property
    def now(self) -> datetime:
        """The snapshot's own moment: every age is measured against it."""
        return self.snapshot.taken_at

    @cached_property
    def namespaces(self) -> frozenset[str]:
        """Where failures concern us: the deep namespaces, the critical ones and the system's."""
        named = {*self.snapshot.namespaces, *self.platform.critical_namespaces, self.platform.namespace}
        return frozenset({*named, "kube-system"} - {""})

    @cached_property
    def home(self) -> frozenset[str]:
        """The platform's own namespaces, without the cluster's machinery."""
        return frozenset({*self.snapshot.namespaces, self.platform.namespace} - {""})

    def all(self, kind: str) -> list[Manifest]:
        """All objects of a kind in the namespaces that concern us; cluster-wide ones too."""
        return [
            one
            for one in self.snapshot.kind(kind)
            if dig(one, "metadata.namespace", "") in self.namespaces or not dig(one, "metadata.namespace")
        ]

    def get(self, about: ObjectRef) -> Manifest | None:
        """The live object, or None."""
        return self._by_ref.get((about.kind, about.namespace, about.name))

    @cached_property
    def _by_ref(self) -> dict[tuple[str, str, str], Manifest]:
        return {
            (kind, dig(one, "metadata.namespace", ""), dig(one, "metadata.name", "?")): one
            for kind, some in self.snapshot.objects.items()
            for one in some
        }

    @cached_property
    def workloads(self) -> list[Manifest]:
        """Deployments, StatefulSets and DaemonSets that concern us."""
        return [{"kind": kind, **one} for kind in WORKLOADS for one in self.all(kind)]

    @cached_property
    def pods(self) -> list[Manifest]:
        """Pods that concern us, without those that have finished their work."""
        return [one for one in self.all("Pod") if dig(one, "status.phase") != "Succeeded"]

    def workload_of(self, pod: Manifest) -> ObjectRef:
        """What a person would call the pod's owner: the Deployment, not its ReplicaSet; else the pod itself."""
        owned_by = owner(pod)
        if owned_by is None:
            return ref(pod, "Pod")
        if owned_by.kind == "ReplicaSet":
            return self._owner_of_replica_set(owned_by, pod)
        return self._above(owned_by, "Job")

    def _owner_of_replica_set(self, owned_by: ObjectRef, pod: Manifest) -> ObjectRef:
        above = self._above(owned_by, "ReplicaSet")
        if above.kind != "ReplicaSet" or self.get(above):
            return above
        stem = owned_by.name.removesuffix("-" + labels(pod).get("pod-template-hash", "?"))
        guess = ObjectRef(kind="Deployment", name=stem, namespace=owned_by.namespace)
        return guess if self.get(guess) else above

    def _above(self, one: ObjectRef, kind: str) -> ObjectRef:
        manifest = self.get(one) if one.kind == kind else None
        return (owner(manifest) or one) if manifest else one

    @cached_property
    def _pods_by_workload(self) -> dict[str, list[Manifest]]:
        found: dict[str, list[Manifest]] = defaultdict(list)
        for pod in self.pods:
            found[str(self.workload_of(pod))].append(pod)
        return found

    def pods_of(self, workload: ObjectRef) -> list[Manifest]:
        """The pods of a workload that are not on their way out."""
        pods = self.pods_with_leaving(workload)
        return [one for one in pods if not dig(one, "metadata.deletionTimestamp")]

    def pods_with_leaving(self, workload: ObjectRef) -> list[Manifest]:
        """All pods of a workload, those on their way out too."""
        return self._pods_by_workload.get(str(workload), [])

    def replica_sets(self, deployment: ObjectRef) -> list[Manifest]:
        """A Deployment's ReplicaSets, newest revision first."""
        return sorted(self._replica_sets.get(str(deployment), []), key=_revision, reverse=True)

    @cached_property
    def _replica_sets(self) -> dict[str, list[Manifest]]:
        found: dict[str, list[Manifest]] = defaultdict(list)
        for one in self.all("ReplicaSet"):
            if (above := owner(one)) is not None:
                found[str(above)].append(one)
        return found


def _revision(replica_set: Manifest) -> tuple[int, str]:
    number = annotations(replica_set).get("deployment.kubernetes.io/revision") or "0"
    return (int(number) if number.isdigit() else 0, dig(replica_set, "metadata.creationTimestamp", ""))
