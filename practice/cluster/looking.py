"""Looking at the cluster: what runs, where, since when, and what is wrong with it."""

from collections.abc import Mapping
from datetime import UTC, datetime

from practice import places
from practice.cluster import api, belonging, control, layout, nodes, processes
from practice.cluster.layout import CONTROL, NODES, Node
from practice.errors import PracticeError
from practice.say import Line


def look() -> list[Line]:
    """Return one line for each part of the cluster."""
    said = ready_nodes()
    lines = [line_of(name, CONTROL, CONTROL.address) for name in control.COMPONENTS]
    if not api.ready():
        lines[1] = Line(
            "kube-apiserver", CONTROL.address, lines[1].since, lines[1].wrong or "does not answer"
        )
    for node in NODES:
        lines.append(line_of_node(node, node.name in said))
    return lines


def line_of(name: str, place: layout.Place, where: str) -> Line:
    """Return the line of one component."""
    process = processes.find(name, place)
    if process is None:
        return Line(name, where, wrong="does not run")
    wrong = "is stopped by a signal" if processes.frozen(process) else ""
    return Line(name, where, datetime.fromtimestamp(process.started, UTC), wrong)


def line_of_node(node: Node, ready: bool) -> Line:
    """Return the line of a node: its missing components first, for they explain the rest."""
    parts = [line_of(name, node, node.address) for name in (nodes.FIRST, *nodes.COMPONENTS)]
    wrong = [f"{part.what} {part.wrong}" for part in parts if part.wrong]
    if not wrong and not ready:
        wrong = ["is not Ready"]
    return Line(node.name, node.address, parts[0].since, ", ".join(wrong))


def is_whole() -> bool:
    """Tell whether everything of the cluster runs, without asking whether it is well."""
    return not control.missing() and not any(nodes.missing(node) for node in NODES)


def exists() -> bool:
    """Tell whether anything of a cluster is there: a process, a namespace or its folder."""
    return (
        places.home().exists()
        or any(place.netns.exists() for place in layout.PLACES)
        or bool(belonging.ours())
    )


def ready_nodes() -> dict[str, datetime]:
    """Return when each Ready node was last said to be; none while the API server does not answer."""
    try:
        return api.ready_nodes()
    except PracticeError:
        return {}


def is_ready(node: Node, said: Mapping[str, datetime]) -> bool:
    """Tell whether the kubelet that runs now has called its node Ready."""
    kubelet = processes.find("kubelet", node)
    since = said.get(node.name)
    # Heartbeats are in whole seconds.
    return kubelet is not None and since is not None and since.timestamp() + 1 > kubelet.started


def refuse_foreign() -> None:
    """Say so when the cluster on this machine was raised in another state folder.

    Namespaces and addresses exist once a machine, so the other one would be taken for ours and be damaged.

    Raises:
        PracticeError: It was.
    """
    ours = f"{layout.binaries()}/"
    for process in belonging.ours():
        folder, slash, name = process.command[0].rpartition("/bin/")
        if slash and name in {nodes.FIRST, *control.COMPONENTS} and not process.command[0].startswith(ours):
            raise PracticeError(
                f"the practice cluster on this machine was raised with OUTAGE_PRACTICE_HOME={folder}: set it to that, "
                "or take that cluster down first"
            )
