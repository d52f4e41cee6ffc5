"""The API server, asked with nothing but the standard library: the ground must be seen when all else is missing."""

import http.client
import json
import ssl
from datetime import datetime
from typing import Any

from practice.cluster import cluster_layout
from practice.cluster.cluster_layout import CONTROL
from practice.practice_errors import PracticeError


def api_get(path: str, seconds: float = 5.0) -> Any:
    """Return what the API server answers, as the administrator.

    Raises:
        PracticeError: It did not answer, or not with 200.
    """
    status, body = api_request("GET", path, seconds=seconds)
    if status != http.client.OK:
        raise PracticeError(
            f"GET {path} at the practice API server: {status} {body[:200].decode(errors='replace')}"
        )
    return json.loads(body) if body[:1] in (b"{", b"[") else body.decode()


def api_request(
    method: str, path: str, content: object = None, kind: str = "application/json", seconds: float = 5.0
) -> tuple[int, bytes]:
    """Send one request and return status and body.

    Raises:
        PracticeError: There was no answer.
    """
    body = None if content is None else json.dumps(content)
    try:
        connection = http.client.HTTPSConnection(
            CONTROL.address, cluster_layout.API_PORT, timeout=seconds, context=api_identity()
        )
        try:
            connection.request(method, path, body, {"Content-Type": kind, "Accept": "application/json"})
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()
    except (OSError, http.client.HTTPException) as error:
        raise PracticeError(f"{method} {path} at the practice API server: {error}") from error


def api_identity() -> ssl.SSLContext:
    """Return the administrator's certificate and the authority to trust."""
    folder = cluster_layout.secrets_folder()
    context = ssl.create_default_context(cafile=str(folder / "ca.crt"))
    context.load_cert_chain(folder / "admin.crt", folder / "admin.key")
    return context


def api_ready() -> bool:
    """Tell whether the API server is ready for everybody."""
    try:
        return bool(api_get("/readyz", seconds=2.0) == "ok")
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
