"""All doors of one process, opened when they are first used.

A response runs in a fresh process, often only to continue: it should open what it needs and nothing else.
"""

from functools import cache, cached_property
from pathlib import Path

from blocks.kubernetes import Cluster
from blocks.kubernetes.writer import Writer
from blocks.record import Record
from blocks.settings import Settings
from outage.platforms.platform import Platform
from outage.platforms.platform_file import load_platform
from outage.policies.policy import Policy
from outage.policies.policy_file import load_policy


class Clients:
    """Record, cluster (read and write), platform file and policy file, as the settings name them."""

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
        path = self.settings.reader_kubeconfig or self.settings.kubeconfig
        return Cluster.from_kubeconfig(path, context=self.settings.context, identity="reader")

    @cached_property
    def writer(self) -> Writer:
        """The one door for mutations, with the writing identity."""
        path = self.settings.writer_kubeconfig or self.settings.kubeconfig
        return Writer(Cluster.from_kubeconfig(path, context=self.settings.context, identity="writer"))

    @property
    def platform(self) -> Platform:
        """The platform file, read anew: an edit takes effect with the next look."""
        return load_platform(Path(self.settings.platform_file))

    @property
    def policy(self) -> Policy:
        """The policy file, read anew before each decision; one that cannot be used allows nothing."""
        return load_policy(Path(self.settings.policy_file))


@cache
def clients() -> Clients:
    """The doors of this process."""
    return Clients(Settings())
