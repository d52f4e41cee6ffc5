"""The runbook page of one cause, on the page: as docs/causes has it, from the rules of the program that runs."""

from functools import cache

from blocks.installation.fault_files import read_faults
from blocks.settings import Settings
from outage.diagnosis.cause import Cause
from outage.diagnosis.rules.catalogue import cause_entries
from outage.diagnosis.rules.rule import CauseEntry
from outage.errors import FileError
from outage.incidents.fault import Fault
from outage.reports.cause_pages.cause_runbook import CauseRunbook, cause_named, cause_runbook


def runbook_named(settings: Settings, name: str) -> CauseRunbook | None:
    """The page of a cause by its name; None when no cause is called so."""
    cause = cause_named(name)
    return cause_runbook(_entries()[cause], _faults(settings)) if cause == name and cause else None


@cache
def _entries() -> dict[Cause, CauseEntry]:
    return cause_entries()


def _faults(settings: Settings) -> tuple[Fault, ...]:
    """The catalogue; none where it does not come with the program."""
    try:
        return read_faults(settings.faults_folder)
    except FileError:
        return ()
