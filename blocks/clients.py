"""All doors of one process, opened when they are first used.

A response runs in a fresh process, often only to continue: it should open what it needs and nothing else.
"""

from functools import cache, cached_property
from pathlib import Path

from blocks.access.credentials import kubeconfig_of, with_blocks
from blocks.installation.platform_files import PlatformFiles
from blocks.kubernetes import Cluster
from blocks.kubernetes.kubeconfig import read_access
from blocks.kubernetes.looking_only import LookingCluster
from blocks.record import Record
from blocks.settings import Settings
from outage.errors import ClusterForbidden, FileError
from outage.incidents.incident import Incident
from outage.kubernetes.objects import ObjectRef
from outage.plans.plan import Mode
from outage.platforms.access import ClusterReference
from outage.platforms.platform import Platform
from outage.platforms.platform_registry import PlatformRegistry
from outage.policies.policy import Policy
from outage.value import Manifest


class Clients:
    """Record, cluster (as two identities), platform file and policy file, as the settings name them."""

    def __init__(self, settings: Settings) -> None:
        """Open nothing yet; without more said, it is the settings' own platform that is spoken for."""
        self.settings = settings
        self._files = PlatformFiles(settings)
        self._platform: str | None = None
        self._unclaimed: Incident | None = None

    @property
    def platforms(self) -> PlatformRegistry:
        """All platforms of this installation."""
        return self._files.registry()

    def speak_for(self, platform: Platform) -> None:
        """From here on it is this platform's cluster, policy and known-good picture."""
        self._turn_to(platform.name, None)

    def answer_for(self, incident: Incident) -> None:
        """From here on it is the platform that an incident belongs to; what is nobody's is looked at, and no more.

        An incident that says nothing of it is the settings' own platform's.
        """
        if incident.unclaimed:
            self._turn_to(None, incident)
        elif incident.platform:
            self._turn_to(incident.platform, None)
        elif self._platform is not None or self._unclaimed is not None:
            self._turn_to(None, None)

    def _turn_to(self, platform: str | None, unclaimed: Incident | None) -> None:
        self._platform, self._unclaimed = platform, unclaimed
        if "record" in self.__dict__:  # who only looks at the cluster needs no record
            self.record.platform = self._kept_under
        for door in ("reader", "writer_cluster", "cluster_name"):
            self.__dict__.pop(door, None)

    @cached_property
    def record(self) -> Record:
        """Our own record."""
        opened = Record.open(self.settings.record_dsn)
        opened.platform = self._kept_under
        return opened

    @property
    def _kept_under(self) -> str | None:
        """Whose known-good picture is read; None for what is nobody's."""
        return None if self._unclaimed else self._platform or ""

    @cached_property
    def reader(self) -> Cluster:
        """The cluster with the reading identity."""
        reference = self._cluster_reference()
        path = self.settings.reader_kubeconfig or self.settings.kubeconfig
        if reference and reference.reader_kubeconfig:
            path = self._kubeconfig(reference.reader_kubeconfig)
        door = LookingCluster if self._unclaimed else Cluster
        return door.from_kubeconfig(path, self._context(reference), identity="reader")

    @cached_property
    def writer_cluster(self) -> Cluster:
        """The cluster with the writing identity. It reads, too: the doors that write are opened in `tasks/act`.

        Raises:
            ClusterForbidden: No platform answers the incident. Permanent.
            FileError: The kubeconfig cannot be read. Permanent.
        """
        if self._unclaimed:
            raise ClusterForbidden(f"open the writing door for {self._unclaimed.id}: no platform answers it")
        reference = self._cluster_reference()
        path = self.settings.writer_kubeconfig or self.settings.kubeconfig
        if reference and (named := reference.writer_kubeconfig or reference.reader_kubeconfig):
            path = self._kubeconfig(named)
        return Cluster.from_kubeconfig(path, self._context(reference), identity="writer")

    def drill_cluster(self) -> Cluster:
        """The cluster with the identity that breaks things for practice: neither the reader's nor the writer's.

        Raises:
            ClusterForbidden: The platform is on a cluster of its own, and no identity for drills is named. Permanent.
        """
        reference = self._cluster_reference()
        named = reference.drill_kubeconfig if reference else None
        if reference and reference.reader_kubeconfig and not named:
            raise ClusterForbidden(
                f"break anything of {self.platform.name}: its file names a cluster and no `drill_kubeconfig`"
            )
        path = self._kubeconfig(named) if named else self.settings.kubeconfig
        return Cluster.from_kubeconfig(path, self._context(reference), identity="drill")

    def _cluster_reference(self) -> ClusterReference | None:
        """What the platform file or its Block says of the cluster; the settings serve where there is no such file."""
        if self._platform is None and not Path(self.settings.platform_file).exists():
            return None
        return self.platform.cluster

    def _context(self, reference: ClusterReference | None) -> str | None:
        return (reference.context if reference else None) or self.settings.context

    def _kubeconfig(self, reference: str) -> str:
        """A Secret that holds a kubeconfig is read as the settings' own identity: there is no other yet."""
        return kubeconfig_of(reference, self.settings.home / "run", self._own_secret)

    def _own_secret(self, secret: ObjectRef) -> Manifest:
        return Cluster.from_kubeconfig(self.settings.kubeconfig, self.settings.context).get(secret)

    @cached_property
    def cluster_name(self) -> str:
        """What the cluster is called in messages: as its alerts name it, else its context; empty when nothing says."""
        try:
            reference = self._cluster_reference()
            if reference and reference.name:
                return reference.name
            if named := self._context(reference):
                return named
            return read_access(self.settings.reader_kubeconfig or self.settings.kubeconfig).context
        except (FileError, OSError, ValueError):
            return ""

    @property
    def spoken_for(self) -> str:
        """Name of the platform that is spoken for, without its Blocks; of what is nobody's, its namespace.

        Raises:
            FileError: Its file is gone or cannot be used. Permanent.
        """
        return self._unclaimed.namespace if self._unclaimed else self._written().name

    @property
    def own_platform(self) -> str:
        """Name of the platform of the settings; empty while its file cannot be used."""
        return self._files.own()

    def turn_to(self, platform: str) -> None:
        """From here on it is the platform of this name; empty: the settings' own."""
        if platform:
            self._turn_to(platform, None)

    @property
    def platform(self) -> Platform:
        """The platform file with its Blocks, parsed when it changed: an edit takes effect with the next look.

        Raises:
            FileError: It is gone or cannot be used. Permanent.
        """
        if self._unclaimed:
            where = self._unclaimed.namespace
            return Platform(name=where, namespace=where)
        return with_blocks(self._written(), self.settings.prefect_api_url)

    def _written(self) -> Platform:
        if self._platform is None:
            return self._files.single()
        if found := self.platforms.named(self._platform):
            return found
        why = "; ".join(self.platforms.problems) or "no platform file is called so"
        raise FileError(f"find platform {self._platform}: {why}")

    @property
    def policy(self) -> Policy:
        """The policy file, read anew before each decision; one that cannot be used allows nothing.

        Raises:
            FileError: The platform's file is gone or cannot be used. Permanent.
        """
        if self._unclaimed:
            return self._files.policy_of(None).model_copy(update={"mode": Mode.ADVISE})
        return self._files.policy_of(self._written() if self._platform else None)

    def policy_for(self, incident: Incident) -> Policy:
        """The policy by which people are told of an incident and heard, whatever platform is spoken for.

        Never raises: where a platform's file is gone it is the settings' own, since somebody must be told.
        """
        return self._files.policy_for(incident)

    def watching_policies(self, cluster: str) -> list[Policy]:
        """The policies of a cluster's platforms that wait for its monitoring; the settings' own where none does."""
        return self._files.watching_policies(cluster)

    @property
    def awaited_clusters(self) -> tuple[str, ...]:
        """The clusters whose monitoring somebody waits for, heard or not; none where no platform file names one."""
        return self._files.awaited_clusters()

    def policies(self) -> dict[str, Policy]:
        """Every policy, by its platform; the settings' own has no name."""
        return self._files.policies()


@cache
def clients() -> Clients:
    """The doors of this process."""
    return Clients(Settings())
