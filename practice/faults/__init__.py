"""The catalogue of faults: data only. Breaking and mending is done by whoever may write to the practice ground."""

from pathlib import Path

from blocks.installation.fault_files import NAMESPACE, fault_reference, read_fault, read_faults
from outage.incidents.fault import Fault

HERE = Path(__file__).parent


def fault_catalogue() -> tuple[Fault, ...]:
    """Every fault that can be practised: `bad-image` first, the others by name."""
    return read_faults(HERE)


def quiet_faults() -> tuple[Fault, ...]:
    """What looks like an outage and is none: the response must stay silent."""
    return read_faults(HERE.parent / "quiet")


load = read_fault

__all__ = ["HERE", "NAMESPACE", "fault_catalogue", "fault_reference", "load", "quiet_faults"]
