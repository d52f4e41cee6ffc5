"""The API server, asked with nothing but the standard library: the ground must be seen when all else is missing."""

import http.client
import json
import ssl
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from practice.cluster import cluster_layout
from practice.cluster.cluster_layout import CONTROL
from practice.practice_errors import PracticeError


@dataclass(frozen=True)
class ApiEndpoint:
    """Where an API server listens, and the folder with its authority and the administrator's certificate."""

    address: str
    port: int
    secrets: Path

    def identity(self) -> ssl.SSLContext:
        """Return the administrator's certificate and the authority to trust."""
        context = ssl.create_default_context(cafile=str(self.secrets / "ca.crt"))
        context.load_cert_chain(self.secrets / "admin.crt", self.secrets / "admin.key")
        return context


def practice_endpoint() -> ApiEndpoint:
    """Return where the practice cluster's own API server listens."""
    return ApiEndpoint(CONTROL.address, cluster_layout.API_PORT, cluster_layout.secrets_folder())


def api_get(path: str, seconds: float = 5.0, at: ApiEndpoint | None = None) -> Any:
    """Return what the API server answers, as the administrator.

    Raises:
        PracticeError: It did not answer, or not with 200.
    """
    status, body = api_request("GET", path, seconds=seconds, at=at)
    if status != http.client.OK:
        raise PracticeError(
            f"GET {path} at the practice API server: {status} {body[:200].decode(errors='replace')}"
        )
    return json.loads(body) if body[:1] in (b"{", b"[") else body.decode()


def api_request(
    method: str,
    path: str,
    content: object = None,
    kind: str = "application/json",
    seconds: float = 5.0,
    at: ApiEndpoint | None = None,
) -> tuple[int, bytes]:
    """Send one request and return status and body.

    Raises:
        PracticeError: There was no answer.
    """
    body = None if content is None else json.dumps(content)
    at = at or practice_endpoint()
    try:
        connection = http.client.HTTPSConnection(at.address, at.port, timeout=seconds, context=at.identity())
        try:
            connection.request(method, path, body, {"Content-Type": kind, "Accept": "application/json"})
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()
    except (OSError, http.client.HTTPException) as error:
        raise PracticeError(f"{method} {path} at the practice API server: {error}") from error


def api_ready(at: ApiEndpoint | None = None) -> bool:
    """Tell whether the API server is ready for everybody."""
    try:
        return bool(api_get("/readyz", seconds=2.0, at=at) == "ok")
    except PracticeError:
        return False


def born_of_kubeconfig() -> datetime:
    """Return when this cluster was made: its first namespace dies with it and with nothing else."""
    made: str = api_get("/api/v1/namespaces/kube-system")["metadata"]["creationTimestamp"]
    return datetime.fromisoformat(made)


def ready_node_names() -> dict[str, datetime]:
    """Return the nodes that are Ready, each with the time its kubelet last said so."""
    found: dict[str, datetime] = {}
    for item in api_get("/api/v1/nodes")["items"]:
        for condition in item.get("status", {}).get("conditions", []):
            if condition["type"] == "Ready" and condition["status"] == "True":
                found[item["metadata"]["name"]] = datetime.fromisoformat(condition["lastHeartbeatTime"])
    return found
