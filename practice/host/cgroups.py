"""The pods' cgroups: one folder a node in every hierarchy, of version 1 or 2."""

from collections.abc import Sequence
from pathlib import Path

import psutil

from blocks.retry import wait_until
from practice.cluster.cluster_layout import NODES, Node
from practice.practice_errors import PracticeError

MOUNT = Path("/sys/fs/cgroup")
INHERITED = (
    "cpuset.cpus",
    "cpuset.mems",
)  # empty in a new folder of version 1; nothing runs until they are set
WEIGHTS = {"cpu.shares": "16384", "cpu.weight": "1600"}
"""Sixteen times the default, in version 1 and in version 2."""
NEEDED = ("cpu", "cpuset", "memory", "pids")


def hierarchies() -> list[Path]:
    """Return the mounted hierarchies: several in version 1, one in version 2."""
    if (MOUNT / "cgroup.controllers").exists():
        return [MOUNT]
    paths = [Path(one.mountpoint) for one in psutil.disk_partitions(all=True) if one.fstype == "cgroup"]
    return [path for path in paths if path.parent == MOUNT and path.is_dir()]


def refuse_unusable() -> None:
    """Say so when pods could not be held by cgroups here.

    Raises:
        PracticeError: A controller is missing.
    """
    if (MOUNT / "cgroup.controllers").exists():
        present = set((MOUNT / "cgroup.controllers").read_text().split())
    else:
        present = {name for path in hierarchies() for name in path.name.split(",")}
    missing = [name for name in NEEDED if name not in present]
    if missing:
        raise PracticeError(
            f"the cgroup controllers {', '.join(missing)} are not mounted under {MOUNT}: run on a machine or "
            "container that has them, or use a cluster of your own with --context"
        )


def make_cgroups(node: Node) -> None:
    """Make the node's folder in each hierarchy, without what the pods of an earlier life left in it.

    A kubelet looks three seconds at each folder of a container that is no more before it registers.
    """
    remove_cgroups([node])
    for hierarchy in hierarchies():
        folder = hierarchy / node.cgroup.strip("/")
        folder.mkdir(exist_ok=True)
        if (hierarchy / "cgroup.controllers").exists():
            delegate_controllers(hierarchy, folder)
        inherit_cpuset(hierarchy, folder)
        weigh_cgroup(folder)


def weigh_cgroup(folder: Path) -> None:
    """Give a node the weight of a machine: a new folder has that of one process, for all its pods together.

    Beside a busy build they would time out asking for each other's names.
    """
    for name, weight in WEIGHTS.items():
        if (folder / name).exists():
            (folder / name).write_text(weight)


def delegate_controllers(hierarchy: Path, folder: Path) -> None:
    """Hand every controller of version 2 down to the node's folder and its children."""
    wanted = " ".join(f"+{name}" for name in (hierarchy / "cgroup.controllers").read_text().split())
    for parent in (hierarchy, folder):
        (parent / "cgroup.subtree_control").write_text(wanted)


def inherit_cpuset(hierarchy: Path, folder: Path) -> None:
    """Copy the processors and memory nodes a folder of version 1 does not get by itself."""
    for name in INHERITED:
        source, target = hierarchy / name, folder / name
        if source.exists() and target.exists() and not target.read_text().strip():
            target.write_text(source.read_text())


def remaining_cgroups(nodes: Sequence[Node]) -> list[Path]:
    """Return the nodes' folders that exist, in hierarchies nobody uses too."""
    roots = {*hierarchies(), *(path for path in MOUNT.glob("*") if path.is_dir())}
    folders = [root / node.cgroup.strip("/") for root in roots for node in nodes]
    return sorted(folder for folder in folders if folder.is_dir())


def remove_cgroups(nodes: Sequence[Node] = NODES, patience_seconds: float = 10.0) -> None:
    """Remove the nodes' folders; a process that is just dying still holds its own for a moment.

    Raises:
        PracticeError: A folder stayed in use.
    """

    def pruned() -> bool:
        for folder in remaining_cgroups(nodes):
            prune_cgroups(folder)
        return not remaining_cgroups(nodes)

    if not wait_until(pruned, patience_seconds, 0.02):
        folders = ", ".join(map(str, remaining_cgroups(nodes)))
        raise PracticeError(f"cgroup folders still in use: {folders}; run `outage practice down`")


def prune_cgroups(folder: Path) -> None:
    """Remove a folder and all below it, deepest first, as far as the kernel lets."""
    for child in folder.iterdir():
        if child.is_dir():
            prune_cgroups(child)
    try:
        folder.rmdir()
    except OSError:
        return  # still in use: the caller comes again
