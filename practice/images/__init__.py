"""The container images of the platform: built here, kept under the hash of what they were made from.

There is no registry. `steps()` are the pieces of work for one run beside the cluster's own; `images()` does them alone
and returns the archives; `archives()` only names them. Two programs are never compiled twice, a layer is never
unpacked twice: every image of the platform stands on one Debian layer.
"""

from pathlib import Path

from practice import places
from practice.images import archive, base, binaries, catalogue, kept
from practice.images.binaries import ADDONS, SERVICE
from practice.say import Say
from practice.steps import Step, Work, run_all

MEMORY = "durations-images.json"
"""Not the one of `up`: it runs around us, and the last to write would forget the other's."""
ROOTFS = Path(__file__).parent / "rootfs"


def folder() -> Path:
    """Return where this version of the archives is kept."""
    here = Path(__file__).parent
    inputs = (here / "archive.py", here / "catalogue.py", Path(__file__), ROOTFS)
    return kept.folder(
        "images", kept.key(*inputs, str(base.folder()), str(ADDONS.folder), str(SERVICE.folder))
    )


def archives() -> list[Path]:
    """Return the archives' files, whether or not they are built."""
    return [folder() / "platform.tar"]


def steps(after: tuple[str, ...] = ()) -> list[Step]:
    """Return the work that is still to do, as steps that run side by side."""
    if folder().is_dir():
        return []
    return [
        Step("Debian layer of the images", base.build, after),
        Step("cluster add-ons", lambda work: binaries.build(ADDONS, work), after),
        Step("platform services", lambda work: binaries.build(SERVICE, work), after),
        Step("image archives", pack, ("Debian layer of the images", "cluster add-ons", "platform services")),
    ]


def images(say: Say) -> list[Path]:
    """Build what is not kept, and return the archives.

    Raises:
        PracticeError: Something could not be fetched or built.
    """
    run_all(steps(), say, places.cache() / MEMORY)
    return archives()


def pack(_work: Work) -> None:
    """Write the archives from the layers that the other steps built."""
    kept.once(folder(), pack_into)


def pack_into(partial: Path) -> None:
    """Write every image into one archive, because the Debian layer is most of it and is held once."""
    own = {f"/{path.relative_to(ROOTFS)}": path for path in kept.files(ROOTFS)}
    own["/usr/local/bin/service"] = SERVICE.program("service")
    service = archive.layer(partial / "service.layer", own)
    layers = {
        name: archive.layer(partial / f"{name}.layer", {f"/usr/local/bin/{name}": ADDONS.program(name)})
        for name in ADDONS.programs
    }
    wanted = catalogue.platform(base.layer(), service) + catalogue.addons(layers, base.layer())
    archive.write(partial / "platform.tar", wanted)
    for path in (service, *layers.values()):
        path.unlink()
