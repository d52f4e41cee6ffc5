"""etcd and an API server, and nothing else: objects can be written, listed and watched, and no pod ever runs.

It is for what must not trouble a cluster that answers drills (crowds of pods), and for a second cluster beside the
first. What the API server would ask of nodes and pods goes through one unix socket: nobody listens there unless a
caller does, so that nothing of it ever reaches the practice cluster's addresses.
"""

import contextlib
import os
import signal
import socket
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import yaml

from blocks.retry import wait_until
from practice.cluster import api_server, certificates, control_plane, kubeconfigs, kubernetes_build
from practice.cluster.api_server import ApiEndpoint
from practice.cluster.certificates import MASTERS, WantedCertificate
from practice.cluster.cluster_layout import API_SERVICE, SERVICES_RANGE
from practice.practice_errors import PracticeError

ADDRESS = "127.0.0.1"
ADVERTISED = "198.18.0.1"
"""What the API server calls itself to pods, of which there are none: it refuses to advertise a loopback address."""
READY_SECONDS = 60.0
ENDED_SECONDS = 10.0
WITH_CALLER = ("setpriv", "--pdeathsig", "KILL", "--")
"""The kernel ends both processes with whoever started them, even when that was killed."""


@dataclass(frozen=True)
class NodelessPlane:
    """A running second control plane."""

    folder: Path
    name: str
    """Of its kubeconfig's context."""
    port: int
    clients: int
    """Port on which its etcd is asked, by its API server and by who writes thousands of objects."""
    etcd: subprocess.Popen[bytes]
    server: subprocess.Popen[bytes]

    @property
    def kubeconfig(self) -> Path:
        """The administrator's kubeconfig."""
        return self.folder / "kubeconfig"

    @property
    def etcd_url(self) -> str:
        """Where its etcd answers."""
        return f"http://{ADDRESS}:{self.clients}"

    @property
    def towards_nodes(self) -> Path:
        """The unix socket on which its API server asks for a way to a node or a pod, by HTTP's CONNECT."""
        return socket_towards_nodes(self.folder)

    def freeze(self) -> None:
        """Cut it off: connections to its API server are taken, and nothing is answered."""
        self.server.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it answer again."""
        self.server.send_signal(signal.SIGCONT)

    @classmethod
    def started(cls, folder: Path, name: str) -> Self:
        """Start both processes on ports that are free; the API server does not answer yet.

        Args:
            folder: Its own; what is in it is kept.
            name: Of the kubeconfig's context.
        """
        port, clients, peers = free_ports(3)
        write_plane_access(folder, name, port)
        etcd = start_part(folder, "etcd", control_plane.etcd_arguments(name, folder / "etcd", clients, peers))
        try:
            server = start_part(folder, "kube-apiserver", server_arguments(folder, port, clients))
        except OSError:
            end_part(etcd)
            raise
        return cls(folder, name, port, clients, etcd, server)

    def end(self) -> None:
        """Kill both: what they would save goes with their folder, and a frozen one hears nothing else."""
        for part in (self.server, self.etcd):
            end_part(part)


@contextlib.contextmanager
def nodeless_plane(folder: Path, name: str = "outage-second") -> Iterator[NodelessPlane]:
    """Raise a second control plane for as long as the block lasts.

    Args:
        folder: Its own; it must be empty or not there. Removing it afterwards is the caller's.
        name: Of its kubeconfig's context.

    Raises:
        PracticeError: Kubernetes is not built yet, or it did not become ready.
    """
    if not kubernetes_build.is_built():
        raise PracticeError(
            "raise a second control plane: run `outage practice up` once, it builds Kubernetes"
        )
    plane = NodelessPlane.started(folder, name)
    try:
        await_plane(plane)
        yield plane
    finally:
        plane.end()


def await_plane(plane: NodelessPlane) -> None:
    """Wait until its API server is ready for everybody.

    Raises:
        PracticeError: A part of it ended, or it took too long; its last words.
    """
    endpoint = ApiEndpoint(ADDRESS, plane.port, secrets_of(plane.folder))

    def ready() -> bool:
        for name, part in (("etcd", plane.etcd), ("kube-apiserver", plane.server)):
            if part.poll() is not None:
                raise PracticeError(f"{name} of {plane.name} ended at once: {end_of_log(plane.folder, name)}")
        return api_server.api_ready(endpoint)

    if not wait_until(ready, READY_SECONDS, 0.1):
        words = end_of_log(plane.folder, "kube-apiserver")
        raise PracticeError(f"{plane.name} was not ready within {READY_SECONDS:.0f} s: {words}")


def write_plane_access(folder: Path, name: str, port: int) -> None:
    """Write certificates, the administrator's kubeconfig, and the way that leads to no node."""
    secrets = secrets_of(folder)
    serving = WantedCertificate(
        file="apiserver", common="kube-apiserver", addresses=(ADDRESS, ADVERTISED, API_SERVICE)
    )
    admin = WantedCertificate(file="admin", common="outage-practice-admin", organisation=MASTERS)
    certificates.certify_all(secrets, (serving, admin))
    kubeconfigs.write_context(
        folder / "kubeconfig",
        name,
        {
            "server": f"https://{ADDRESS}:{port}",
            "certificate-authority-data": kubeconfigs.base64_of(secrets / "ca.crt"),
        },
        {
            "client-certificate-data": kubeconfigs.base64_of(secrets / "admin.crt"),
            "client-key-data": kubeconfigs.base64_of(secrets / "admin.key"),
        },
    )
    way = {
        "proxyProtocol": "HTTPConnect",
        "transport": {"uds": {"udsName": str(socket_towards_nodes(folder))}},
    }
    content = {
        "apiVersion": "apiserver.k8s.io/v1beta1",
        "kind": "EgressSelectorConfiguration",
        "egressSelections": [{"name": "cluster", "connection": way}],
    }
    (folder / "egress.yaml").write_text(yaml.safe_dump(content, sort_keys=False))


def server_arguments(folder: Path, port: int, etcd: int) -> list[str]:
    """Return the API server's arguments; pods need no ServiceAccount, for nobody makes any."""
    secrets = secrets_of(folder)
    return [
        f"--advertise-address={ADVERTISED}",
        f"--bind-address={ADDRESS}",
        f"--secure-port={port}",
        f"--etcd-servers=http://{ADDRESS}:{etcd}",
        f"--service-cluster-ip-range={SERVICES_RANGE}",
        "--endpoint-reconciler-type=none",
        "--authorization-mode=RBAC",
        "--disable-admission-plugins=ServiceAccount",
        f"--egress-selector-config-file={folder}/egress.yaml",
        f"--client-ca-file={secrets}/ca.crt",
        f"--tls-cert-file={secrets}/apiserver.crt",
        f"--tls-private-key-file={secrets}/apiserver.key",
        "--service-account-issuer=https://kubernetes.default.svc.cluster.local",
        f"--service-account-key-file={secrets}/sa.pub",
        f"--service-account-signing-key-file={secrets}/sa.key",
        "--profiling=false",
        "--v=1",
    ]


def start_part(folder: Path, component: str, arguments: Sequence[str]) -> subprocess.Popen[bytes]:
    """Start a component in the machine's own network, by no name that the practice cluster would take for its own."""
    binary = str(kubernetes_build.build_folder() / kubernetes_build.BINARY)
    with log_of(folder, component).open("ab") as output:
        return subprocess.Popen(
            [*WITH_CALLER, binary, component, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env={"PATH": os.environ.get("PATH", ""), **control_plane.QUIET},
            cwd=folder,
        )


def end_part(part: subprocess.Popen[bytes]) -> None:
    """Kill a component and bury it."""
    part.kill()
    part.wait(ENDED_SECONDS)


def free_ports(count: int) -> list[int]:
    """Return ports of loopback that nobody has, each another."""
    with contextlib.ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind((ADDRESS, 0))
        return [int(one.getsockname()[1]) for one in sockets]


def secrets_of(folder: Path) -> Path:
    """Return the folder of its keys and certificates."""
    return folder / "pki"


def socket_towards_nodes(folder: Path) -> Path:
    """Return the socket by which its API server looks for nodes and pods."""
    return folder / "nodes.sock"


def log_of(folder: Path, component: str) -> Path:
    """Return the file that a component writes."""
    return folder / f"{component}.log"


def end_of_log(folder: Path, component: str) -> str:
    """Return the end of a component's log, for the sentence that says it died."""
    lines = log_of(folder, component).read_text(errors="replace").strip().splitlines()
    return " | ".join(lines[-3:])[-600:] or "it said nothing"
