"""The control plane: etcd, the API server, the controllers, the scheduler, and two small services beside them.

`relay` carries Alertmanager's webhook to the responder's unix socket; `names` is the public name service.
"""

from pathlib import Path

from practice import places
from practice.cluster import cluster_layout
from practice.cluster.audit_log import audit_arguments
from practice.cluster.cluster_layout import CONTROL
from practice.host import host_commands, host_processes

COMPONENTS = ("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "relay", "names")
QUIET = {"GOMAXPROCS": "2", "GOGC": "150"}


def start_component(component: str) -> None:
    """Start one component, unless it runs as it should; one that does not is ended first."""
    command = [str(cluster_layout.binaries_folder() / component), *control_plane_arguments(component)]
    if not host_processes.runs_as(command, CONTROL):
        host_processes.start_host_process(
            host_commands.run_inside(CONTROL.namespace, command), log=component, environment=QUIET
        )


def stop_component(component: str) -> None:
    """Kill one component, as a crash does."""
    if (found := host_processes.find_processes(component, CONTROL)) is not None:
        host_processes.kill_process([found])


def missing_components() -> list[str]:
    """Return what should run and does not."""
    return [name for name in COMPONENTS if host_processes.find_processes(name, CONTROL) is None]


def control_plane_arguments(component: str) -> list[str]:
    """Return the arguments a component is started with."""
    return {
        "etcd": etcd_arguments("practice", places.practice_home() / "etcd", 2379, 2380),
        "kube-apiserver": api_server(),
        "kube-controller-manager": controller_arguments(),
        "kube-scheduler": [
            f"--kubeconfig={cluster_layout.secrets_folder()}/scheduler.kubeconfig",
            "--leader-elect=false",
            "--bind-address=127.0.0.1",
        ],
        "relay": [
            f"-listen={CONTROL.address}:{cluster_layout.INTAKE_PORT}",
            f"-socket={places.intake_socket()}",
        ],
        "names": [f"-listen={CONTROL.address}:53", f"-file={places.public_hosts()}"],
    }[component]


def etcd_arguments(name: str, data: Path, clients: int, peers: int) -> list[str]:
    """Return etcd's arguments; nothing is synced to disk, because a lost cluster is made anew.

    Args:
        name: Of its only member.
        data: The folder of what it keeps.
        clients: Port that it listens on for the API server.
        peers: Port for other members, of which there are none.
    """
    return [
        f"--name={name}",
        f"--data-dir={data}",
        f"--listen-client-urls=http://127.0.0.1:{clients}",
        f"--advertise-client-urls=http://127.0.0.1:{clients}",
        f"--listen-peer-urls=http://127.0.0.1:{peers}",
        f"--initial-advertise-peer-urls=http://127.0.0.1:{peers}",
        f"--initial-cluster={name}=http://127.0.0.1:{peers}",
        "--unsafe-no-fsync",
        "--auto-compaction-retention=5m",
        "--log-level=warn",
    ]


def api_server() -> list[str]:
    """Return the API server's arguments."""
    secrets = cluster_layout.secrets_folder()
    return [
        f"--advertise-address={CONTROL.address}",
        f"--bind-address={CONTROL.address}",
        f"--secure-port={cluster_layout.API_PORT}",
        "--etcd-servers=http://127.0.0.1:2379",
        f"--service-cluster-ip-range={cluster_layout.SERVICES_RANGE}",
        "--authorization-mode=Node,RBAC",
        "--enable-admission-plugins=NodeRestriction",
        "--allow-privileged=true",
        f"--client-ca-file={secrets}/ca.crt",
        f"--tls-cert-file={secrets}/apiserver.crt",
        f"--tls-private-key-file={secrets}/apiserver.key",
        f"--kubelet-certificate-authority={secrets}/ca.crt",
        f"--kubelet-client-certificate={secrets}/apiserver-kubelet.crt",
        f"--kubelet-client-key={secrets}/apiserver-kubelet.key",
        "--kubelet-preferred-address-types=InternalIP",
        "--service-account-issuer=https://kubernetes.default.svc.cluster.local",
        f"--service-account-key-file={secrets}/sa.pub",
        f"--service-account-signing-key-file={secrets}/sa.key",
        f"--requestheader-client-ca-file={secrets}/front-proxy-ca.crt",
        "--requestheader-allowed-names=front-proxy-client",
        "--requestheader-extra-headers-prefix=X-Remote-Extra-",
        "--requestheader-group-headers=X-Remote-Group",
        "--requestheader-username-headers=X-Remote-User",
        f"--proxy-client-cert-file={secrets}/front-proxy.crt",
        f"--proxy-client-key-file={secrets}/front-proxy.key",
        "--enable-aggregator-routing=true",
        *audit_arguments(),
        "--event-ttl=2h",
        "--profiling=false",
        "--v=1",
    ]


def controller_arguments() -> list[str]:
    """Return the controllers' arguments; a node is called dead after 20 s, as drills wait for it."""
    secrets = cluster_layout.secrets_folder()
    return [
        f"--kubeconfig={secrets}/controllers.kubeconfig",
        "--leader-elect=false",
        "--bind-address=127.0.0.1",
        "--use-service-account-credentials=true",
        f"--service-account-private-key-file={secrets}/sa.key",
        f"--root-ca-file={secrets}/ca.crt",
        f"--cluster-signing-cert-file={secrets}/ca.crt",
        f"--cluster-signing-key-file={secrets}/ca.key",
        "--node-monitor-grace-period=20s",
        "--node-monitor-period=4s",
        "--horizontal-pod-autoscaler-sync-period=15s",
        "--kube-api-qps=100",
        "--kube-api-burst=200",
        "--profiling=false",
    ]
