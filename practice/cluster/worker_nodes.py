"""A node: a first process that holds its namespaces, and the container runtime, kubelet and kube-proxy in them.

The node has a process namespace of its own: ending its first process is pulling its plug, and the kernel then ends
every shim and container on it. Its mounts are its own too; the few folders that Kubernetes insists on are bound to
the node's folder there, and the host's stay as they were.
"""

import os
import shlex
from pathlib import Path

from practice.cluster import cluster_layout, node_settings
from practice.cluster.cluster_layout import Node
from practice.host import cgroups, host_processes
from practice.host.host_processes import Process
from practice.practice_errors import PracticeError

FIRST = "node-init"
COMPONENTS = ("containerd", "kubelet", "kube-proxy")
RUNTIME_SOCKET = "/run/containerd/containerd.sock"
BOUND = {
    "kubelet": Path("/var/lib/kubelet"),
    "cni-state": Path("/var/lib/cni"),
    "pods": Path("/var/log/pods"),
    "containers": Path("/var/log/containers"),
}
"""Folders of the node, and where Kubernetes expects them; these must exist on the host to be bound over."""
QUIET = {"GOMAXPROCS": "2"}


def switch_on(node: Node) -> Process:
    """Start the node's first process, unless it lives; return it."""
    if (found := first_process(node)) is not None:
        return found
    cgroups.make_cgroups(node)
    for name in (*BOUND, "containerd"):
        (node.folder / name).mkdir(parents=True, exist_ok=True)
    node_settings.write_node_settings(node)
    namespaces = ["unshare", "--mount", "--pid", "--uts", "--fork", "--propagation", "private"]
    script = ["sh", "-euc", raising_script(node)]
    host_processes.start_host_process(
        ["nsenter", f"--net={node.netns}", "--", *namespaces, "--", *script], log=node.name
    )
    host_processes.require_within(
        lambda: first_process(node) is not None, 10, f"{node.name} was not switched on", pause=0.02
    )
    return the_first(node)


def raising_script(node: Node) -> str:
    """Return what the first process does before it becomes the holder."""
    binds = []
    for name, target in BOUND.items():
        binds.append(f"mount --bind {shlex.quote(str(node.folder / name))} {target}")
        binds.append(f"mount --make-rshared {target}")
    return "\n".join(
        [
            "mount -t proc proc /proc",
            "mount -t tmpfs -o mode=755 tmpfs /run",
            "mount --make-rshared /run",
            "mkdir -p /run/netns /run/lock",
            f"hostname {node.name}",
            *binds,
            f"exec {cluster_layout.binaries_folder() / FIRST}",
        ]
    )


def first_process(node: Node) -> Process | None:
    """Return the process that holds the node, or None when the node is off."""
    return host_processes.find_processes(FIRST, node)


def the_first(node: Node) -> Process:
    """Return the process that holds the node.

    Raises:
        PracticeError: The node is off.
    """
    found = first_process(node)
    if found is None:
        raise PracticeError(f"{node.name} is off: run `outage practice up`")
    return found


def inside_node(node: Node, *command: str) -> list[str]:
    """Return the command as it is run on the node."""
    pid = str(the_first(node).pid)
    return ["nsenter", "--target", pid, "--mount", "--pid", "--net", "--uts", "--", *command]


def start_node_part(node: Node, component: str) -> None:
    """Start one component of a node that is on, unless it runs as it should; one that does not is ended first."""
    command = [str(cluster_layout.binaries_folder() / component), *node_arguments(node, component)]
    if not host_processes.runs_as(command, node):
        host_processes.start_host_process(
            inside_node(node, *command), log=f"{node.name}-{component}", environment=QUIET
        )


def stop_node_part(node: Node, component: str) -> None:
    """Kill one component and leave the containers running, as a crashed one does."""
    if (found := host_processes.find_processes(component, node)) is not None:
        host_processes.end_processes(found)


def switch_off(node: Node) -> None:
    """Pull the plug: the kernel ends everything on the node with its first process."""
    if (found := first_process(node)) is not None:
        host_processes.kill_process([found])


def node_arguments(node: Node, component: str) -> list[str]:
    """Return the arguments a component of the node is started with."""
    folder = node.folder
    kubeconfig = cluster_layout.secrets_folder() / f"{node.name}.kubeconfig"
    return {
        "containerd": [f"--config={folder}/containerd.toml", "--log-level=warn"],
        "kubelet": [
            f"--config={folder}/kubelet.yaml",
            f"--kubeconfig={kubeconfig}",
            f"--hostname-override={node.name}",
            f"--node-ip={node.address}",
            f"--node-labels=topology.kubernetes.io/zone={node.name},node.kubernetes.io/instance-type=practice",
            "--housekeeping-interval=10s",
            "--v=1",
        ],
        "kube-proxy": [f"--config={folder}/kube-proxy.yaml", f"--hostname-override={node.name}"],
    }[component]


def runtime_answers(node: Node) -> bool:
    """Tell whether the container runtime listens."""
    holder = first_process(node)
    return holder is not None and os.path.exists(f"/proc/{holder.pid}/root{RUNTIME_SOCKET}")


def missing_node_parts(node: Node) -> list[str]:
    """Return what should run on the node and does not."""
    if first_process(node) is None:
        return [FIRST, *COMPONENTS]
    return [name for name in COMPONENTS if host_processes.find_processes(name, node) is None]
