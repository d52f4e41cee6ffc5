"""The configuration files of a node's components.

Intervals are long where nobody waits for them, and short where a drill does: a dead kubelet is seen within 25 s.
Two cores carry two nodes, the control plane, the platform and the responder.
"""

import json
from pathlib import Path

import yaml

from practice.cluster import cluster_layout
from practice.cluster.cluster_layout import Node

RUNTIME_ENDPOINT = "unix:///run/containerd/containerd.sock"


def write_node_settings(node: Node) -> None:
    """Write every configuration file of a node into its folder."""
    folder = node.folder
    (folder / "cni").mkdir(parents=True, exist_ok=True)
    (folder / "containerd.toml").write_text(containerd_settings(folder))
    (folder / "cni" / "10-pods.conflist").write_text(json.dumps(pod_network(node), indent=2))
    (folder / "resolv.conf").write_text(
        f"nameserver {cluster_layout.CONTROL.address}\noptions timeout:1 attempts:2\n"
    )
    (folder / "kubelet.yaml").write_text(yaml.safe_dump(kubelet_settings(node), sort_keys=False))
    (folder / "kube-proxy.yaml").write_text(yaml.safe_dump(kube_proxy(node), sort_keys=False))


def containerd_settings(root: Path, state: str = "/run/containerd") -> str:
    """Return the container runtime's configuration.

    `restrict_oom_score_adj`: without CAP_SYS_RESOURCE a sandbox that asks for a better score does not start.
    """
    return f"""version = 2
root = "{root}/containerd"
state = "{state}"
disabled_plugins = ["io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.btrfs",
  "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.zfs",
  "io.containerd.tracing.processor.v1.otlp", "io.containerd.internal.v1.tracing"]

[grpc]
  address = "{state}/containerd.sock"

[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "{cluster_layout.PAUSE_IMAGE}"
  restrict_oom_score_adj = true
  tolerate_missing_hugetlb_controller = true
  stream_server_address = "127.0.0.1"
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "{root}/cni"
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "overlayfs"
    default_runtime_name = "runc"
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
      SystemdCgroup = false
"""


def pod_network(node: Node) -> dict[str, object]:
    """Return how a pod is plugged in: point to point, so that even neighbours meet through the node's rules.

    On a shared bridge the answer of a Service's pod on the same node would take a short cut past the translation.
    """
    ranges = [[{"subnet": node.pods}]]
    routes = [{"dst": "0.0.0.0/0"}]
    return {
        "cniVersion": "0.4.0",
        "name": "pods",
        "plugins": [
            {
                "type": "ptp",
                "ipMasq": False,
                "ipam": {"type": "host-local", "ranges": ranges, "routes": routes},
            },
            {"type": "portmap", "capabilities": {"portMappings": True}},
        ],
    }


def kubelet_settings(node: Node) -> dict[str, object]:
    """Return the kubelet's configuration."""
    secrets = cluster_layout.secrets_folder()
    return {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "address": node.address,
        "authentication": {
            "anonymous": {"enabled": False},
            "webhook": {"enabled": True},
            "x509": {"clientCAFile": str(secrets / "ca.crt")},
        },
        "authorization": {"mode": "Webhook"},
        "tlsCertFile": str(secrets / f"{node.name}.crt"),
        "tlsPrivateKeyFile": str(secrets / f"{node.name}.key"),
        "containerRuntimeEndpoint": RUNTIME_ENDPOINT,
        "cgroupDriver": "cgroupfs",
        "cgroupRoot": node.cgroup,
        "enforceNodeAllocatable": [],
        "failSwapOn": False,
        "oomScoreAdj": 0,
        "clusterDNS": [cluster_layout.CLUSTER_DNS],
        "clusterDomain": "cluster.local",
        "resolvConf": str(node.folder / "resolv.conf"),
        "nodeStatusUpdateFrequency": "4s",
        "nodeStatusReportFrequency": "1m",
        "volumeStatsAggPeriod": "5m",
        "maxPods": 100,
        "registryPullQPS": 0,
        "kubeAPIQPS": 100,
        "kubeAPIBurst": 200,
        "imageGCHighThresholdPercent": 100,  # images come from no registry: collected is lost
        "evictionHard": {"memory.available": "200Mi", "nodefs.available": "1%", "imagefs.available": "1%"},
        "logging": {"verbosity": 1},
    }


def kube_proxy(node: Node) -> dict[str, object]:
    """Return kube-proxy's configuration; what comes from beyond the pods, as the host, is masqueraded."""
    return {
        "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
        "kind": "KubeProxyConfiguration",
        "mode": "iptables",
        "clientConnection": {"kubeconfig": str(cluster_layout.secrets_folder() / "proxy.kubeconfig")},
        "detectLocalMode": "ClusterCIDR",
        "clusterCIDR": cluster_layout.PODS_RANGE,
        "conntrack": {"maxPerCore": 0, "min": 0, "tcpEstablishedTimeout": "0s", "tcpCloseWaitTimeout": "0s"},
        "iptables": {"minSyncPeriod": "200ms", "syncPeriod": "60s"},
        "metricsBindAddress": f"{node.address}:10249",
        "healthzBindAddress": f"{node.address}:10256",
    }
