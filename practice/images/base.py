"""The Debian layer: databases, Prometheus and the runbook's tools, made by mmdebstrap."""

from pathlib import Path

from practice.errors import PracticeError
from practice.images import kept
from practice.steps import Work

SCRIPT = Path(__file__).parent / "base.sh"


def folder() -> Path:
    """Return where this version of the layer is kept."""
    return kept.folder("debian", kept.key(SCRIPT))


def layer() -> Path:
    """Return the layer's file."""
    return folder() / "layer.tar"


def build(work: Work) -> None:
    """Make the layer unless it is kept.

    Raises:
        PracticeError: Debian's packages could not be fetched or unpacked.
    """

    def make(partial: Path) -> None:
        work.run(["nice", "-n", "5", "sh", str(SCRIPT), str(partial / "layer.tar")])

    try:
        kept.once(folder(), make)
    except PracticeError as error:
        raise PracticeError(
            "the Debian layer of the platform's images could not be made by mmdebstrap: connect this machine to a "
            f"Debian mirror and run `outage practice up` again ({str(error)[-300:]})"
        ) from error
