"""Websockets to a pod through the API server: the channels that exec and port-forward are made of."""

from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit

from blocks.kubernetes.api_client import ApiClient
from blocks.kubernetes.api_errors import refusal_of
from outage.errors import ClusterUnreachable, cut

if TYPE_CHECKING:
    from websockets.sync.client import ClientConnection

PROTOCOLS = ["v5.channel.k8s.io", "v4.channel.k8s.io"]
GOODBYE_SECONDS = 1.0
"""How long the server may take to answer our goodbye; then its connection is closed without one."""


def open_channels(
    client: ApiClient,
    path: str,
    query: list[tuple[str, str]],
    what: str,
    within_seconds: float,
    protocols: list[str] | None = None,
) -> "ClientConnection":
    """Open a websocket with the client's identity.

    Args:
        client: Whose server, trust and credentials are used.
        path: Path below the server's address.
        query: Query parameters; a name may stand several times.
        what: The request in words, for the error's sentence.
        within_seconds: For the connection, TLS and the handshake together.
        protocols: Subprotocols in order of preference; those of exec when left out.

    Returns:
        The open connection. It asks for no sign of life: the server ends what is idle, and a pod may be silent.

    Raises:
        ClusterForbidden: Our identity may not do that. Permanent.
        ClusterMissing: The pod is not there. Permanent.
        ClusterUnreachable: No websocket came about. Transient.
    """
    # imported when first used: most commands open none
    from websockets.exceptions import InvalidStatus, WebSocketException
    from websockets.sync.client import connect
    from websockets.typing import Subprotocol

    server, access = client.access.server.replace("http", "ws", 1), client.access
    try:
        return connect(
            f"{server}{path}?{urlencode(query)}",
            ssl=access.tls,
            server_hostname=(access.server_name or urlsplit(server).hostname) if access.tls else None,
            subprotocols=[Subprotocol(one) for one in protocols or PROTOCOLS],
            additional_headers=client.credentials(what),
            user_agent_header="outage",
            compression=None,  # no API server compresses these
            proxy=None,  # our other requests go past any proxy, too
            open_timeout=within_seconds,
            ping_interval=None,
            close_timeout=GOODBYE_SECONDS,
            max_size=None,  # who listens has limits of its own
        )
    except InvalidStatus as error:
        raise refusal_of(error.response.status_code, bytes(error.response.body or b""), what) from error
    except (WebSocketException, OSError) as error:
        raise ClusterUnreachable(f"{what}: no connection to the pod ({cut(str(error))})") from error
