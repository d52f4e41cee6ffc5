"""The Prefect block that an operator edits in the UI: where the cluster is, never a secret."""

from prefect.blocks.core import Block
from pydantic import Field

from blocks.kubernetes import Cluster


class ClusterAccess(Block):
    """Where a cluster is and as whom to speak to it. Credentials stay in the kubeconfig file."""

    _block_type_name = "Cluster access"
    _block_type_slug = "cluster-access"

    kubeconfig: str | None = Field(default=None, description="Path of the kubeconfig; empty: kubectl's own.")
    context: str | None = Field(default=None, description="Context in it; empty: the current one.")
    identity: str = Field(default="reader", description="`reader` or `writer`: which identity this is.")

    def cluster(self) -> Cluster:
        """Open the door."""
        return Cluster.from_kubeconfig(self.kubeconfig, self.context, self.identity)
