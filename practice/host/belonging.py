"""Which of the machine's processes are the cluster's.

There are no pid files: a process is ours when it lives in one of our network namespaces, in one of our cgroups, or
was started by us: then its environment names our state folder. That also finds what waits for another process and
does nothing of its own, and what lives in a namespace whose name, files and interfaces are long gone.
"""

import os
from collections.abc import Mapping
from pathlib import Path

import psutil

from practice import places
from practice.cluster import cluster_layout
from practice.cluster.cluster_layout import PLACES, Place
from practice.host import host_processes
from practice.host.host_processes import Process

OURS_IN_CGROUP = "/oprac-"


def our_processes() -> list[Process]:
    """Return every process that belongs to the cluster, pods' included."""
    namespaces = namespace_inodes()
    return [process for process in host_processes.all_processes() if belongs_to_cluster(process, namespaces)]


def belongs_to_cluster(process: Process, namespaces: Mapping[int, Place]) -> bool:
    """Tell whether a process is the cluster's; this one and what started it never are."""
    if process.pid in process_ancestors():
        return False
    if process.namespace in namespaces or is_marked(process) or is_lost(process):
        return True
    return OURS_IN_CGROUP in cgroups_of(process.pid)


def is_marked(process: Process) -> bool:
    """Tell whether a process was started for the cluster of our state folder, by us or by one that was.

    Nobody else sets this variable, so it is safe to end such a process wherever it is.
    """
    try:
        variables = psutil.Process(process.pid).environ()
    except (psutil.Error, OSError):
        return False
    return variables.get(cluster_layout.MARK) == str(places.practice_home())


def is_lost(process: Process) -> bool:
    """Tell whether a part of the cluster lives in a namespace whose name was taken away.

    None of ours stays in the host's own namespace: who starts our binary there does so for purposes of their own.
    """
    started_by_us = process.command[0].startswith(f"{cluster_layout.binaries_folder()}/") or is_marked(
        process
    )
    return started_by_us and process.namespace not in {*namespace_inodes(), host_namespace()}


def namespace_inodes() -> dict[int, Place]:
    """Return our network namespaces by identity."""
    found: dict[int, Place] = {}
    for place in PLACES:
        try:
            found[place.netns.stat().st_ino] = place
        except OSError:
            continue
    return found


def host_namespace() -> int:
    """Return the identity of the machine's own network namespace."""
    try:
        return os.stat("/proc/1/ns/net").st_ino
    except PermissionError:  # a sandbox hides its first process: whoever calls us stands for the machine
        return os.stat("/proc/self/ns/net").st_ino


def process_ancestors() -> set[int]:
    """Return this process and everything it was started by: a shell inside the practice network may call us."""
    me = psutil.Process()
    return {me.pid, *(one.pid for one in me.parents())}


def cgroups_of(pid: int) -> str:
    """Return the cgroup lines of a process; nothing when it is gone."""
    try:
        return Path(f"/proc/{pid}/cgroup").read_text()
    except OSError:
        return ""
