"""All doors of one process, opened when they are first used.

A response runs in a fresh process, often only to continue: it should open what it needs and nothing else.
"""

from functools import cache, cached_property
from pathlib import Path

from blocks.access.credentials import kubeconfig_of, with_blocks
from blocks.kubernetes import Cluster
from blocks.kubernetes.kubeconfig import read_access
from blocks.record import Record
from blocks.settings import Settings
from outage.errors import FileError
from outage.kubernetes.objects import ObjectRef
from outage.platforms.access import ClusterReference
from outage.platforms.platform import Platform
from outage.platforms.platform_file import load_platform
from outage.policies.policy import Policy
from outage.policies.policy_file import load_policy
from outage.value import Manifest


class Clients:
    """Record, cluster (as two identities), platform file and policy file, as the settings name them."""

    def __init__(self, settings: Settings) -> None:
        """Open nothing yet."""
        self.settings = settings

    @cached_property
    def record(self) -> Record:
        """Our own record."""
        return Record.open(self.settings.record_dsn)

    @cached_property
    def reader(self) -> Cluster:
        """The cluster with the reading identity."""
        reference = self._cluster_reference()
        path = self.settings.reader_kubeconfig or self.settings.kubeconfig
        if reference and reference.reader_kubeconfig:
            path = self._kubeconfig(reference.reader_kubeconfig)
        return Cluster.from_kubeconfig(path, self._context(reference), identity="reader")

    @cached_property
    def writer_cluster(self) -> Cluster:
        """The cluster with the writing identity. It reads, too: the doors that write are opened in `tasks/act`."""
        reference = self._cluster_reference()
        path = self.settings.writer_kubeconfig or self.settings.kubeconfig
        if reference and (named := reference.writer_kubeconfig or reference.reader_kubeconfig):
            path = self._kubeconfig(named)
        return Cluster.from_kubeconfig(path, self._context(reference), identity="writer")

    def _cluster_reference(self) -> ClusterReference | None:
        """What the platform file or its Block says of the cluster; the settings serve where there is no such file."""
        return self.platform.cluster if Path(self.settings.platform_file).exists() else None

    def _context(self, reference: ClusterReference | None) -> str | None:
        return (reference.context if reference else None) or self.settings.context

    def _kubeconfig(self, reference: str) -> str:
        """A Secret that holds a kubeconfig is read as the settings' own identity: there is no other yet."""
        return kubeconfig_of(reference, self.settings.home / "run", self._own_secret)

    def _own_secret(self, secret: ObjectRef) -> Manifest:
        return Cluster.from_kubeconfig(self.settings.kubeconfig, self.settings.context).get(secret)

    @cached_property
    def cluster_name(self) -> str:
        """What the cluster is called in messages: its context; empty when nothing says."""
        try:
            reference = self._cluster_reference()
            if named := self._context(reference):
                return named
            return read_access(self.settings.reader_kubeconfig or self.settings.kubeconfig).context
        except (FileError, OSError, ValueError):
            return ""

    @property
    def platform(self) -> Platform:
        """The platform file with its Blocks, read anew: an edit takes effect with the next look."""
        return with_blocks(load_platform(Path(self.settings.platform_file)), self.settings.prefect_api_url)

    @property
    def policy(self) -> Policy:
        """The policy file, read anew before each decision; one that cannot be used allows nothing."""
        return load_policy(Path(self.settings.policy_file))


@cache
def clients() -> Clients:
    """The doors of this process."""
    return Clients(Settings())
