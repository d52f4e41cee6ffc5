"""Our own image for a cluster: the wheel and what its lock names, on Python from Debian, without a shell.

`make image` writes it as one archive that `docker load`, `podman load` and `ctr images import` read, and beside
it the bill of its materials.
"""

import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path

from blocks.settings import HERE
from practice.images import kept_folders
from practice.images.archive import Image, archive_layer, write_archive
from practice.images.bill_of_materials import (
    bill_of_this_clone,
    debian_packages,
    runtime_names,
    spelled,
    written_bill,
)
from practice.places import practice_cache
from practice.practice_errors import PracticeError

BASE = Path(__file__).parent / "outage_base.sh"
PLACE = "opt/outage"
NOBODY = "65532"
PYTHON = "3.11"
"""Debian bookworm's; the packages' compiled parts must be of the same."""
STARTER = """\
#!/usr/bin/python3
import sys
from cli import outage_main
sys.exit(outage_main())
"""
ENVIRONMENT = {
    "PATH": f"/{PLACE}/bin:/usr/local/bin:/usr/bin:/bin",
    "PYTHONPATH": f"/{PLACE}",
    "PYTHONUNBUFFERED": "1",
    "PYTHONDONTWRITEBYTECODE": "1",
    "HOME": "/var/lib/outage",
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "SSL_CERT_FILE": "/etc/ssl/certs/ca-certificates.crt",
}


def write_outage_image(target: Path, name: str) -> Path:
    """Write our image.

    Args:
        target: The archive; the bill stands beside it as `….cdx.json`.
        name: With registry and tag.

    Returns:
        The bill's file.

    Raises:
        PracticeError: A package could not be fetched, or a tool is missing.
    """
    if name.endswith(":latest") or ":" not in name.rpartition("/")[2]:
        raise PracticeError(f"write the image {name}: give it a version as its tag, and not `latest`")
    target.parent.mkdir(parents=True, exist_ok=True)
    debian = _debian_layer()
    with tempfile.TemporaryDirectory(prefix="outage-image-") as folder:
        site = _installed(Path(folder))
        files = {f"{PLACE}/{one.relative_to(site)}": one for one in site.rglob("*") if one.is_file()}
        layer = archive_layer(Path(folder) / "layer.tar", files)
        write_archive(target, [Image(name, (debian, layer), environment=ENVIRONMENT, user=NOBODY)])
    bill = target.with_suffix(".cdx.json")
    bill.write_text(written_bill(bill_of_this_clone(debian_packages(dpkg_status(debian)))), encoding="utf-8")
    return bill


def dpkg_status(layer: Path) -> str:
    """What dpkg wrote down in a layer."""
    with tarfile.open(layer) as archive:
        found = archive.extractfile("./var/lib/dpkg/status")
        return found.read().decode() if found else ""


def runtime_lock(text: str) -> str:
    """The lock without what only developers and the practice ground need."""
    wanted = runtime_names()
    blocks = re.split(r"\n(?=\S)", text)
    return (
        "\n".join(one for one in blocks if spelled(re.split(r"[=\[ ]", one, maxsplit=1)[0]) in wanted) + "\n"
    )


def _debian_layer() -> Path:
    def make(partial: Path) -> None:
        _run("nice", "sh", BASE, partial / "layer.tar")

    return kept_folders.made_once(
        kept_folders.kept_folder("own-debian", kept_folders.kept_key(BASE)), make
    ) / ("layer.tar")


def _installed(folder: Path) -> Path:
    """The packages as they stand in the image, their bytecode with them: nothing there could write it."""
    uv = practice_cache() / "uv/bin/uv"
    site = folder / "site"
    lock = folder / "runtime.lock"
    lock.write_text(runtime_lock((HERE / "requirements.lock").read_text(encoding="utf-8")), encoding="utf-8")
    _run(uv, "build", "--wheel", "-q", "-o", folder, HERE)
    into = ("--target", site, "--python", sys.executable, "--python-version", PYTHON, "--no-deps")
    # From a folder without a pyproject.toml: its overrides would otherwise replace the lock's own pins.
    _run(uv, "pip", "install", "-q", *into, "--require-hashes", "-r", lock, place=folder)
    _run(uv, "pip", "install", "-q", *into, *folder.glob("*.whl"), place=folder)
    shutil.rmtree(site / "bin", ignore_errors=True)
    starter = site / "bin/outage"
    starter.parent.mkdir()
    starter.write_text(STARTER, encoding="utf-8")
    starter.chmod(0o755)
    # By content and never checked: in the image a file has no date to compare.
    compiled = ("-m", "compileall", "-q", "-j", "1", "--invalidation-mode", "unchecked-hash")
    _run("nice", sys.executable, *compiled, "-s", site, "-p", f"/{PLACE}", site, may_fail=True)
    return site


def _run(*words: str | Path, place: Path | None = None, may_fail: bool = False) -> None:
    command: Sequence[str] = [str(word) for word in words]
    environment = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}
    try:
        done = subprocess.run(
            command, cwd=place, env=environment, capture_output=True, text=True, check=False
        )
    except OSError as error:
        raise PracticeError(f"make our image: {command[0]}: {error.strerror}") from error
    if done.returncode != 0 and not may_fail:
        raise PracticeError(f"make our image: {' '.join(command[:4])}: {(done.stderr or done.stdout)[-400:]}")


def main() -> None:
    """Write the image under the name that is given, to the file that is given."""
    target, name = Path(sys.argv[1]), sys.argv[2].replace("VERSION", metadata.version("outage"))
    bill = write_outage_image(target, name)
    print(f"{name}: {target} ({target.stat().st_size / 1e6:.0f} MB), its materials: {bill}")  # noqa: T201


if __name__ == "__main__":
    main()
