"""Each node's image store, unpacked once for all and hard-linked into the nodes.

Taking half a gigabyte of images into two nodes costs half a minute; linking what was unpacked before costs a second.
Layers are never written to, so the nodes can share their files. The two databases are copied: they are written to.
"""

import hashlib
import json
import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from practice.cluster import node_images, node_settings
from practice.cluster.cluster_layout import Node
from practice.host import host_commands, machine
from practice.host.ground_steps import GroundWork
from practice.images import kept_folders


def image_store_key(archives: Sequence[Path]) -> str:
    """Return the hash of a set of archives."""
    return hashlib.sha256(json.dumps(sorted(map(node_images.mark_image, archives))).encode()).hexdigest()[:16]


def image_store_folder(archives: Sequence[Path]) -> Path:
    """Return where the unpacked images of these archives are kept."""
    return node_images.image_cache() / image_store_key(archives)


def unpack_images(archives: Sequence[Path], work: GroundWork) -> None:
    """Unpack archives into a store of their own, unless that was done before.

    Raises:
        PracticeError: The container runtime refused an archive.
    """
    target = image_store_folder(archives)
    if target.is_dir():
        os.utime(target)
        return
    partial = target.with_name(f"{target.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)  # a killed `up` left it; only one is at work at a time
    partial.mkdir(parents=True)
    try:
        fill_image_store(partial, archives, work)
        (partial / node_images.RECORD).write_text(json.dumps(sorted(map(node_images.mark_image, archives))))
        partial.rename(target)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    kept_folders.forget_but_newest(target)


def fill_image_store(root: Path, archives: Sequence[Path], work: GroundWork) -> None:
    """Run a container runtime apart from everything, have it take the archives in, and end it."""
    (root / "cni").mkdir()
    (root / "containerd.toml").write_text(node_settings.containerd_settings(root))
    ctr = f"{machine.tool_path('ctr')} -a /run/containerd/containerd.sock"
    script = [
        "mount -t proc proc /proc",
        "mount -t tmpfs tmpfs /run",
        f"{machine.tool_path('containerd')} --config {root}/containerd.toml --log-level error &",
        "runtime=$!",
        f"for i in $(seq 100); do {ctr} version >/dev/null 2>&1 && break; sleep 0.1; done",
        *(f"{ctr} -n k8s.io images import '{archive}'; echo taken" for archive in archives),
        "kill $runtime; wait $runtime || true",
    ]
    taken: list[str] = []

    def count(line: str) -> None:
        if line == "taken":
            taken.append(line)
            work.share, work.measured_by = len(taken) / len(archives), "archives"

    # Namespaces of its own: should this be killed, the kernel ends the runtime and its mounts with it.
    apart = ["unshare", "--mount", "--net", "--pid", "--fork", "--kill-child", "--propagation", "private"]
    work.run([*apart, "--", "sh", "-euc", "\n".join(script)], hear=count)


def link_images(archives: Sequence[Path], node: Node) -> None:
    """Give a node that is off the unpacked images, unless it has a store of its own already."""
    target, source = node.folder / "containerd", image_store_folder(archives)
    if target.is_dir():
        return
    node.folder.mkdir(parents=True, exist_ok=True)
    partial = target.with_name("containerd.partial")
    shutil.rmtree(partial, ignore_errors=True)
    how = "-al" if same_disk(source, node.folder) else "-a"
    host_commands.run_command("cp", how, str(source / "containerd"), str(partial))
    for database in (source / "containerd").rglob("*.db"):
        copy = partial / database.relative_to(source / "containerd")
        copy.unlink()
        shutil.copy2(database, copy)
    shutil.copy2(source / node_images.RECORD, node.folder / node_images.RECORD)
    partial.rename(target)


def same_disk(one: Path, other: Path) -> bool:
    """Tell whether files can be hard-linked between two folders."""
    return one.stat().st_dev == other.stat().st_dev
