"""Container images without a registry: archives that are written here and taken in by each node."""

import hashlib
import io
import json
import subprocess
import tarfile
from collections.abc import Sequence
from pathlib import Path

from practice import places
from practice.cluster import cluster_layout, kubernetes_build, worker_nodes
from practice.cluster.cluster_layout import NODES, Node
from practice.cluster.worker_nodes import FIRST
from practice.host import machine
from practice.practice_errors import PracticeError

RECORD = "images.json"


def load_images(archives: Sequence[Path]) -> None:
    """Take docker-archives into every node that is on; one that a node has taken before costs nothing.

    Raises:
        PracticeError: A node is off or its container runtime refused one.
    """
    for node in NODES:
        fresh = [archive for archive in archives if mark_image(archive) not in loaded_images(node)]
        running = [(archive, start_import(node, archive)) for archive in fresh]
        for archive, process in running:
            complaint = process.communicate()[1].decode(errors="replace").strip()[-300:]
            if process.returncode != 0:
                raise PracticeError(f"import {archive.name} on {node.name}: {complaint}")
        remember_images(node, fresh)


def start_import(node: Node, archive: Path) -> "subprocess.Popen[bytes]":
    """Begin to take one archive into one node."""
    command = worker_nodes.inside_node(
        node, machine.tool_path("ctr"), "-n", "k8s.io", "images", "import", str(archive)
    )
    return subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )


def loaded_images(node: Node) -> set[str]:
    """Return the marks of the archives a node has."""
    try:
        return set(json.loads((node.folder / RECORD).read_text()))
    except (OSError, ValueError):
        return set()


def remember_images(node: Node, archives: Sequence[Path]) -> None:
    """Write down that a node has these archives."""
    marks = loaded_images(node) | {mark_image(archive) for archive in archives}
    (node.folder / RECORD).write_text(json.dumps(sorted(marks)))


def mark_image(archive: Path) -> str:
    """Return what tells one archive from a later one of the same name, without reading it whole."""
    about = archive.stat()
    return f"{archive.resolve()}:{about.st_size}:{about.st_mtime_ns}"


def pause_image() -> Path:
    """Return the archive of the image that holds a pod's namespaces, kept under the hash of the program in it."""
    program = (kubernetes_build.build_folder() / FIRST).read_bytes()
    path = image_cache() / f"pause-{hashlib.sha256(program).hexdigest()[:16]}.tar"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(".partial")
        write_image_tar(partial, cluster_layout.PAUSE_IMAGE, {"pause": program}, ["/pause"])
        partial.rename(path)
    return path


def write_image_tar(path: Path, name: str, files: dict[str, bytes], entry: list[str]) -> None:
    """Write a docker-archive of one layer; the same files give the same bytes."""
    layer = image_tar({file: (content, 0o755) for file, content in files.items()})
    digest = hashlib.sha256(layer).hexdigest()
    config = json.dumps(
        {
            "architecture": "amd64",
            "os": "linux",
            "config": {"Entrypoint": entry},
            "rootfs": {"type": "layers", "diff_ids": [f"sha256:{digest}"]},
        }
    ).encode()
    config_name = hashlib.sha256(config).hexdigest() + ".json"
    manifest = [{"Config": config_name, "RepoTags": [name], "Layers": ["layer.tar"]}]
    members = {"layer.tar": layer, config_name: config, "manifest.json": json.dumps(manifest).encode()}
    path.write_bytes(image_tar({member: (content, 0o644) for member, content in members.items()}))


def image_tar(members: dict[str, tuple[bytes, int]]) -> bytes:
    """Return a tar of files and their modes, without times or owners."""
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name, (content, mode) in members.items():
            about = tarfile.TarInfo(name)
            about.size, about.mode = len(content), mode
            archive.addfile(about, io.BytesIO(content))
    return target.getvalue()


def image_cache() -> Path:
    """Return the folder of what is made from archives."""
    return places.practice_cache() / "store"
