"""The door to a cluster: the only package that talks to a Kubernetes API.

Client objects in, our values out; client errors in, our errors out. `Cluster` reads; everything that changes a
cluster goes through `writer`.
"""

from typing import Self

from blocks.kubernetes.api_client import ANSWER_SECONDS
from blocks.kubernetes.kubeconfig import Access, read_access
from blocks.kubernetes.object_reader import LookFreshness, TableRow
from blocks.kubernetes.pod_access import CommandOutput, PodAccess

__all__ = ["ANSWER_SECONDS", "Access", "Cluster", "CommandOutput", "LookFreshness", "TableRow"]


class Cluster(PodAccess):
    """One cluster as one identity sees it."""

    @classmethod
    def from_kubeconfig(cls, path: str | None, context: str | None = None, identity: str = "reader") -> Self:
        """Open a context of a kubeconfig (or, in a pod, its own service account); nothing is asked yet.

        Args:
            path: The kubeconfig; None for `KUBECONFIG`, `~/.kube/config` or, in a pod, its service account.
            context: Its context; None for the current one.
            identity: What this client is called in errors and in the API server's audit log.

        Raises:
            FileError: There is no kubeconfig, or it lacks the context. Permanent.
        """
        return cls(read_access(path, context), identity)
