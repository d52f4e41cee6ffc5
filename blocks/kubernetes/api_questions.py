"""What the API server answers beside its objects: rights, its version, usage, and Services through its proxy."""

from collections.abc import Mapping

from blocks.kubernetes.api_client import ANSWER_SECONDS, ApiClient
from blocks.kubernetes.api_kinds import Kind, kind_of
from blocks.kubernetes.kubeconfig import Access
from outage.errors import ClusterMissing, ClusterUnreachable
from outage.kubernetes.quantity import parsed_quantity
from outage.snapshots.snapshot import Usage
from outage.value import Manifest

REVIEWS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"


class ApiQuestions:
    """One API server, asked about itself. It offers no request that could change anything."""

    def __init__(self, access: Access, identity: str = "reader", connections: int = 12):
        self.access = access
        self.identity = identity
        self._api = ApiClient(access, identity, connections)

    @property
    def context(self) -> str:
        """The kubeconfig context it was made from."""
        return self.access.context

    @property
    def server(self) -> str:
        """The API server's address."""
        return self.access.server

    @property
    def namespace(self) -> str:
        """The context's default namespace."""
        return self.access.namespace

    @property
    def calls(self) -> int:
        """Requests so far."""
        return self._api.calls

    @property
    def bytes_read(self) -> int:
        """Length of all answers so far, in bytes."""
        return self._api.bytes_read

    def close(self) -> None:
        """Let the connections go."""
        self._api.close()

    def may(self, attributes: Mapping[str, str], what: str) -> bool:
        """Whether our identity may do that, by the API server's own word.

        Args:
            attributes: `resourceAttributes` of a SelfSubjectAccessReview.
            what: The right in words: `patch deployments`.
        """
        review = {
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SelfSubjectAccessReview",
            "spec": {"resourceAttributes": dict(attributes)},
        }
        answer = self._api.json("POST", REVIEWS, f"ask whether we may {what}", body=review)
        return bool((answer.get("status") or {}).get("allowed"))

    def can(self, verb: str, kind: str, namespace: str = "", subresource: str = "") -> bool:
        """Whether our identity may do that, by the API server's own word.

        Args:
            verb: `get`, `list`, `patch`, `create`, …
            kind: As in a manifest: `Deployment`.
            namespace: Empty for what lives in none, or in all.
            subresource: `exec`, `log`, `eviction`, …; empty for the object itself.

        Returns:
            False also when the API server says neither yes nor no.

        Raises:
            ClusterUnreachable: Nobody answered. Transient.
        """
        known = kind_of(kind)
        attributes = {
            "verb": verb,
            "group": known.group,
            "resource": known.plural,
            "subresource": subresource,
            "namespace": namespace if known.namespaced else "",
        }
        return self.may(attributes, f"{verb} {known.plural}")

    def version(self) -> str:
        """The API server's version: `v1.34.4`."""
        return str(self._api.json("GET", "/version", "read the server's version").get("gitVersion", "?"))

    def usage(
        self, kind: str, namespace: str | None = None, *, within_seconds: float = ANSWER_SECONDS
    ) -> list[Usage]:
        """CPU and memory in use by nodes (`Node`) or pods (`Pod`), from the metrics API.

        Args:
            kind: `Node` or `Pod`.
            namespace: Of pods; None for all.
            within_seconds: For the whole answer.

        Returns:
            One entry a node or a pod; empty when nothing was measured yet.

        Raises:
            ClusterMissing: There is no metrics API. Permanent.
        """
        known = Kind(kind, "metrics.k8s.io/v1beta1", f"{kind.lower()}s", kind == "Pod")
        what = f"read the usage of {known.plural} {where(namespace) if kind == 'Pod' else ''}".strip()
        try:
            body = self._api.json("GET", known.path(namespace or ""), what, within_seconds=within_seconds)
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
        """GET a path of a Service through the API server's proxy; needs no route to the pods.

        Args:
            namespace: Where the Service is.
            service: Its name.
            port: Number or name of the port.
            path: Path and query, as the Service knows them.
            within_seconds: For the whole answer.

        Returns:
            The body of a 2xx answer.

        Raises:
            ClusterError: Anything else; a 503 means that the Service has no endpoint. Transient or permanent
                by its type.
        """
        bare, _, query = path.lstrip("/").partition("?")
        place = f"/api/v1/namespaces/{namespace}/services/{service}:{port}/proxy/{bare}"
        return self._api.request(
            "GET",
            place + (f"?{query}" if query else ""),
            f"ask service/{service} in {namespace} for /{bare}",
            accept="*/*",
            within_seconds=within_seconds,
        )


def where(namespace: str | None) -> str:
    """Which namespaces a request is about, in words."""
    return f"in {namespace}" if namespace else "in all namespaces"


def _usage(kind: str, item: Manifest) -> Usage:
    parts = [item] if kind == "Node" else item.get("containers") or []
    return Usage(
        kind=kind,
        name=item["metadata"]["name"],
        namespace=item["metadata"].get("namespace", ""),
        cpu_cores=sum(parsed_quantity(part["usage"]["cpu"]) or 0.0 for part in parts),
        memory_bytes=int(sum(parsed_quantity(part["usage"]["memory"]) or 0.0 for part in parts)),
    )
