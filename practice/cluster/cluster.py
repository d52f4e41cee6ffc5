"""Raising the cluster, each part only as far as it is not up.

start_control   network, certificates, etcd, API server, controllers, scheduler, relay, names
start_nodes     both nodes with their images, until their kubelets call them Ready
"""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from practice.cluster import (
    api,
    build,
    certificates,
    clearing,
    control,
    images,
    kubeconfigs,
    layout,
    looking,
    network,
    nodes,
    processes,
    store,
    traces,
)
from practice.cluster.layout import CONTROL, NODES, Node
from practice.errors import PracticeError
from practice.steps import Work

MOST_REVIVALS = 8  # of one node's components in one `up`; a component that always ends does so within seconds


def start_control(work: Work) -> None:
    """Raise the network and the control plane, as far as they are not up.

    Raises:
        PracticeError: The API server did not become ready.
    """
    traces.leave()
    clearing.end_strays()
    network.raise_network()
    build.install(layout.binaries())
    certificates.make()
    kubeconfigs.write_all()
    for component in ("etcd", "names", "relay", "kube-apiserver"):
        control.start(component)
    await_component(work, "kube-apiserver", api.ready, 90)
    for component in control.COMPONENTS:
        control.start(component)


def await_component(work: Work, component: str, ready: Callable[[], bool], seconds: float) -> None:
    """Wait for a component, and say its last words when it dies instead.

    Raises:
        PracticeError: It died or took too long.
    """

    def settled() -> bool:
        if work.stop.is_set():
            raise PracticeError(f"{work.name} was stopped")
        for name in ("etcd", component):
            if processes.find(name, CONTROL) is None:
                time.sleep(0.5)  # between nsenter and the component there is a moment without either
                if processes.find(name, CONTROL) is None:
                    raise PracticeError(f"{name} ended at once: {processes.last_words(name)}")
        return ready()

    time.sleep(0.2)
    processes.wait_until(settled, seconds, f"{component} was not ready")


def start_nodes(archives: Sequence[Path], work: Work) -> None:
    """Switch both nodes on, with their images, and wait until Kubernetes calls them Ready.

    Raises:
        PracticeError: A node did not become Ready.
    """
    everything = [images.pause(), *archives]
    with ThreadPoolExecutor(len(NODES)) as both:
        list(both.map(lambda node: start_node(node, everything), NODES))
    images.load(everything)
    await_nodes(work)


def start_node(node: Node, archives: Sequence[Path]) -> None:
    """Switch one node on and start what is missing on it."""
    if nodes.first(node) is None:
        store.link(archives, node)
    nodes.switch_on(node)
    nodes.start(node, "containerd")
    processes.wait_until(lambda: nodes.runtime_answers(node), 30, f"containerd of {node.name} did not listen")
    for component in nodes.COMPONENTS:
        nodes.start(node, component)


def await_nodes(work: Work) -> None:
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
            tries[node] += revive(node, tries[node])
        said = looking.ready_nodes()
        return all(looking.is_ready(node, said) for node in NODES)

    names = " and ".join(node.name for node in NODES)
    processes.wait_until(settled, 120, f"{names} were not Ready", pause=0.5)


def revive(node: Node, tries: int) -> int:
    """Start what has ended on a node, and return how many components that were.

    Raises:
        PracticeError: They were too many by now; the last words of one.
    """
    ended = [name for name in nodes.missing(node) if name in nodes.COMPONENTS]
    if not ended:
        return 0
    if tries >= MOST_REVIVALS:
        words = processes.last_words(f"{node.name}-{ended[0]}")
        raise PracticeError(f"{ended[0]} of {node.name} keeps ending: {words}")
    time.sleep(1.0)  # between nsenter and the component there is a moment without either
    for component in nodes.missing(node):
        nodes.start(node, component)
    return len(ended)
