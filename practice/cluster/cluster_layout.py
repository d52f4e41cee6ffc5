"""The drawing of the cluster: who is called what and has which address."""

from dataclasses import dataclass
from pathlib import Path

from practice import places

CONTEXT = "outage-practice"
DEFAULT_NAMESPACE = "adaptive-learning-production"
HOST_INTERFACE = "oprac0"
HOST_ADDRESS = "10.77.0.1"
HOSTS_RANGE = "10.77.0.0/24"
PODS_RANGE = "10.78.0.0/16"
SERVICES_RANGE = "10.79.0.0/16"
API_SERVICE = "10.79.0.1"
CLUSTER_DNS = "10.79.0.10"
API_PORT = 6443
INTAKE_PORT = 9096
PAUSE_IMAGE = "docker.io/outage/pause:1"
MARK = "OUTAGE_PRACTICE_PART_OF"
"""Variable that every process of the cluster is started with: the state folder of the cluster it is part of."""


@dataclass(frozen=True)
class Place:
    """One network namespace with one address on the hosts' range."""

    namespace: str
    address: str

    @property
    def netns(self) -> Path:
        """The file by which the kernel's namespace is held."""
        return Path("/run/netns") / self.namespace


@dataclass(frozen=True)
class Node(Place):
    """A machine of the cluster."""

    name: str
    pods: str
    """The range its pods get their addresses from."""

    @property
    def folder(self) -> Path:
        """Everything the node keeps on disk."""
        return places.practice_home() / self.name

    @property
    def cgroup(self) -> str:
        """The folder of the node's pods in every cgroup hierarchy."""
        return "/" + self.namespace


CONTROL = Place("oprac-cp", "10.77.0.2")
SHELL = Place("oprac-sh", "10.77.0.20")
NODES = (
    Node("oprac-n1", "10.77.0.11", name="node-1", pods="10.78.1.0/24"),
    Node("oprac-n2", "10.77.0.12", name="node-2", pods="10.78.2.0/24"),
)
PLACES: tuple[Place, ...] = (CONTROL, *NODES, SHELL)


def node_layout(name: str) -> Node:
    """Return the node of that name.

    Raises:
        KeyError: There is no such node.
    """
    return {each.name: each for each in NODES}[name]


def binaries_folder() -> Path:
    """Return the folder whose names the components are started by."""
    return places.practice_home() / "bin"


def logs_folder() -> Path:
    """Return the folder with one log a component."""
    return places.practice_home() / "log"


def secrets_folder() -> Path:
    """Return the folder of keys, certificates and the components' kubeconfigs."""
    return places.practice_home() / "pki"
