"""The images of the cases: Python and PostgreSQL on one Debian layer, kept under the hash of what made it.

They are no part of the platform: only who runs the cases builds them, and takes them into the nodes that are on.
"""

from pathlib import Path

from practice import places
from practice.cluster import node_images
from practice.host.ground_steps import GroundStep, GroundWork, run_all
from practice.host.narration import Say
from practice.images import archive, kept_folders
from practice.practice_errors import PracticeError

SCRIPT = Path(__file__).parent / "case_layer.sh"
NAMES = ("localhost/case-python", "localhost/case-postgres")
RENAMED = {
    "localhost/case-python": "localhost/other-runtime",
    "localhost/case-postgres": "localhost/other-store",
}
"""The same programs under names that say nothing of them: a diagnosis must not live on a name."""
MEMORY = "durations-cases.json"


def case_archive() -> Path:
    """Return the archive's file, whether or not it is built."""
    hashed = kept_folders.kept_key(SCRIPT, Path(__file__), Path(archive.__file__))
    return kept_folders.kept_folder("cases", hashed) / "cases.tar"


def load_case_images(say: Say) -> None:
    """Build the images unless they are kept, and take them into the nodes unless they have them.

    Raises:
        PracticeError: Debian's packages could not be fetched, or a node refused the archive.
    """
    if not case_archive().exists():
        step = GroundStep("images of the cases", build_case_images)
        run_all([step], say, places.practice_cache() / MEMORY)
    node_images.load_images([case_archive()])


def build_case_images(work: GroundWork) -> None:
    """Make the layer unless it is kept, and the archive from it.

    Raises:
        PracticeError: Debian's packages could not be fetched or unpacked.
    """
    layer = kept_folders.kept_folder("debian", f"cases-{kept_folders.kept_key(SCRIPT)}")

    def make_layer(partial: Path) -> None:
        work.run(["nice", "-n", "5", "sh", str(SCRIPT), str(partial / "layer.tar")])

    def make_archive(partial: Path) -> None:
        names = [*NAMES, *RENAMED.values()]
        images = [archive.Image(f"{name}:latest", (layer / "layer.tar",)) for name in names]
        archive.write_archive(partial / "cases.tar", images)

    try:
        kept_folders.made_once(layer, make_layer)
    except PracticeError as error:
        raise PracticeError(
            "the Debian layer of the cases' images could not be made by mmdebstrap: connect this machine to a Debian "
            f"mirror and try again ({str(error)[-300:]})"
        ) from error
    kept_folders.made_once(case_archive().parent, make_archive)
