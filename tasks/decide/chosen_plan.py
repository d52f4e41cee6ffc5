"""What people chose to be planned: the choice that waits, the proposal that becomes of it, and what it replaces."""

from blocks.clients import clients
from outage.diagnosis.hypothesis import ChosenProposal, Diagnosis, Hypothesis, Mitigation
from outage.diagnosis.resolution_action import BY_HAND, ResolutionAction, ResolutionKind
from outage.errors import ActionRefused
from outage.incidents.timeline import EntryKind
from outage.kubernetes.objects import ObjectRef
from outage.mitigation.by_hand import EarlierPlan, chosen_proposal
from outage.plans.outcome import StepDid
from outage.plans.plan import TAKE_BACK, Plan
from tasks.observe.tasks import LookResult
from tasks.record import note_entry


def waiting_choice(incident_id: str) -> ResolutionAction | None:
    """The oldest choice of a person that no investigation has taken up yet.

    Returns:
        None when nobody chose anything, or all of it was taken up.
    """
    record = clients().record
    chosen = record.chosen_actions(incident_id)
    taken = {one.key for one in record.taken_choices(incident_id)} if chosen else set()
    return next((one for one in chosen if one.key not in taken), None)


def with_choice(incident_id: str, found: Diagnosis, seen: LookResult) -> Diagnosis:
    """The diagnosis with what a person chose to be planned next, made from the same look; as it is when nobody did.

    Source: runbook "Resolution Actions".
    """
    action = waiting_choice(incident_id)
    if action is None:
        return found
    try:
        chosen = chosen_proposal(action, found, seen.case, earlier_plan(action))
    except ActionRefused as refused:
        chosen = ChosenProposal(
            action=action,
            cause=BY_HAND,
            about=ObjectRef(kind="Service", name=action.target or "everything"),
            says=str(refused),
            score=0.0,
        )
    return found.model_copy(update={"chosen": chosen})


def earlier_plan(action: ResolutionAction) -> EarlierPlan | None:
    """Of `take-back`: the plan that is meant, else the newest that stands, with its recorded ways back.

    Returns:
        None for another kind of choice, and when nothing of that kind stands.
    """
    if action.kind is not ResolutionKind.TAKE_BACK:
        return None
    record = clients().record
    intents = tuple(record.intents(action.target))
    back = {(one.plan_hash, one.step_key.removeprefix(TAKE_BACK)) for one in intents if _undone(one.step_key)}
    stands = {
        one.plan_hash
        for one in intents
        if one.outcome and one.outcome.did is StepDid.APPLIED and not _undone(one.step_key)
        if (one.plan_hash, one.step_key) not in back
    }
    fitting = [
        plan
        for plan in record.plans(action.target)
        if plan.hash in stands and action.plan in (None, plan.attempt)
    ]
    return EarlierPlan(plan=fitting[-1], intents=intents) if fitting else None


def _undone(step_key: str) -> bool:
    return step_key.startswith(TAKE_BACK)


def cause_chosen(incident_id: str, found: Diagnosis) -> Hypothesis | Mitigation | ChosenProposal | None:
    """What a person chose to be planned, or None; why it cannot be planned is a line of the timeline."""
    cause = found.to_plan
    if found.chosen is None or (cause is not None and cause.repair is not None):
        return cause
    says = f"what {found.chosen.action.by} chose is not planned: {found.chosen.says}"
    note_entry(incident_id, EntryKind.PLAN, says, key=f"not-planned/{found.chosen.action.key}")
    return None


def replaced_plans(incident_id: str) -> frozenset[str]:
    """Hashes of the plans in whose place a person chose something else: they were not tried."""
    return frozenset(one.instead_of for one in clients().record.chosen_actions(incident_id)) - {""}


def chosen_instead(incident_id: str, plan: Plan) -> bool:
    """Whether the no to a plan came with another choice: then the response goes on with that."""
    return plan.hash in replaced_plans(incident_id)


def is_persons_choice(incident_id: str, attempt: int) -> bool:
    """Whether an attempt carries out, or would carry out, what a person chose: it is no try of the program's own."""
    found = clients().record.diagnosis(incident_id, attempt)
    return waiting_choice(incident_id) is not None if found is None else found.chosen is not None


def other_proposals(incident_id: str, plan: Plan) -> tuple[Hypothesis | Mitigation, ...]:
    """What else the plan's own investigation would repair and what was not planned before, likeliest first."""
    return () if plan.asks_to_take_back else open_proposals(incident_id, plan.attempt)


def open_proposals(incident_id: str, attempt: int) -> tuple[Hypothesis | Mitigation, ...]:
    """What an attempt's investigation would repair and what no plan until then was made for, likeliest first."""
    record = clients().record
    found = record.diagnosis(incident_id, attempt)
    if found is None:
        return ()
    planned = {key for one in record.plans(incident_id) if one.attempt <= attempt for key in one.mends}
    return tuple(one for one in found.proposals if one.repair is not None and one.key not in planned)
