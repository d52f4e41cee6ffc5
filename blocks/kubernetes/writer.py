"""The one door for mutations: every write of a response to a cluster goes through `Writer`; a drill has its own.

Promises: a write carries the uid and the resourceVersion it relies on, so that a concurrent editor loses nothing;
a dry run goes through the same request as the write, admission included; refusals leave as our errors.
"""

from typing import Any

from blocks.kubernetes import Cluster
from blocks.kubernetes.api_client import ApiClient
from blocks.kubernetes.api_kinds import api_path_of, filled_in, kind_of
from blocks.retry import wait_until
from outage.diagnosis.hypothesis import Action, Change
from outage.errors import ClusterConflict, ClusterMissing, ClusterRejected
from outage.kubernetes.field_managers import WRITER
from outage.kubernetes.objects import ObjectRef
from outage.plans.plan import Precondition
from outage.plans.preconditions import precondition_anew
from outage.value import Manifest

JSON_PATCH = "application/json-patch+json"
GONE_WITHIN_SECONDS = 30.0
"""A finalizer that works takes seconds; one that waits for a person takes for ever."""
DRY_TRIES = 5
LOOK_EVERY_SECONDS = 0.5


class Writer:
    """Writes to one cluster as the writing identity."""

    def __init__(self, cluster: Cluster):
        """Open a door beside a reading client, to the same server and as the same identity."""
        self.cluster = cluster
        self._api = ApiClient(cluster.access, cluster.identity)

    def read(self, ref: ObjectRef) -> Manifest | None:
        """The object as it is now, past every cache, or None when it is not there."""
        return self.cluster.find(ref)

    def dry_run(self, change: Change, precondition: Precondition) -> tuple[Manifest | None, Manifest | None]:
        """What the write would do, by the API server's own word: the object before and after.

        Raises:
            ClusterConflict: The object is not the one of the precondition. Permanent.
            ClusterRejected: The API server or a webhook would refuse it. Permanent.
        """
        for again in range(DRY_TRIES - 1, -1, -1):
            before = self.read(change.target)
            try:
                return before, self._send(change, _fresh(before, precondition), dry=True)
            except ClusterConflict:  # a failing object's status moved it between our look and the try
                if not again or change.action is Action.CREATE:
                    raise
        raise AssertionError("the last try returns or raises")

    def write(self, change: Change, precondition: Precondition) -> Manifest | None:
        """Do it.

        Args:
            change: What to write.
            precondition: The uid and resourceVersion that the write relies on; the server compares them.

        Returns:
            The object after the write, or None when it is gone (or, for a graceful deletion, going).

        Raises:
            ClusterConflict: The object changed since the precondition was taken. Permanent: look again.
            ClusterForbidden: The writing identity may not do that. Permanent.
            ClusterMissing: The object is not there. Permanent.
            ClusterRejected: The API server or an admission webhook said no. Permanent.
            ClusterUnreachable: No answer; whether it was written is not known. Transient.
        """
        return self._send(change, precondition, dry=False)

    def _send(self, change: Change, precondition: Precondition, dry: bool) -> Manifest | None:
        match change.action:
            case Action.CREATE:
                return self._create(change, dry)
            case Action.DELETE:
                self._delete(change, precondition, dry)
                return None
            case Action.CANCEL:
                raise ClusterRejected(f"{change.action} {change.target}: the database's door does that")
            case _:
                return self._patch(change, precondition, dry)

    def _create(self, change: Change, dry: bool) -> Manifest:
        if change.manifest is None:
            raise ClusterRejected(f"create {change.target}: the step holds no manifest")
        kind = kind_of(change.target.kind)
        return self._json(
            change,
            "POST",
            kind.path(change.target.namespace),
            dry,
            body=filled_in(kind, precondition_anew(change.manifest, change.target)),
        )

    def _patch(self, change: Change, precondition: Precondition, dry: bool) -> Manifest | None:
        if not change.patch:
            return self.read(change.target)  # uncordon of what is not cordoned: nothing to write
        # A resourceVersion belongs to one object only, so it names the uid too. `replace`, not `test`: when it moved,
        # the server then answers 409, where a failed test (and any write of a uid) is an unspecific 422.
        version, uid = precondition.resource_version, precondition.uid
        relies: list[dict[str, Any]] = []
        if version:
            relies.append({"op": "replace", "path": "/metadata/resourceVersion", "value": version})
        elif uid:
            relies.append({"op": "test", "path": "/metadata/uid", "value": uid})
        body = [*relies, *(dict(op) for op in change.patch)]
        return self._json(
            change, "PATCH", api_path_of(change.target), dry, body=body, content_type=JSON_PATCH
        )

    def _delete(self, change: Change, precondition: Precondition, dry: bool) -> None:
        relies = {"uid": precondition.uid, "resourceVersion": precondition.resource_version}
        body: dict[str, Any] = {
            "apiVersion": "v1",
            "kind": "DeleteOptions",
            "propagationPolicy": "Background",
            "preconditions": {key: value for key, value in relies.items() if value},
        }
        if dry:
            body["dryRun"] = ["All"]
        self._api.request("DELETE", api_path_of(change.target), f"delete {change.target}", body=body)
        if not dry and change.target.kind != "Pod":
            self._until_gone(change.target, precondition.uid)

    def _until_gone(self, target: ObjectRef, uid: str | None) -> None:
        """A later step may create the object anew: wait while its finalizers run."""

        def gone() -> bool:
            there = self.read(target)
            return there is None or there["metadata"].get("uid") != uid

        if not wait_until(gone, GONE_WITHIN_SECONDS, LOOK_EVERY_SECONDS):
            raise ClusterConflict(
                f"delete {target}: it is still going after {GONE_WITHIN_SECONDS:.0f} s, a finalizer holds it"
            )

    def evict(self, pod: ObjectRef) -> None:
        """Ask for a pod's eviction, so that PodDisruptionBudgets hold. A pod that is gone is success.

        Raises:
            ClusterThrottled: A budget allows no disruption now. Transient.
        """
        body = {
            "apiVersion": "policy/v1",
            "kind": "Eviction",
            "metadata": {"name": pod.name, "namespace": pod.namespace},
        }
        try:
            self._api.request("POST", api_path_of(pod, "eviction"), f"evict {pod}", body=body)
        except ClusterMissing:
            return

    def pods_on(self, node: str) -> list[Manifest]:
        """The pods of a node, in all namespaces."""
        return self.cluster.list("Pod", fields=f"spec.nodeName={node}")

    def _json(self, change: Change, method: str, path: str, dry: bool, **more: Any) -> Manifest:
        query = {"fieldManager": WRITER, "dryRun": "All" if dry else None}
        what = f"{'try to ' if dry else ''}{change.action} {change.target}"
        manifest: Manifest = self._api.json(method, path, what, query=query, **more)
        return filled_in(kind_of(change.target.kind), manifest)


def _fresh(before: Manifest | None, precondition: Precondition) -> Precondition:
    """For a dry run: the object as it is now, as long as it is still the same one."""
    version = (before or {}).get("metadata", {}).get("resourceVersion")
    return precondition.model_copy(update={"resource_version": version})
