"""The one door for mutations: every write of a response to a cluster goes through `Writer`; a drill has its own.

Promises: a write leaves only while its holder is the newest of its target, and carries the uid and the resourceVersion
that it relies on: a concurrent editor loses nothing, and a holder that slept in between writes nothing. A dry run goes
through the same request as the write, admission included; refusals leave as our errors.
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
from outage.plans.fence import Fence
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
                return before, self._send(change, _fresh(before, precondition), None)
            except ClusterConflict:  # a failing object's status moved it between our look and the try
                if not again or change.action is Action.CREATE:
                    raise
        raise AssertionError("the last try returns or raises")

    def write(self, change: Change, precondition: Precondition, fence: Fence) -> Manifest | None:
        """Do it, unless somebody else holds the target since.

        Args:
            change: What to write.
            precondition: The uid and resourceVersion that the write relies on; the server compares them.
            fence: What the writer holds; compared right before the request leaves.

        Returns:
            The object after the write, or None when it is gone (or, for a graceful deletion, going).

        Raises:
            ClusterConflict: The object changed since the precondition was taken. Permanent: look again.
            ClusterForbidden: The writing identity may not do that. Permanent.
            ClusterMissing: The object is not there. Permanent.
            ClusterRejected: The API server or an admission webhook said no, or the change relies on nothing.
                Permanent.
            ClusterUnreachable: No answer; whether it was written is not known. Transient.
            FenceLost: Somebody else holds the target since; nothing was sent. Permanent.
            RecordError: Who holds it is not known; nothing was sent. Transient.
        """
        relies = precondition.uid or precondition.resource_version
        if change.action is not Action.CREATE and not relies:
            raise ClusterRejected(
                f"{change.action} {change.target}: it relies on no version, so it is not sent"
            )
        return self._send(change, precondition, fence)

    def _send(self, change: Change, precondition: Precondition, fence: Fence | None) -> Manifest | None:
        """Send a write of a holder; without a fence the server only tries it."""
        match change.action:
            case Action.CREATE:
                return self._create(change, fence)
            case Action.DELETE:
                self._delete(change, precondition, fence)
                return None
            case Action.CANCEL:
                raise ClusterRejected(f"{change.action} {change.target}: the database's door does that")
            case _:
                return self._patch(change, precondition, fence)

    def _create(self, change: Change, fence: Fence | None) -> Manifest:
        if change.manifest is None:
            raise ClusterRejected(f"create {change.target}: the step holds no manifest")
        kind = kind_of(change.target.kind)
        return self._json(
            change,
            "POST",
            kind.path(change.target.namespace),
            fence,
            body=filled_in(kind, precondition_anew(change.manifest, change.target)),
        )

    def _patch(self, change: Change, precondition: Precondition, fence: Fence | None) -> Manifest | None:
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
            change, "PATCH", api_path_of(change.target), fence, body=body, content_type=JSON_PATCH
        )

    def _delete(self, change: Change, precondition: Precondition, fence: Fence | None) -> None:
        relies = {"uid": precondition.uid, "resourceVersion": precondition.resource_version}
        body: dict[str, Any] = {
            "apiVersion": "v1",
            "kind": "DeleteOptions",
            "propagationPolicy": "Background",
            "preconditions": {key: value for key, value in relies.items() if value},
        }
        if fence is None:
            body["dryRun"] = ["All"]
        else:
            fence.confirm_held()
        self._api.request("DELETE", api_path_of(change.target), f"delete {change.target}", body=body)
        if fence is not None and change.target.kind != "Pod":
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

    def evict(self, pod: ObjectRef, uid: str, fence: Fence) -> None:
        """Ask for a pod's eviction, so that PodDisruptionBudgets hold. A pod that is gone is success.

        Args:
            pod: Which one.
            uid: Of the pod that is meant; another one of its name stays.
            fence: What the writer holds; compared right before the request leaves.

        Raises:
            ClusterThrottled: A budget allows no disruption now. Transient.
            FenceLost: Somebody else holds the target since. Permanent.
        """
        body = {
            "apiVersion": "policy/v1",
            "kind": "Eviction",
            "metadata": {"name": pod.name, "namespace": pod.namespace},
            "deleteOptions": {"preconditions": {"uid": uid}},
        }
        fence.confirm_held()
        try:
            self._api.request("POST", api_path_of(pod, "eviction"), f"evict {pod}", body=body)
        except (ClusterMissing, ClusterConflict):
            return  # it is gone, and at most another one of its name stands there

    def pods_on(self, node: str) -> list[Manifest]:
        """The pods of a node, in all namespaces."""
        return self.cluster.list("Pod", fields=f"spec.nodeName={node}")

    def _json(self, change: Change, method: str, path: str, fence: Fence | None, **more: Any) -> Manifest:
        query = {"fieldManager": WRITER, "dryRun": None if fence else "All"}
        what = f"{'' if fence else 'try to '}{change.action} {change.target}"
        if fence is not None:
            fence.confirm_held()
        manifest: Manifest = self._api.json(method, path, what, query=query, **more)
        return filled_in(kind_of(change.target.kind), manifest)


def _fresh(before: Manifest | None, precondition: Precondition) -> Precondition:
    """For a dry run: the object as it is now, as long as it is still the same one."""
    version = (before or {}).get("metadata", {}).get("resourceVersion")
    return precondition.model_copy(update={"resource_version": version})
