"""Looking at the cluster: what runs, where, since when, and what is wrong with it."""

from collections.abc import Mapping
from datetime import UTC, datetime

from practice import places
from practice.cluster import api_server, cluster_layout, control_plane, worker_nodes
from practice.cluster.cluster_layout import CONTROL, NODES, Node
from practice.host import belonging, host_processes
from practice.host.narration import Narrate
from practice.practice_errors import PracticeError


def look_at_cluster_parts() -> list[Narrate]:
    """Return one line for each part of the cluster."""
    said = ready_nodes()
    lines = [component_line(name, CONTROL, CONTROL.address) for name in control_plane.COMPONENTS]
    if not api_server.api_ready():
        lines[1] = Narrate(
            "kube-apiserver", CONTROL.address, lines[1].since, lines[1].wrong or "does not answer"
        )
    for node in NODES:
        lines.append(line_of_node(node, node.name in said))
    return lines


def component_line(name: str, place: cluster_layout.Place, where: str) -> Narrate:
    """Return the line of one component."""
    process = host_processes.find_processes(name, place)
    if process is None:
        return Narrate(name, where, wrong="does not run")
    wrong = "is stopped by a signal" if host_processes.frozen_processes(process) else ""
    return Narrate(name, where, datetime.fromtimestamp(process.started, UTC), wrong)


def line_of_node(node: Node, ready: bool) -> Narrate:
    """Return the line of a node: its missing components first, for they explain the rest."""
    parts = [
        component_line(name, node, node.address) for name in (worker_nodes.FIRST, *worker_nodes.COMPONENTS)
    ]
    wrong = [f"{part.what} {part.wrong}" for part in parts if part.wrong]
    if not wrong and not ready:
        wrong = ["is not Ready"]
    return Narrate(node.name, node.address, parts[0].since, ", ".join(wrong))


def is_whole() -> bool:
    """Tell whether everything of the cluster runs, without asking whether it is well."""
    return not control_plane.missing_components() and not any(
        worker_nodes.missing_node_parts(node) for node in NODES
    )


def cluster_exists() -> bool:
    """Tell whether anything of a cluster is there: a process, a namespace or its folder."""
    return (
        places.practice_home().exists()
        or any(place.netns.exists() for place in cluster_layout.PLACES)
        or bool(belonging.our_processes())
    )


def ready_nodes() -> dict[str, datetime]:
    """Return when each Ready node was last said to be; none while the API server does not answer."""
    try:
        return api_server.ready_node_names()
    except PracticeError:
        return {}


def is_node_ready(node: Node, said: Mapping[str, datetime]) -> bool:
    """Tell whether the kubelet that runs now has called its node Ready."""
    kubelet = host_processes.find_processes("kubelet", node)
    since = said.get(node.name)
    # Heartbeats are in whole seconds.
    return kubelet is not None and since is not None and since.timestamp() + 1 > kubelet.started


def refuse_foreign() -> None:
    """Say so when the cluster on this machine was raised in another state folder.

    Namespaces and addresses exist once a machine, so the other one would be taken for ours and be damaged.

    Raises:
        PracticeError: It was.
    """
    ours = f"{cluster_layout.binaries_folder()}/"
    for process in belonging.our_processes():
        folder, slash, name = process.command[0].rpartition("/bin/")
        if (
            slash
            and name in {worker_nodes.FIRST, *control_plane.COMPONENTS}
            and not process.command[0].startswith(ours)
        ):
            raise PracticeError(
                f"the practice cluster on this machine was raised with OUTAGE_PRACTICE_HOME={folder}: set it to that, "
                "or take that cluster down first"
            )
