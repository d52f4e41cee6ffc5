"""A sample of the catalogue in which every layer stands in proportion, and can be drawn again by its seed."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from random import Random

from outage.diagnosis.cause import Cause
from outage.diagnosis.rules.catalogue import RULES
from outage.incidents.fault import Fault

NO_OUTAGE = "no outage"
"""Stratum of what only looks like one."""
UNSORTED = "other"


def stratum_of(fault: Fault) -> str:
    """The layer of the rules in which the best cause of a fault lies."""
    if not fault.expected.causes:
        return NO_OUTAGE
    best = fault.expected.causes[0]
    return LAYERS.get(best, UNSORTED)


def _layers() -> dict[str, str]:
    """Cause → the room of its rule, as `services` of outage/diagnosis/rules/services/session_affinity.py."""
    found: dict[str, str] = {}
    for rule in RULES:
        room = rule.find.__module__.removeprefix("outage.diagnosis.rules.").split(".")[0]
        found |= {entry.cause.value: room for entry in rule.entries}
    return {cause: found.get(cause, UNSORTED) for cause in map(str, Cause)}


LAYERS = _layers()


def stratified_sample(faults: Sequence[Fault], size: int, seed: int) -> list[Fault]:
    """Draw faults so that each stratum has its share, and at least one.

    Args:
        faults: The catalogue.
        size: How many at least; all when there are fewer. More when there are more strata.
        seed: The same one draws the same faults of the same catalogue.

    Returns:
        The drawn, in the order of their names.
    """
    strata: dict[str, list[Fault]] = defaultdict(list)
    for one in sorted(faults, key=lambda fault: fault.name):
        strata[stratum_of(one)].append(one)
    shares = _shares({name: len(members) for name, members in strata.items()}, size)
    drawing = Random(seed)  # noqa: S311 - a sample, no secret
    drawn = [one for name, members in sorted(strata.items()) for one in drawing.sample(members, shares[name])]
    return sorted(drawn, key=lambda fault: fault.name)


def _shares(sizes: dict[str, int], wanted: int) -> dict[str, int]:
    """Largest remainders, with one for each stratum first."""
    total = sum(sizes.values())
    size = min(total, max(wanted, len(sizes)))
    shares = {name: max(1, int(count * size / total)) for name, count in sizes.items()}
    by_remainder = sorted(sizes, key=lambda name: (-(sizes[name] * size / total % 1), name))
    while sum(shares.values()) < size:
        grown = [name for name in by_remainder if shares[name] < sizes[name]]
        for name in grown[: size - sum(shares.values())]:
            shares[name] += 1
    return shares


def sample_in_words(drawn: Iterable[Fault], seed: int) -> str:
    """How many of each stratum, and the seed."""
    counts: dict[str, int] = defaultdict(int)
    for one in drawn:
        counts[stratum_of(one)] += 1
    named = ", ".join(f"{name} {count}" for name, count in sorted(counts.items()))
    return f"{sum(counts.values())} faults, seed {seed}: {named}"
