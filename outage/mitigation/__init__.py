"""The runbook's ways to ease an outage whose causes have no repair of their own, or whose repairs are used up.

A relief has the shape of a hypothesis with a repair, so that it goes the whole way of a plan: diff, guards,
approval, write, verification, way back. It is no cause: its score is below what counts as one that stands, and
the first of its reasons says so. Whether and when a relief is tried is for the caller to decide.

Promise: pure, and never a guess. A way whose precondition cannot be seen to hold is not offered.

Source: runbook "Resolution Actions".
"""

import json
from collections.abc import Callable, Iterable, Iterator

from outage.diagnosis.blindness import is_blind
from outage.diagnosis.hypothesis import Action, Change, Diagnosis, Hypothesis
from outage.incidents.severity import Severity, assess_severity
from outage.mitigation.maintenance_page import maintenance_pages, shows_page
from outage.mitigation.mitigation_view import Mitigation, MitigationView
from outage.mitigation.more_replicas import scale_ups
from outage.mitigation.node_drain import node_drains
from outage.mitigation.restart import workload_restarts
from outage.mitigation.slot_switch import slot_switches
from outage.plans.plan import Plan
from outage.snapshots.case import Case

__all__ = ["is_mitigation", "mitigations", "shows_page", "untried_mitigations"]

WAYS: tuple[Callable[[MitigationView], Iterator[Mitigation]], ...] = (
    scale_ups,
    slot_switches,
    workload_restarts,
    node_drains,
    maintenance_pages,
)
"""In the order of least harm: add pods, lead users to others, replace pods, give up a node's pods, show a page."""
NAMED_BY_PATCH = (Action.PATCH, Action.SCALE)
"""Actions that only their patch tells apart; the others do the same to their target each time."""


def mitigations(diagnosis: Diagnosis, case: Case) -> tuple[Hypothesis, ...]:
    """Give the ways to ease this outage, the least harmful first.

    Source: runbook "Resolution Actions".

    Args:
        diagnosis: What the investigation concluded; its severity, onsets and signs are taken as they are.
        case: What the diagnosis was made from; its platform tells of blue-green pairs, database and maintenance page.

    Returns:
        Hypotheses with the cause that they ease and a repair, each with a key of its own; none for a healthy
        platform, and none when nothing could be seen.
    """
    if is_blind(case.snapshot) or _healthy(diagnosis):
        return ()
    sight = MitigationView(diagnosis, case)
    taken = {one.key for one in diagnosis.hypotheses}
    found: list[Hypothesis] = []
    for way in (one for ways in WAYS for one in ways(sight)):
        named = way.hypothesis(taken, len(found))
        if named is not None:
            taken.add(named.key)
            found.append(named)
    return tuple(found)


def _healthy(diagnosis: Diagnosis) -> bool:
    """Whether nothing is wrong, as measured: the label of an alert alone asks for no action."""
    measured = assess_severity(diagnosis.assessment.impact).severity
    return not diagnosis.hypotheses and measured is Severity.NONE


def is_mitigation(hypothesis: Hypothesis) -> bool:
    """Whether a hypothesis is a way to ease the outage and no cause."""
    return hypothesis.mitigation


def untried_mitigations(found: Iterable[Hypothesis], plans: Iterable[Plan]) -> tuple[Hypothesis, ...]:
    """The reliefs that no earlier plan has written already, whatever cause they were named after then.

    Args:
        found: What `reliefs` gave. The cause that a relief eases may change from one investigation to the next, and
            its key with it; what it writes does not.
        plans: Every plan of the incident so far.
    """
    done = {_written(step.change) for plan in plans for step in plan.steps}
    return tuple(
        one for one in found if one.repair and not all(_written(each) in done for each in one.repair.changes)
    )


def _written(change: Change) -> tuple[str, str, str]:
    patch = json.dumps(change.patch, sort_keys=True) if change.action in NAMED_BY_PATCH else ""
    return change.action.value, str(change.target), patch
