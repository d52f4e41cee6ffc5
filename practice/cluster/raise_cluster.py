"""Raising the cluster, each part only as far as it is not up.

start_control   network, certificates, etcd, API server, controllers, scheduler, relay, names
start_nodes     both nodes with their images, until their kubelets call them Ready
"""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from practice.cluster import (
    api_server,
    audit_log,
    certificates,
    cluster_layout,
    cluster_status,
    control_plane,
    image_store,
    kubeconfigs,
    kubernetes_build,
    node_images,
    worker_nodes,
)
from practice.cluster.cluster_layout import CONTROL, NODES, Node
from practice.host import clearing, host_network, host_processes, traces
from practice.host.ground_steps import GroundWork
from practice.practice_errors import PracticeError

MOST_REVIVALS = 8  # of one node's components in one `up`; a component that always ends does so within seconds


def start_control(work: GroundWork) -> None:
    """Raise the network and the control plane, as far as they are not up.

    Raises:
        PracticeError: The API server did not become ready.
    """
    traces.leave_trace()
    clearing.end_strays()
    host_network.raise_network()
    kubernetes_build.install_binary(cluster_layout.binaries_folder())
    certificates.make_certificates()
    kubeconfigs.write_all()
    audit_log.write_audit_policy()
    for component in ("etcd", "names", "relay", "kube-apiserver"):
        control_plane.start_component(component)
    await_component(work, "kube-apiserver", api_server.api_ready, 90)
    for component in control_plane.COMPONENTS:
        control_plane.start_component(component)


def await_component(work: GroundWork, component: str, ready: Callable[[], bool], seconds: float) -> None:
    """Wait for a component, and say its last words when it dies instead.

    Raises:
        PracticeError: It died or took too long.
    """

    def settled() -> bool:
        if work.stop.is_set():
            raise PracticeError(f"{work.name} was stopped")
        for name in ("etcd", component):
            if host_processes.find_processes(name, CONTROL) is None:
                time.sleep(0.5)  # between nsenter and the component there is a moment without either
                if host_processes.find_processes(name, CONTROL) is None:
                    raise PracticeError(f"{name} ended at once: {host_processes.last_log_words(name)}")
        return ready()

    time.sleep(0.2)
    host_processes.require_within(settled, seconds, f"{component} was not ready")


def start_nodes(archives: Sequence[Path], work: GroundWork) -> None:
    """Switch both nodes on, with their images, and wait until Kubernetes calls them Ready.

    Raises:
        PracticeError: A node did not become Ready.
    """
    everything = [node_images.pause_image(), *archives]
    with ThreadPoolExecutor(len(NODES)) as both:
        list(both.map(lambda node: start_node(node, everything), NODES))
    node_images.load_images(everything)
    await_nodes(work)


def start_node(node: Node, archives: Sequence[Path]) -> None:
    """Switch one node on and start what is missing on it."""
    if worker_nodes.first_process(node) is None:
        image_store.link_images(archives, node)
    worker_nodes.switch_on(node)
    worker_nodes.start_node_part(node, "containerd")
    host_processes.require_within(
        lambda: worker_nodes.runtime_answers(node), 30, f"containerd of {node.name} did not listen"
    )
    for component in worker_nodes.COMPONENTS:
        worker_nodes.start_node_part(node, component)


def await_nodes(work: GroundWork) -> None:
    """Wait until each node's present kubelet has called it Ready; the word of a dead one does not count.

    A kubelet gives up when its container runtime is still taking stock of the pods it finds: it is started again.

    Raises:
        PracticeError: A node did not become Ready in time, or a component of it keeps ending.
    """
    tries = dict.fromkeys(NODES, 0)

    def settled() -> bool:
        if work.stop.is_set():
            raise PracticeError(f"{work.name} was stopped")
        for node in NODES:
            tries[node] += revive_components(node, tries[node])
        said = cluster_status.ready_nodes()
        return all(cluster_status.is_node_ready(node, said) for node in NODES)

    names = " and ".join(node.name for node in NODES)
    host_processes.require_within(settled, 120, f"{names} were not Ready", pause=0.5)


def revive_components(node: Node, tries: int) -> int:
    """Start what has ended on a node, and return how many components that were.

    Raises:
        PracticeError: They were too many by now; the last words of one.
    """
    ended = [name for name in worker_nodes.missing_node_parts(node) if name in worker_nodes.COMPONENTS]
    if not ended:
        return 0
    if tries >= MOST_REVIVALS:
        words = host_processes.last_log_words(f"{node.name}-{ended[0]}")
        raise PracticeError(f"{ended[0]} of {node.name} keeps ending: {words}")
    time.sleep(1.0)  # between nsenter and the component there is a moment without either
    for component in worker_nodes.missing_node_parts(node):
        worker_nodes.start_node_part(node, component)
    return len(ended)
