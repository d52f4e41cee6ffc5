"""The Debian layer: databases, Prometheus and the runbook's tools, made by mmdebstrap."""

from pathlib import Path

from practice.host.ground_steps import GroundWork
from practice.images import kept_folders
from practice.practice_errors import PracticeError

SCRIPT = Path(__file__).parent / "base.sh"


def base_folder() -> Path:
    """Return where this version of the layer is kept."""
    return kept_folders.kept_folder("debian", kept_folders.kept_key(SCRIPT))


def base_layer() -> Path:
    """Return the layer's file."""
    return base_folder() / "layer.tar"


def build_base(work: GroundWork) -> None:
    """Make the layer unless it is kept.

    Raises:
        PracticeError: Debian's packages could not be fetched or unpacked.
    """

    def make(partial: Path) -> None:
        work.run(["nice", "-n", "5", "sh", str(SCRIPT), str(partial / "layer.tar")])

    try:
        kept_folders.made_once(base_folder(), make)
    except PracticeError as error:
        raise PracticeError(
            "the Debian layer of the platform's images could not be made by mmdebstrap: connect this machine to a "
            f"Debian mirror and run `outage practice up` again ({str(error)[-300:]})"
        ) from error
