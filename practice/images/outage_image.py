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
    debian_python,
    runtime_names,
    spelled,
    written_bill,
)
from practice.places import practice_cache
from practice.practice_errors import PracticeError

BASE = Path(__file__).parent / "outage_base.sh"
PLACE = "opt/outage"
NOBODY = "65532"
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
    base = _debian_layer()
    debian = debian_packages(dpkg_status(base))
    packages = _packages_layer(debian_python(debian))
    with tempfile.TemporaryDirectory(prefix="outage-image-") as folder:
        own = _own_layer(Path(folder), debian_python(debian))
        write_archive(target, [Image(name, (base, packages, own), environment=ENVIRONMENT, user=NOBODY)])
    bill = target.with_suffix(".cdx.json")
    bill.write_text(written_bill(bill_of_this_clone(debian)), encoding="utf-8")
    return bill


def kept_outage_image() -> Path:
    """Return the archive of this clone's image, made unless it is kept; in it the image has `own_image_name`.

    Raises:
        PracticeError: A package could not be fetched, or a tool is missing.
    """
    folder = kept_folders.kept_folder("own-image", _own_key())
    kept_folders.made_once(folder, _write_kept)
    kept_folders.forget_but_newest(folder)
    return folder / "outage.tar"


def own_image_name() -> str:
    """Return what the image of this clone is called on the practice cluster: other sources, another tag."""
    return f"docker.io/outage/outage:{metadata.version('outage')}-{_own_key()}"


def _own_key() -> str:
    rooms = ("outage", "blocks", "tasks", "flows", "practice", "cli", "stack", "deploy")
    files = ("requirements.lock", "pyproject.toml", "prefect.yaml")
    return kept_folders.kept_key(*(HERE / name for name in (*rooms, *files)))


def _write_kept(partial: Path) -> None:
    write_outage_image(partial / "outage.tar", own_image_name())


def dpkg_status(layer: Path) -> str:
    """What dpkg wrote down in a layer."""
    with tarfile.open(layer) as archive:
        found = archive.extractfile("./var/lib/dpkg/status")
        return found.read().decode() if found else ""


def runtime_lock(text: str, python: str = "") -> str:
    """The lock without what only developers and the practice ground need, for a Python of this full version."""
    wanted = runtime_names(python)
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


def _packages_layer(python: str) -> Path:
    """The locked packages, apart from our own: they change less often, and a cluster fetches a layer once."""
    text = runtime_lock((HERE / "requirements.lock").read_text(encoding="utf-8"), python)

    def make(partial: Path) -> None:
        lock, site = partial / "runtime.lock", partial / "site"
        lock.write_text(text, encoding="utf-8")
        # From a folder without a pyproject.toml: its overrides would otherwise replace the lock's own pins.
        _install(site, python, "--require-hashes", "-r", lock, place=partial)
        _layer_of(site, partial / "layer.tar")
        shutil.rmtree(site)

    folder = kept_folders.kept_folder("own-packages", kept_folders.kept_key(text, python))
    kept_folders.made_once(folder, make)
    kept_folders.forget_but_newest(folder)
    return folder / "layer.tar"


def _own_layer(folder: Path, python: str) -> Path:
    site, starter = folder / "site", folder / "site/bin/outage"
    _run(_uv(), "build", "--wheel", "-q", "-o", folder, HERE)
    _install(site, python, *folder.glob("*.whl"), place=folder)
    starter.parent.mkdir()
    starter.write_text(STARTER, encoding="utf-8")
    starter.chmod(0o755)
    return _layer_of(site, folder / "layer.tar")


def _install(site: Path, python: str, *what: str | Path, place: Path) -> None:
    into = ("--target", site, "--python", sys.executable, "--python-version", python, "--no-deps")
    _run(_uv(), "pip", "install", "-q", *into, *what, place=place)
    shutil.rmtree(site / "bin", ignore_errors=True)


def _layer_of(site: Path, target: Path) -> Path:
    """The packages as they stand in the image, their bytecode with them: nothing there could write it."""
    # By content and never checked: in the image a file has no date to compare.
    compiled = ("-m", "compileall", "-q", "-j", "1", "--invalidation-mode", "unchecked-hash")
    _run("nice", sys.executable, *compiled, "-s", site, "-p", f"/{PLACE}", site, may_fail=True)
    files = {f"{PLACE}/{one.relative_to(site)}": one for one in site.rglob("*") if one.is_file()}
    return archive_layer(target, files)


def _uv() -> Path:
    return practice_cache() / "uv/bin/uv"


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
