"""Quantities as Kubernetes spells them: `250m` of a core, `64Mi` of memory."""

import re

SUFFIXES = {
    "n": 1e-9,
    "u": 1e-6,
    "m": 1e-3,
    "": 1.0,
    "k": 1e3,
    "M": 1e6,
    "G": 1e9,
    "T": 1e12,
    "P": 1e15,
    "E": 1e18,
    "Ki": 2.0**10,
    "Mi": 2.0**20,
    "Gi": 2.0**30,
    "Ti": 2.0**40,
    "Pi": 2.0**50,
    "Ei": 2.0**60,
}
SPELLED = re.compile(r"([+-]?[0-9.]+(?:[eE][+-]?[0-9]+)?)([numkMGTPE]|[KMGTPE]i)?")


def parsed_quantity(text: object) -> float | None:
    """A quantity in cores, bytes or pieces: `250m` is 0.25, `64Mi` is 67108864; None when it is none."""
    found = SPELLED.fullmatch(str(text if text is not None else ""))
    try:
        return float(found.group(1)) * SUFFIXES[found.group(2) or ""] if found else None
    except ValueError:
        return None
