"""Container images as docker-archives: made from layers on disk, without an engine and without a registry."""

import hashlib
import io
import json
import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

CHUNK_BYTES = 4 * 1024 * 1024
EPOCH = "1970-01-01T00:00:00Z"
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass(frozen=True)
class Image:
    """A name, the layers below it, and how it starts."""

    name: str
    """With registry and tag: `docker.io/adaptive/auth-service:1.4.2`."""
    layers: tuple[Path, ...]
    entrypoint: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    user: str = ""


def write_archive(target: Path, images: Sequence[Image]) -> None:
    """Write images into one archive, in which each layer is held once."""
    digests = {layer: layer_digest(layer) for image in images for layer in image.layers}
    with tarfile.open(target, "w", format=tarfile.PAX_FORMAT) as archive:
        for name, layer in {f"{value}.tar": layer for layer, value in digests.items()}.items():
            archive.add(layer, arcname=name, filter=without_owner)
        manifest = []
        for image in images:
            layers = [digests[layer] for layer in image.layers]
            config = image_configuration(image, layers)
            name = f"{hashlib.sha256(config).hexdigest()}.json"
            add_to_archive(archive, name, config)
            files = [f"{layer}.tar" for layer in layers]
            manifest.append({"Config": name, "RepoTags": [image.name], "Layers": files})
        add_to_archive(archive, "manifest.json", json.dumps(manifest).encode())


def image_configuration(image: Image, layers: Sequence[str]) -> bytes:
    """Return the image's config; the name is in it, so that two names never share one image id."""
    environment = {"PATH": PATH, **image.environment}
    config = {
        "Env": [f"{name}={value}" for name, value in environment.items()],
        "Entrypoint": list(image.entrypoint),
        "User": image.user,
        "Labels": {"org.opencontainers.image.ref.name": image.name},
    }
    root = {"type": "layers", "diff_ids": [f"sha256:{layer}" for layer in layers]}
    body = {"architecture": "amd64", "os": "linux", "created": EPOCH, "config": config, "rootfs": root}
    return json.dumps(body, sort_keys=True).encode()


def archive_layer(target: Path, files: Mapping[str, Path]) -> Path:
    """Write a layer that holds these files, owned by root and of no date: equal input, equal layer."""
    with tarfile.open(target, "w", format=tarfile.PAX_FORMAT) as archive:
        for inside, path in sorted(files.items()):
            archive.add(path, arcname=inside.lstrip("/"), filter=without_owner)
    return target


def without_owner(member: tarfile.TarInfo) -> tarfile.TarInfo:
    """Take the owner and the date off a file."""
    member.uid = member.gid = member.mtime = 0
    member.uname = member.gname = "root"
    member.mode = 0o755 if member.mode & 0o100 else 0o644
    return member


def add_to_archive(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    """Put bytes into an archive."""
    member = tarfile.TarInfo(name)
    member.size = len(content)
    archive.addfile(member, io.BytesIO(content))


def layer_digest(path: Path) -> str:
    """Return the SHA-256 of a file; read in pieces, the Debian layer is a quarter of a gigabyte."""
    total = hashlib.sha256()
    with path.open("rb") as stream:
        while piece := stream.read(CHUNK_BYTES):
            total.update(piece)
    return total.hexdigest()
