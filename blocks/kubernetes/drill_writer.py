"""The drill's writing door: what is broken on purpose, and put back, goes through `DrillWriter`.

A drill breaks what it finds; but a write still names the object that was found and its version, so that a process which
slept meanwhile breaks nothing anew. It writes under a name of its own, so that managedFields tell who broke it. Only
`tasks/drill` may import it.
"""

from typing import Any

from blocks.kubernetes import Cluster
from blocks.kubernetes.api_client import ApiClient
from blocks.kubernetes.api_kinds import api_path_of, filled_in, kind_of
from blocks.retry import wait_until
from outage.errors import ClusterConflict, ClusterMissing
from outage.kubernetes.field_managers import DRILLS
from outage.kubernetes.objects import ObjectRef
from outage.plans.fence import Fence
from outage.plans.preconditions import precondition_anew
from outage.value import Manifest

JSON_PATCH = "application/json-patch+json"
STRATEGIC_PATCH = "application/strategic-merge-patch+json"
GONE_WITHIN_SECONDS = 20.0
"""A predecessor whose finalizers work is gone by then."""
LOOK_EVERY_SECONDS = 0.5
PATCH_TRIES = 5
"""A failing object's controllers move it between our look and our write."""


class DrillWriter:
    """Breaks and restores objects of one cluster."""

    def __init__(self, cluster: Cluster, fence: Fence):
        """Open a door beside a reading client, to the same server and as the same identity.

        Args:
            cluster: Reads.
            fence: Held on the ground; compared right before each write.
        """
        self._cluster, self._fence = cluster, fence
        self._api = ApiClient(cluster.access, cluster.identity)

    def create(self, target: ObjectRef, manifest: Manifest) -> None:
        """Create an object, waiting while its predecessor goes.

        Raises:
            ClusterConflict: Something of that name is still there after 20 s. Permanent.
        """
        kind = kind_of(target.kind)
        body = filled_in(kind, precondition_anew(manifest, target))

        def created() -> bool:
            try:
                self._ask("POST", kind.path(target.namespace), f"create {target}", body)
            except ClusterConflict:  # one that was deleted is still going
                return False
            return True

        if not wait_until(created, GONE_WITHIN_SECONDS, LOOK_EVERY_SECONDS):
            raise ClusterConflict(f"create {target}: something of that name is still there")

    def delete(self, target: ObjectRef) -> None:
        """Delete the object that is there now, and no later one of its name; one that is not there is fine."""
        live = self._cluster.find(target)
        if live is None:
            return
        body = {
            "apiVersion": "v1",
            "kind": "DeleteOptions",
            "propagationPolicy": "Background",
            "preconditions": {"uid": live["metadata"]["uid"]},
        }
        self._fence.confirm_held()
        try:
            self._api.request("DELETE", api_path_of(target), f"delete {target}", body=body)
        except ClusterMissing:
            return

    def patch(self, target: ObjectRef, body: Any, content_type: str) -> Manifest:
        """Patch an object as it is now; gives it as it is afterwards.

        Args:
            target: What is patched.
            body: The patch, as its content type wants it.
            content_type: `JSON_PATCH` or `STRATEGIC_PATCH`.

        Raises:
            ClusterConflict: It moved under each of five tries. Permanent.
        """
        for again in range(PATCH_TRIES - 1, -1, -1):
            version = self._cluster.get(target)["metadata"]["resourceVersion"]
            relying = _relying_on(version, body, content_type)
            try:
                return self._ask("PATCH", api_path_of(target), f"patch {target}", relying, content_type)
            except ClusterConflict:
                if not again:
                    raise
        raise AssertionError("the last try returns or raises")

    def try_patch(self, target: ObjectRef, body: Any) -> Manifest:
        """What a strategic merge patch would make of an object; nothing is written."""
        path, what = api_path_of(target), f"try to patch {target}"
        return self._ask("PATCH", path, what, body, STRATEGIC_PATCH, dryRun="All")

    def replace(self, target: ObjectRef, manifest: Manifest, what: str) -> Manifest:
        """Put a whole object in the place of the one that is there; its resourceVersion is compared.

        Args:
            target: What is replaced.
            manifest: The whole object; with a resourceVersion it is written only over that version.
            what: What is done, for the sentence of an error.
        """
        return self._ask("PUT", api_path_of(target), what, manifest)

    def _ask(
        self,
        method: str,
        path: str,
        what: str,
        body: Any,
        content_type: str = "application/json",
        **query: str,
    ) -> Manifest:
        if "dryRun" not in query:
            self._fence.confirm_held()
        answer: Manifest = self._api.json(
            method, path, what, query={"fieldManager": DRILLS, **query}, body=body, content_type=content_type
        )
        return answer


def _relying_on(version: str, body: Any, content_type: str) -> Any:
    """The patch with the version that it relies on: the server answers 409 when it moved."""
    if content_type == JSON_PATCH:
        return [{"op": "replace", "path": "/metadata/resourceVersion", "value": version}, *body]
    return {**body, "metadata": {**body.get("metadata", {}), "resourceVersion": version}}
