"""Ending and removing: all of the cluster, or what of it could not be found any more.

Nothing here needs what `up` remembered: it looks at the kernel, so it also clears what a killed `up` left.
"""

import shutil
import signal

import psutil

from blocks.retry import wait_until
from practice import places
from practice.cluster import worker_nodes
from practice.cluster.cluster_layout import NODES
from practice.host import belonging, cgroups, host_commands, host_network, host_processes, traces
from practice.host.host_processes import Process
from practice.practice_errors import PracticeError

DEAD_WITHIN_SECONDS = 15.0
"""Some hundred processes of pods die of SIGKILL, and the dead are found and buried one after the other."""


def clear_cluster() -> None:
    """End and remove everything of the cluster, however much of it there is.

    Raises:
        PracticeError: Something could not be ended or removed; what it was.
    """
    made = traces.recorded_traces()
    end_everything()
    host_network.remove_network()
    cgroups.remove_cgroups()
    release_mounts()
    shutil.rmtree(places.practice_home(), ignore_errors=True)
    if places.practice_home().exists():
        raise PracticeError(
            f"{places.practice_home()} could not be removed whole: look what holds it and run down again"
        )
    traces.remove_traces(made)


def end_everything() -> None:
    """Kill every process of ours until none is left, the dead that wait to be buried included.

    Killed, not asked: one that is stopped by a signal hears nothing else, and what it would save goes with it.

    Raises:
        PracticeError: Some are still there.
    """
    ended = {each.pid for each in belonging.our_processes()}
    for node in NODES:
        worker_nodes.switch_off(node)
    left: list[Process] = []

    def none_left() -> bool:
        left[:] = belonging.our_processes()
        ended.update(each.pid for each in left)
        host_processes.kill_process(left, signal.SIGKILL)
        return not left

    if not wait_until(none_left, DEAD_WITHIN_SECONDS, 0.05):
        raise PracticeError(f"could not end {', '.join(f'{each.name} ({each.pid})' for each in left[:5])}")
    await_burial(ended)


def await_burial(ended: set[int], patience_seconds: float = 5.0) -> None:
    """Give the machine's first process time to bury what we killed; a dead entry harms nobody, so no longer."""
    wait_until(lambda: not any(psutil.pid_exists(pid) for pid in ended), patience_seconds, 0.1)


def release_mounts() -> None:
    """Unmount what is mounted under the state folder, deepest first, before anything is deleted there."""
    home = str(places.practice_home())
    targets = [mount.mountpoint for mount in psutil.disk_partitions(all=True)]
    for target in sorted((each for each in targets if each.startswith(home + "/")), reverse=True):
        host_commands.run_command("umount", "--lazy", target)


def end_strays() -> None:
    """End what an earlier cluster left without its namespace: no name leads to it any more."""
    host_processes.kill_process(
        [process for process in host_processes.all_processes() if belonging.is_lost(process)]
    )
