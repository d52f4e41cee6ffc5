"""A cluster's door for namespaces that no platform file names: it looks, and enters nothing."""

from typing import Any

from blocks.kubernetes import Access, Cluster
from blocks.kubernetes.api_client import ApiClient
from blocks.kubernetes.pod_access import CommandOutput
from blocks.kubernetes.port_forward import PortForward
from outage.errors import ClusterForbidden

NOT_NAMED = "no platform file names this namespace, so only its objects, events and logs are looked at"

CLOSED = ("/secrets", "/exec", "/attach", "/portforward", "/proxy")
"""Parts of addresses of the API that hold secrets or lead into pods."""


class LookingClient(ApiClient):
    """Requests of a door that enters nothing."""

    def request(self, method: str, path: str, what: str, **more: Any) -> bytes:
        """As `ApiClient`, for what may be looked at.

        Raises:
            ClusterForbidden: It is a Secret, leads into a pod, or would change something. Permanent.
        """
        if method != "GET" or any(part in path for part in CLOSED):
            raise ClusterForbidden(f"{what}: {NOT_NAMED}")
        return super().request(method, path, what, **more)


class LookingCluster(Cluster):
    """Reads objects, events and logs; no Secret, no pod from inside, nothing through a proxy."""

    def __init__(self, access: Access, identity: str = "reader", connections: int = 12):
        super().__init__(access, identity, connections)
        self._api = LookingClient(access, identity, connections)

    def execute(self, namespace: str, pod: str, *_: Any, **__: Any) -> CommandOutput:
        """Nothing is run in pods.

        Raises:
            ClusterForbidden: Always. Permanent.
        """
        raise ClusterForbidden(f"exec in pod/{pod} in {namespace}: {NOT_NAMED}")

    def forward(self, namespace: str, pod: str, port: int) -> PortForward:
        """No port is forwarded.

        Raises:
            ClusterForbidden: Always. Permanent.
        """
        raise ClusterForbidden(f"forward port {port} of pod/{pod} in {namespace}: {NOT_NAMED}")
