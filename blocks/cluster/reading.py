"""Read objects: one, a list, or a table without the objects."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from blocks.cluster.client import ANSWER_SECONDS, Client
from blocks.cluster.kinds import Kind, filled_in, kind_of, path_of
from outage.describing import quantity
from outage.errors import ClusterMissing, ClusterUnreachable
from outage.objects import ObjectRef
from outage.snapshot import Usage
from outage.value import Manifest

TABLE = "application/json;as=Table;g=meta.k8s.io;v=v1"
PAGE = 500
"""Objects per page: 500 pods are about 2 MB, little enough to be reduced before the next page comes."""


@dataclass(frozen=True)
class Row:
    """One row of a server-side table: what `kubectl get` prints, without the object."""

    cells: dict[str, Any]
    """By column name in lower case: `name`, `ready`, `status`, `restarts`, `age`."""

    @property
    def name(self) -> str:
        """The object's name."""
        return str(self.cells.get("name", ""))


Manifests = list[Manifest]
Rows = list[Row]
Usages = list[Usage]
"""Named here, since inside the class `list` is the verb of the API."""


class Reading(Client):
    """The reading half of the door."""

    def get(self, ref: ObjectRef, *, within_seconds: float = ANSWER_SECONDS) -> Manifest:
        """Read one object.

        Raises:
            ClusterMissing: It is not there. Permanent.
        """
        kind = kind_of(ref.kind)
        manifest: Manifest = self.json("GET", path_of(ref), f"read {ref}", within_seconds=within_seconds)
        return filled_in(kind, manifest)

    def find(self, ref: ObjectRef, *, within_seconds: float = ANSWER_SECONDS) -> Manifest | None:
        """Read one object, or None when it is not there."""
        try:
            return self.get(ref, within_seconds=within_seconds)
        except ClusterMissing:
            return None

    def list(
        self,
        kind: str,
        namespace: str | None = None,
        *,
        labels: str | None = None,
        fields: str | None = None,
        cached: bool = False,
        within_seconds: float = ANSWER_SECONDS,
    ) -> Manifests:
        """Read all objects of a kind, in one namespace or (None) everywhere.

        Args:
            kind: `Pod`, `Deployment`, …
            namespace: One namespace, or None for all.
            labels: A label selector.
            fields: A field selector.
            cached: Take what the API server's cache holds: in one piece, quick, perhaps a moment old.
            within_seconds: For all pages together.
        """
        return [
            manifest
            for page in self.pages(
                kind, namespace, labels=labels, fields=fields, cached=cached, within_seconds=within_seconds
            )
            for manifest in page
        ]

    def pages(
        self,
        kind: str,
        namespace: str | None = None,
        *,
        labels: str | None = None,
        fields: str | None = None,
        cached: bool = False,
        page: int = PAGE,
        within_seconds: float = ANSWER_SECONDS,
    ) -> Iterator[Manifests]:
        """Read a list page by page, so that a caller can drop what it does not need before the next.

        Raises:
            ClusterUnreachable: Not all pages came within `within_seconds`, measured from the first. Transient.
        """
        known = kind_of(kind)
        until, came = time.monotonic() + within_seconds, 0
        what = f"list {known.plural} {_where(namespace)}"
        query: dict[str, Any] = {"labelSelector": labels, "fieldSelector": fields}
        query |= {"resourceVersion": "0"} if cached else {"limit": page}
        while True:
            left = until - time.monotonic()
            if came and left <= 0:
                raise ClusterUnreachable(f"{what}: {came} pages came within {within_seconds:.0f} s, not all")
            body = self.json("GET", known.path(namespace or ""), what, query=query, within_seconds=left)
            yield [filled_in(known, item) for item in body.get("items") or []]
            query["continue"] = body.get("metadata", {}).get("continue") or None
            if query["continue"] is None:
                return
            came += 1
            del body

    def table(
        self,
        kind: str,
        namespace: str | None = None,
        *,
        labels: str | None = None,
        fields: str | None = None,
        within_seconds: float = ANSWER_SECONDS,
    ) -> Rows:
        """What `kubectl get` would print, made by the server, without the objects: 100 bytes a pod."""
        known = kind_of(kind)
        query = {
            "includeObject": "None",
            "resourceVersion": "0",
            "labelSelector": labels,
            "fieldSelector": fields,
        }
        what = f"list {known.plural} {_where(namespace)} as a table"
        body = self.json(
            "GET",
            known.path(namespace or ""),
            what,
            query=query,
            accept=f"{TABLE},application/json",
            within_seconds=within_seconds,
        )
        names = [column["name"].lower() for column in body.get("columnDefinitions") or []]
        rows = body.get("rows") or []
        return [Row(dict(zip(names, row["cells"], strict=False))) for row in rows]

    def can(self, verb: str, kind: str, namespace: str = "", subresource: str = "") -> bool:
        """Whether our identity may do that, by the API server's own word."""
        known = kind_of(kind)
        attributes = {
            "verb": verb,
            "group": known.group,
            "resource": known.plural,
            "subresource": subresource,
            "namespace": namespace if known.namespaced else "",
        }
        review = {
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SelfSubjectAccessReview",
            "spec": {"resourceAttributes": attributes},
        }
        answer = self.json(
            "POST",
            "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
            f"ask whether we may {verb} {known.plural}",
            body=review,
        )
        return bool(answer.get("status", {}).get("allowed"))

    def version(self) -> str:
        """The API server's version: `v1.34.4`."""
        return str(self.json("GET", "/version", "read the server's version").get("gitVersion", "?"))

    def usage(
        self, kind: str, namespace: str | None = None, *, within_seconds: float = ANSWER_SECONDS
    ) -> Usages:
        """CPU and memory in use by nodes (`Node`) or pods (`Pod`), from the metrics API.

        Raises:
            ClusterMissing: There is no metrics API. Permanent.
        """
        known = Kind(kind, "metrics.k8s.io/v1beta1", f"{kind.lower()}s", kind == "Pod")
        what = f"read the usage of {known.plural} {_where(namespace) if kind == 'Pod' else ''}".strip()
        try:
            body = self.json("GET", known.path(namespace or ""), what, within_seconds=within_seconds)
        except ClusterMissing as error:
            raise ClusterMissing(f"{what}: this cluster has no metrics API (no metrics-server)") from error
        except ClusterUnreachable as error:
            raise ClusterUnreachable(f"{what}: the metrics API does not answer ({error})") from error
        return [_usage(kind, item) for item in body.get("items") or []]

    def proxy_get(
        self,
        namespace: str,
        service: str,
        port: int | str,
        path: str,
        *,
        within_seconds: float = ANSWER_SECONDS,
    ) -> bytes:
        """GET a path of a Service through the API server's proxy; needs no route to the pods."""
        bare, _, query = path.lstrip("/").partition("?")
        place = f"/api/v1/namespaces/{namespace}/services/{service}:{port}/proxy/{bare}"
        return self.request(
            "GET",
            place + (f"?{query}" if query else ""),
            f"ask service/{service} in {namespace} for /{bare}",
            accept="*/*",
            within_seconds=within_seconds,
        )


def _where(namespace: str | None) -> str:
    return f"in {namespace}" if namespace else "in all namespaces"


def _usage(kind: str, item: Manifest) -> Usage:
    parts = [item] if kind == "Node" else item.get("containers") or []
    return Usage(
        kind=kind,
        name=item["metadata"]["name"],
        namespace=item["metadata"].get("namespace", ""),
        cpu_cores=sum(quantity(part["usage"]["cpu"]) for part in parts),
        memory_bytes=int(sum(quantity(part["usage"]["memory"]) for part in parts)),
    )
