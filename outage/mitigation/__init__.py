"""The runbook's ways to ease an outage whose causes have no repair of their own, or whose repairs are used up.

A mitigation stands beside the hypotheses and has a repair as they do, so that it goes the whole way of a plan: diff,
guards, approval, write, verification, way back. It is no cause, and its key is that of what it does. Whether and when
one is tried is for the caller to decide.

Promise: pure, and never a guess. A way whose precondition cannot be seen to hold is not offered.

Source: runbook "Resolution Actions".
"""

import json
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from outage.diagnosis.hypothesis import Action, Change, Diagnosis, Mitigation
from outage.diagnosis.weighing.blindness import is_blind
from outage.incidents.severity import Severity, assess_severity
from outage.kubernetes.objects import ObjectRef
from outage.mitigation.maintenance_page import maintenance_pages, shows_page
from outage.mitigation.mitigation_view import MitigationDraft, MitigationView
from outage.mitigation.more_replicas import scale_ups
from outage.mitigation.node_drain import node_drains
from outage.mitigation.restart import workload_restarts
from outage.mitigation.slot_switch import slot_switches
from outage.plans.plan import Plan
from outage.snapshots.case import Case

__all__ = ["mitigations", "shows_page", "untried_mitigations"]

WAYS: tuple[Callable[[MitigationView], Iterator[MitigationDraft]], ...] = (
    scale_ups,
    slot_switches,
    workload_restarts,
    node_drains,
    maintenance_pages,
)
"""In the order of least harm: add pods, lead users to others, replace pods, give up a node's pods, show a page."""
NAMED_BY_PATCH = (Action.PATCH, Action.SCALE)
"""Actions that only their patch tells apart; the others do the same to their target each time."""


class WrittenChange(NamedTuple):
    """What a change writes, whatever it is written for: two that are equal do the same."""

    action: Action
    target: ObjectRef
    patch: str
    """As JSON; empty where the action says it all."""


def mitigations(diagnosis: Diagnosis, case: Case) -> tuple[Mitigation, ...]:
    """Give the ways to ease this outage, the least harmful first.

    Source: runbook "Resolution Actions".

    Args:
        diagnosis: What the investigation concluded; its severity, onsets and signs are taken as they are.
        case: What the diagnosis was made from; its platform tells of blue-green pairs, database and maintenance page.

    Returns:
        Each with the cause that it eases, a repair and a key of its own; none for a healthy platform, and none when
        nothing could be seen.
    """
    if is_blind(case.snapshot) or _healthy(diagnosis):
        return ()
    sight = MitigationView(diagnosis, case)
    drafts = (one for ways in WAYS for one in ways(sight))
    return tuple(one.placed(rank) for rank, one in enumerate(drafts))


def _healthy(diagnosis: Diagnosis) -> bool:
    """Whether nothing is wrong, as measured: the label of an alert alone asks for no action."""
    measured = assess_severity(diagnosis.assessment.impact).severity
    return not diagnosis.hypotheses and measured is Severity.NONE


def untried_mitigations(found: Iterable[Mitigation], plans: Iterable[Plan]) -> tuple[Mitigation, ...]:
    """Those that no earlier plan has written already, whatever cause they were named after then.

    Args:
        found: What `mitigations` gave. The cause that one eases may change from one investigation to the next, what it
            writes does not.
        plans: Every plan of the incident so far.
    """
    done = {_written(step.change) for plan in plans for step in plan.steps}
    return tuple(one for one in found if not all(_written(each) in done for each in one.repair.changes))


def _written(change: Change) -> WrittenChange:
    patch = json.dumps(change.patch, sort_keys=True) if change.action in NAMED_BY_PATCH else ""
    return WrittenChange(change.action, change.target, patch)
