"""What raising the cluster leaves on the host beside its own folder, written down first so that `down` can undo it.

Kubernetes insists on a few folders; they must exist on the host for the nodes to bind their own over them.
"""

import json
from pathlib import Path

import psutil

from practice import places
from practice.cluster.worker_nodes import BOUND
from practice.host import host_commands

RECORD = "traces.json"
NAMESPACES = Path("/run/netns")


def leave_trace() -> None:
    """Make the folders that are missing, and write down which, in the order they were made."""
    places.practice_home().mkdir(parents=True, exist_ok=True)
    made = recorded_traces()
    if not made and not is_mounted(NAMESPACES):
        made.append(str(NAMESPACES))
    for folder in BOUND.values():
        missing = [path for path in (folder, *folder.parents) if not path.exists()]
        made += [str(path) for path in reversed(missing) if str(path) not in made]
    (places.practice_home() / RECORD).write_text(json.dumps(made))
    for folder in BOUND.values():
        folder.mkdir(parents=True, exist_ok=True)


def recorded_traces() -> list[str]:
    """Return the folders that were not there before us."""
    try:
        return [str(path) for path in json.loads((places.practice_home() / RECORD).read_text())]
    except (OSError, ValueError):
        return []


def remove_traces(made: list[str]) -> None:
    """Remove the folders we made, deepest first; one that somebody else uses by now stays."""
    for path in map(Path, reversed(made)):
        if path == NAMESPACES and is_mounted(path) and not any(path.iterdir()):
            host_commands.attempt_command("umount", str(path))
        try:
            path.rmdir()
        except OSError:
            continue


def is_mounted(path: Path) -> bool:
    """Tell whether something is mounted there; a folder bound to itself is, though it looks like its parent."""
    return str(path) in {mount.mountpoint for mount in psutil.disk_partitions(all=True)}
