"""Websockets to a pod through the API server: the channels that exec and port-forward are made of."""

import socket
import ssl
from typing import Any
from urllib.parse import urlencode, urlsplit

import websocket

from blocks.kubernetes.api_client import ApiClient
from blocks.kubernetes.api_errors import refusal_of
from outage.errors import ClusterUnreachable, cut

PROTOCOLS = ["v5.channel.k8s.io", "v4.channel.k8s.io"]


def open_channels(
    client: ApiClient,
    path: str,
    query: list[tuple[str, str]],
    what: str,
    within_seconds: float,
    protocols: list[str] | None = None,
) -> websocket.WebSocket:
    """Open a websocket with the client's identity.

    Raises:
        ClusterForbidden: Our identity may not do that. Permanent.
        ClusterMissing: The pod is not there. Permanent.
        ClusterUnreachable: No websocket came about. Transient.
    """
    server = client.access.server.replace("http", "ws", 1)
    try:
        return websocket.create_connection(
            f"{server}{path}?{urlencode(query)}",
            timeout=within_seconds,
            header=[f"{key}: {value}" for key, value in client.credentials(what).items()],
            subprotocols=protocols or PROTOCOLS,
            suppress_origin=True,
            http_no_proxy=[urlsplit(server).hostname],
            **_secured(client, within_seconds),
        )
    except websocket.WebSocketBadStatusException as error:
        raise refusal_of(error.status_code, error.resp_body or b"", what) from error
    except (websocket.WebSocketException, OSError) as error:
        raise ClusterUnreachable(f"{what}: no connection to the pod ({cut(str(error))})") from error


def _secured(client: ApiClient, within_seconds: float) -> dict[str, Any]:
    """The socket, wrapped in the client's own TLS context: the library would read certificates from files."""
    tls = client.access.tls
    address = urlsplit(client.access.server)
    host = address.hostname or ""
    plain = socket.create_connection((host, address.port or (443 if tls else 80)), timeout=within_seconds)
    plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if tls is None:
        return {"socket": plain}
    try:
        return {"socket": tls.wrap_socket(plain, server_hostname=client.access.server_name or host)}
    except (OSError, ssl.SSLError):
        plain.close()
        raise
