"""One cause on several objects is one plan: the same taint on every node, the same wrong value in every Deployment.

Promise: pure. A plan of one object keeps its shape; what the policy's limits leave over is said.
"""

from collections.abc import Sequence

from outage.diagnosis.hypothesis import ChosenProposal, Hypothesis, Mitigation, Repair
from outage.diagnosis.thresholds import SHARED_FROM
from outage.text.listing import some_of
from outage.value import Value


class SharedCause(Value):
    """A cause with every object that has it, as far as one plan may write them."""

    cause: Hypothesis | Mitigation | ChosenProposal
    """The likeliest one, its repair that of all of them."""
    also: tuple[str, ...] = ()
    """Keys of the others that the plan mends with it."""
    remaining: tuple[str, ...] = ()
    """Objects that have the cause and that the limits leave over, as people name them."""


def shared_cause(cause: Hypothesis, found: Sequence[Hypothesis], steps: int) -> SharedCause:
    """Join a cause with the same one on other objects.

    Args:
        cause: The cause that is to be mended, with its repair.
        found: Everything that the investigation concluded, likeliest first.
        steps: How many writes one plan may have, as policy says.
    """
    same = [one for one in found if is_same_cause(one, cause)]
    changes = list(cause.repair.changes) if cause.repair else []
    joined: list[Hypothesis] = []
    left: list[Hypothesis] = []
    for one in same:
        more = [each for each in one.repair.changes if each not in changes] if one.repair else []
        if left or len(changes) + len(more) > steps:
            left.append(one)
            continue
        joined.append(one)
        changes += more
    if cause.repair is None or not same:
        return SharedCause(cause=cause)
    remaining = tuple(str(one.about) for one in left)
    repair = Repair(summary=_summary(cause, joined, remaining), changes=tuple(changes))
    return SharedCause(
        cause=cause.model_copy(update={"repair": repair, "says": _says(cause, joined)}),
        also=tuple(one.key for one in joined),
        remaining=remaining,
    )


def is_same_cause(one: Hypothesis, cause: Hypothesis) -> bool:
    """Whether it is the same wrong value on another object of the same kind, mended by the same kind of writes."""
    if one.key == cause.key or one.repair is None or cause.repair is None or one.score < SHARED_FROM:
        return False
    if cause.live is None or (one.cause, one.field, one.live) != (cause.cause, cause.field, cause.live):
        return False
    return one.about.kind == cause.about.kind and _writes(one.repair) == _writes(cause.repair)


def _writes(repair: Repair) -> set[tuple[str, str]]:
    return {(change.action.value, change.target.kind) for change in repair.changes}


def _summary(cause: Hypothesis, joined: Sequence[Hypothesis], remaining: Sequence[str]) -> str:
    summary = cause.repair.summary if cause.repair else ""
    if joined:
        summary += f", and the same on {some_of([str(one.about) for one in joined])}"
    if remaining:
        summary += f"; {some_of(remaining)} must wait: the policy allows no more writes in one plan"
    return summary


def _says(cause: Hypothesis, joined: Sequence[Hypothesis]) -> str:
    return f"{cause.says} (and so {some_of([str(one.about) for one in joined])})" if joined else cause.says
