"""Which fault somebody chose: an entry of the ground's own catalogue, or a template made to fit a service."""

from pathlib import Path

from blocks.clients import clients
from blocks.installation.fault_files import read_fault
from outage.errors import FileError
from outage.incidents.drill_notice import Drill
from outage.incidents.fault import Fault
from outage.verification.drills.fault_templates import TEMPLATES, fault_template, unknown_fault

FAULT, PICTURES = "fault", "pictures"
"""Under these keys a drill's result holds its way back: what was broken and how it is mended, and how it was before."""


def template_names() -> list[str]:
    """Names of the faults that fit any platform."""
    return [one.name for one in TEMPLATES]


def catalogue_names(folder: Path) -> list[str]:
    """Names of the faults of the practice ground."""
    return sorted(path.stem for path in folder.glob("*.yaml"))


def catalogue_fault(name: str, folder: Path) -> Fault:
    """A fault of the practice ground's own catalogue.

    Raises:
        FileError: None is called so; the nearest names are offered. Permanent.
    """
    names = catalogue_names(folder)
    if name in names:
        return read_fault(folder / f"{name}.yaml")
    if fault_template(name):
        raise FileError(f"{name} is a fault of one service: name it with --service")
    raise FileError(unknown_fault(name, [*names, *template_names()]))


def recorded_fault(drill: Drill) -> Fault:
    """The fault as it was recorded before it was broken; of drills from before that was done, the catalogue's.

    Raises:
        FileError: It is in neither. Permanent.
    """
    if kept := drill.result.get(FAULT):
        return Fault.model_validate(kept)
    return catalogue_fault(drill.fault, clients().settings.faults_folder)
