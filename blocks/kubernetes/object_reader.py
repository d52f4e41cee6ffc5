"""Read objects: one, a list, or a table without the objects."""

import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from blocks.kubernetes.api_client import ANSWER_SECONDS
from blocks.kubernetes.api_kinds import api_path_of, filled_in, kind_of
from blocks.kubernetes.api_questions import ApiQuestions, where
from outage.errors import ClusterConflict, ClusterMissing, ClusterRejected, ClusterUnreachable
from outage.kubernetes.objects import ObjectRef
from outage.value import Manifest

TABLE = "application/json;as=Table;g=meta.k8s.io;v=v1"
PAGE = 500
"""Objects per page: 500 pods are about 2 MB, little enough to be reduced before the next page comes."""


@dataclass(frozen=True)
class TableRow:
    """One row of a server-side table: what `kubectl get` prints, without the object."""

    cells: dict[str, Any]
    """By column name in lower case: `name`, `ready`, `status`, `restarts`, `age`."""

    @property
    def name(self) -> str:
        """The object's name."""
        return str(self.cells.get("name", ""))


class LookFreshness:
    """How old an answer of one look may be: no older than what it was told first of the same kind.

    The first list of a kind is the newest that there is, for which the API server makes sure of its own cache, a
    tenth of a second long. Those of further namespaces are taken from that cache as it was then, in a few
    milliseconds. Make one for each look: what follows an hour later must not be an hour old.
    """

    def __init__(self) -> None:
        self._told: dict[str, str] = {}

    def query_of(self, kind: str) -> dict[str, str]:
        """How to ask for the next list of a kind."""
        told = self._told.get(kind)
        return {"resourceVersion": told, "resourceVersionMatch": "NotOlderThan"} if told else {}

    def note(self, kind: str, version: object) -> None:
        """Remember what the first list of a kind was told."""
        if isinstance(version, str) and version not in ("", "0"):
            self._told.setdefault(kind, version)


Manifests = list[Manifest]
Rows = list[TableRow]
"""Named here, since inside the class `list` is the verb of the API."""


class ObjectReader(ApiQuestions):
    """The reading half of the door."""

    def get(self, ref: ObjectRef, *, within_seconds: float = ANSWER_SECONDS) -> Manifest:
        """Read one object.

        Raises:
            ClusterMissing: It is not there. Permanent.
        """
        kind = kind_of(ref.kind)
        manifest: Manifest = self._api.json(
            "GET", api_path_of(ref), f"read {ref}", within_seconds=within_seconds
        )
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
        fresh: LookFreshness | None = None,
        page: int = PAGE,
        within_seconds: float = ANSWER_SECONDS,
    ) -> Iterator[Manifests]:
        """Read a list page by page, so that a caller can drop what it does not need before the next.

        Args:
            kind: As in a manifest.
            namespace: None for all.
            labels: A label selector in the API's own writing: `app=auth,tier!=cache`.
            fields: A field selector: `spec.nodeName=node-1`.
            cached: Whether the API server may answer from its memory, which is cheaper and may be a little
                old.
            fresh: Of a look that lists a kind in several namespaces: only its first list is the newest there is.
            page: Objects a page.
            within_seconds: For all pages together.

        Returns:
            Lists of manifests, one a page.

        Raises:
            ClusterUnreachable: Not all pages came within `within_seconds`, measured from the first. Transient.
        """
        known = kind_of(kind)
        until, came = time.monotonic() + within_seconds, 0
        what = f"list {known.plural} {where(namespace)}"
        query: dict[str, Any] = {"labelSelector": labels, "fieldSelector": fields}
        query |= {"resourceVersion": "0"} if cached else {"limit": page}
        from_cache = fresh.query_of(kind) if fresh else {}
        while True:
            left = until - time.monotonic()
            if came and left <= 0:
                raise ClusterUnreachable(f"{what}: {came} pages came within {within_seconds:.0f} s, not all")
            path = known.path(namespace or "")
            body = self._first_of(path, what, query, from_cache, left)
            from_cache = {}  # a continued list is as old as its first page
            if fresh:
                fresh.note(kind, (body.get("metadata") or {}).get("resourceVersion"))
            yield [filled_in(known, item) for item in body.get("items") or []]
            query["continue"] = body.get("metadata", {}).get("continue") or None
            if query["continue"] is None:
                return
            came += 1
            del body

    def _first_of(
        self, path: str, what: str, query: dict[str, Any], from_cache: dict[str, str], within_seconds: float
    ) -> Any:
        """One page; from the cache where that is new enough, and asked for again where it never gets so."""
        if from_cache:
            half = within_seconds / 2
            with contextlib.suppress(ClusterUnreachable, ClusterConflict, ClusterRejected):
                return self._api.json("GET", path, what, query={**query, **from_cache}, within_seconds=half)
            within_seconds = half
        return self._api.json("GET", path, what, query=query, within_seconds=within_seconds)

    def table(
        self,
        kind: str,
        namespace: str | None = None,
        *,
        labels: str | None = None,
        fields: str | None = None,
        within_seconds: float = ANSWER_SECONDS,
    ) -> Rows:
        """What `kubectl get` would print, made by the server, without the objects: 100 bytes a pod.

        Args:
            kind: As in a manifest.
            namespace: None for all.
            labels: A label selector.
            fields: A field selector.
            within_seconds: For the whole answer.

        Returns:
            One row an object: column → what kubectl would print there.
        """
        known = kind_of(kind)
        query = {
            "includeObject": "None",
            "resourceVersion": "0",
            "labelSelector": labels,
            "fieldSelector": fields,
        }
        what = f"list {known.plural} {where(namespace)} as a table"
        body = self._api.json(
            "GET",
            known.path(namespace or ""),
            what,
            query=query,
            accept=f"{TABLE},application/json",
            within_seconds=within_seconds,
        )
        names = [column["name"].lower() for column in body.get("columnDefinitions") or []]
        rows = body.get("rows") or []
        return [TableRow(dict(zip(names, row["cells"], strict=False))) for row in rows]
