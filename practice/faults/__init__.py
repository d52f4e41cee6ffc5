"""The catalogue of faults: data only. Breaking and mending is done by whoever may write to the practice ground."""

from pathlib import Path

from blocks.catalogue import NAMESPACE, read, read_all, reference
from outage.fault import Fault

HERE = Path(__file__).parent


def catalogue() -> tuple[Fault, ...]:
    """Every fault that can be practised: `bad-image` first, the others by name."""
    return read_all(HERE)


def quiet() -> tuple[Fault, ...]:
    """What looks like an outage and is none: the response must stay silent."""
    return read_all(HERE.parent / "quiet")


load = read

__all__ = ["HERE", "NAMESPACE", "catalogue", "load", "quiet", "reference"]
