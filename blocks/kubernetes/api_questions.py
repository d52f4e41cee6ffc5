"""What the API server answers beside its objects: rights, its version, usage, and Services through its proxy."""

from blocks.kubernetes.api_client import ANSWER_SECONDS, ApiClient
from blocks.kubernetes.api_kinds import Kind, kind_of
from outage.errors import ClusterMissing, ClusterUnreachable
from outage.kubernetes.quantity import parsed_quantity
from outage.snapshots.snapshot import Usage
from outage.value import Manifest


class ApiQuestions(ApiClient):
    """The part of the door that asks the server itself."""

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
    ) -> list[Usage]:
        """CPU and memory in use by nodes (`Node`) or pods (`Pod`), from the metrics API.

        Raises:
            ClusterMissing: There is no metrics API. Permanent.
        """
        known = Kind(kind, "metrics.k8s.io/v1beta1", f"{kind.lower()}s", kind == "Pod")
        what = f"read the usage of {known.plural} {where(namespace) if kind == 'Pod' else ''}".strip()
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
