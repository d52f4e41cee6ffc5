"""The container images of the platform: built here, kept under the hash of what they were made from.

There is no registry. `steps()` are the pieces of work for one run beside the cluster's own; `images()` does them alone
and returns the archives; `archives()` only names them. Two programs are never compiled twice, a layer is never
unpacked twice: every image of the platform stands on one Debian layer.
"""

from pathlib import Path

from practice import places
from practice.host.ground_steps import GroundStep, GroundWork, run_all
from practice.host.narration import Say
from practice.images import archive, base_layer, binaries, image_catalogue, kept_folders
from practice.images.binaries import ADDONS, SERVICE

MEMORY = "durations-images.json"
"""Not the one of `up`: it runs around us, and the last to write would forget the other's."""
ROOTFS = Path(__file__).parent / "rootfs"


def images_folder() -> Path:
    """Return where this version of the archives is kept."""
    here = Path(__file__).parent
    inputs = (here / "archive.py", here / "catalogue.py", Path(__file__), ROOTFS)
    return kept_folders.kept_folder(
        "images",
        kept_folders.kept_key(
            *inputs, str(base_layer.base_folder()), str(ADDONS.folder), str(SERVICE.folder)
        ),
    )


def archive_paths() -> list[Path]:
    """Return the archives' files, whether or not they are built."""
    return [images_folder() / "platform.tar"]


def image_steps(after: tuple[str, ...] = ()) -> list[GroundStep]:
    """Return the work that is still to do, as steps that run side by side."""
    if images_folder().is_dir():
        return []
    return [
        GroundStep("Debian layer of the images", base_layer.build_base, after),
        GroundStep("cluster add-ons", lambda work: binaries.build_binaries(ADDONS, work), after),
        GroundStep("platform services", lambda work: binaries.build_binaries(SERVICE, work), after),
        GroundStep(
            "image archives",
            pack_image,
            ("Debian layer of the images", "cluster add-ons", "platform services"),
        ),
    ]


def image_archives(say: Say) -> list[Path]:
    """Build what is not kept, and return the archives.

    Raises:
        PracticeError: Something could not be fetched or built.
    """
    run_all(image_steps(), say, places.practice_cache() / MEMORY)
    return archive_paths()


def pack_image(_work: GroundWork) -> None:
    """Write the archives from the layers that the other steps built."""
    kept_folders.made_once(images_folder(), pack_into)


def pack_into(partial: Path) -> None:
    """Write every image into one archive, because the Debian layer is most of it and is held once."""
    own = {f"/{path.relative_to(ROOTFS)}": path for path in kept_folders.kept_files(ROOTFS)}
    own["/usr/local/bin/service"] = SERVICE.program("service")
    service = archive.archive_layer(partial / "service.layer", own)
    layers = {
        name: archive.archive_layer(
            partial / f"{name}.layer", {f"/usr/local/bin/{name}": ADDONS.program(name)}
        )
        for name in ADDONS.programs
    }
    wanted = image_catalogue.platform_images(base_layer.base_layer(), service) + image_catalogue.addon_images(
        layers, base_layer.base_layer()
    )
    archive.write_archive(partial / "platform.tar", wanted)
    for path in (service, *layers.values()):
        path.unlink()
