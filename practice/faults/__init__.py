"""The catalogue of faults: data only. Breaking and mending is done by whoever may write to the practice ground."""

from pathlib import Path

from blocks.catalogue import NAMESPACE, read, read_all, reference
from outage.fault import Fault

HERE = Path(__file__).parent


def catalogue() -> tuple[Fault, ...]:
    """Every fault that can be practised: `bad-image` first, the others by name."""
    return read_all(HERE)


load = read

__all__ = ["HERE", "NAMESPACE", "catalogue", "load", "reference"]
