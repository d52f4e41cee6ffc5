"""The runbook's Resolution Actions chosen by hand: what a person asked for, as a proposal like any other.

It goes the whole way of a plan: diff, guards, approval, write, verification, way back. What cannot be done is said in
one sentence, and nothing is guessed in its place.

Source: runbook "Resolution Actions".
"""

from collections.abc import Callable

from outage.diagnosis.hypothesis import ChosenProposal, Diagnosis
from outage.diagnosis.resolution_action import BY_HAND, ResolutionAction, ResolutionKind
from outage.mitigation.by_hand.cluster_acts import chosen_node_act, chosen_sessions, chosen_take_back
from outage.mitigation.by_hand.hand_draft import EarlierPlan, HandDraft, named_service, refused
from outage.mitigation.by_hand.traffic_acts import chosen_page, chosen_switch
from outage.mitigation.by_hand.workload_acts import chosen_restart, chosen_restarts, chosen_scale, chosen_undo
from outage.mitigation.mitigation_view import MitigationView
from outage.snapshots.case import Case
from outage.text.redaction import redact
from outage.verification.lasting_signs import EVERYTHING, object_names

__all__ = ["EarlierPlan", "chosen_proposal"]

ACTS: dict[ResolutionKind, Callable[[MitigationView, ResolutionAction], HandDraft]] = {
    ResolutionKind.RESTART: chosen_restart,
    ResolutionKind.RESTART_ALL: chosen_restarts,
    ResolutionKind.SCALE: chosen_scale,
    ResolutionKind.UNDO: chosen_undo,
    ResolutionKind.SWITCH: chosen_switch,
    ResolutionKind.MAINTENANCE: chosen_page,
    ResolutionKind.END_SESSIONS: chosen_sessions,
    ResolutionKind.CORDON: chosen_node_act,
    ResolutionKind.UNCORDON: chosen_node_act,
    ResolutionKind.DRAIN: chosen_node_act,
}


def chosen_proposal(
    action: ResolutionAction, diagnosis: Diagnosis, case: Case, earlier: EarlierPlan | None = None
) -> ChosenProposal:
    """Make a proposal of what a person chose.

    Source: runbook "Resolution Actions".

    Args:
        action: What was chosen.
        diagnosis: What is wrong, from the same look.
        case: What was looked at.
        earlier: Of `take-back`: the plan that is to be taken back, with its recorded ways back.

    Raises:
        ActionRefused: It cannot be done, and why. Permanent.
    """
    sight = MitigationView(diagnosis, case)
    if action.kind is ResolutionKind.PROPOSAL:
        return _of_the_investigation(action, diagnosis)
    if action.kind is ResolutionKind.TAKE_BACK:
        draft = chosen_take_back(sight, action, earlier)
    else:
        draft = ACTS[action.kind](sight, action)
    well = (named_service(sight, action, action.well).name,) if action.well else draft.heals
    return ChosenProposal(
        action=action,
        cause=BY_HAND,
        about=draft.about,
        says=redact(f"{action.by} chose to {action.says}{f': {action.because}' if action.because else ''}"),
        explains=_objects_of(sight, well),
        score=1.0,
        reasons=(f"chosen by {action.by}; what must become well: {', '.join(well) or 'everything'}",),
        evidence_for=draft.seen,
        evidence_against=draft.against,
        repair=draft.repair,
    )


def _of_the_investigation(action: ResolutionAction, diagnosis: Diagnosis) -> ChosenProposal:
    found = next((one for one in diagnosis.proposals if one.key == action.target), None)
    if found is None:
        raise refused(action, "it is not among the causes that the last look leaves standing")
    if found.repair is None:
        raise refused(action, "only a person can mend it: it has no repair that could be planned")
    told = {
        name: getattr(found, name) for name in type(found).model_fields if name in ChosenProposal.model_fields
    }
    return ChosenProposal(**told, action=action)


def _objects_of(sight: MitigationView, names: tuple[str, ...]) -> tuple[str, ...]:
    home = sight.index.platform.namespace
    known = [one for one in sight.index.platform.services if one.name in names]
    return tuple(name for one in known for name in object_names(one, home)) or (EVERYTHING,)
