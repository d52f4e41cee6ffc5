"""A plan of which nobody could tell whether it helped: the people who approved it say whether it stays."""

from datetime import UTC, datetime

from blocks.clients import clients
from outage.incidents.incident import Ending
from outage.incidents.phase_key import planned_as, taken_back_as, verified_as
from outage.incidents.timeline import EntryKind
from outage.plans.approval import Answer
from outage.plans.plan import Mode, Plan
from outage.plans.planned import Planned
from outage.plans.planning import take_back_plan
from outage.policies.permission import PermissionRequest, mode_for
from outage.verification.plan_effect import PlanEffect
from outage.verification.recovery import VerifiedRecovery
from tasks.record import note_entry


def doubted_plan(incident_id: str, attempt: int) -> Plan | None:
    """The plan of an attempt that stays until people say whether it is taken back; None when nobody is to be asked.

    Nobody could tell whether it helped; or it did not, and somebody leads by now who did not say yes to it.
    """
    record = clients().record
    found = record.phase(incident_id, verified_as(attempt)) if attempt else None
    if found is None:
        return None
    judged = VerifiedRecovery.model_validate(found).judged
    doubted = judged.effect is PlanEffect.INCONCLUSIVE and not judged.takes_back
    asked = doubted or (judged.takes_back and left_to_leader(incident_id, attempt))
    return record.plan(incident_id, attempt) if asked else None


def left_to_leader(incident_id: str, attempt: int) -> bool:
    """Whether a plan that did not help is asked about before it is undone: somebody leads who did not say yes to it.

    What was asked once stays a question, whoever leads by then.
    """
    record = clients().record
    if asked := record.phase(incident_id, planned_as(attempt + 1)):
        return Planned.model_validate(asked).takes_back == attempt
    plan, leader = record.plan(incident_id, attempt), record.incident(incident_id).leader
    if plan is None or not leader or record.phase(incident_id, taken_back_as(attempt)):
        return False
    yes = {one.by for one in record.approvals(incident_id, plan.hash) if one.answer is Answer.APPROVE}
    return leader not in yes


def question_about(doubted: Plan, attempt: int) -> Planned:
    """What to ask the people who approved it: whether the plan is taken back.

    Source: runbook "Verification Steps".

    Args:
        doubted: The plan that was written and could not be judged.
        attempt: Number of the question among the incident's plans.

    Returns:
        A plan whose yes takes the other one back. The ending when there is nobody to ask, since policy alone said
        yes, or nothing that could be taken back: then it stays, and a person has it.
    """
    record = clients().record
    judged = VerifiedRecovery.model_validate(
        record.phase(doubted.incident, verified_as(doubted.attempt))
    ).judged
    kept = record.plan(doubted.incident, attempt)
    asked = kept or take_back_plan(doubted, attempt, judged.says, datetime.now(UTC))
    head = record.incident(doubted.incident)
    mode = mode_for(PermissionRequest.of(doubted, head, clients().policy))
    if not asked.steps or mode is not Mode.ASK:
        return Planned(ending=Ending.INCONCLUSIVE, says=f"{doubted.summary}: {judged.says}; it stays")
    stands = record.keep_plan(asked)
    says = f"asked whether plan {doubted.attempt} is taken back: {judged.says}"
    note_entry(doubted.incident, EntryKind.PLAN, says, key=f"doubted/{doubted.attempt}")
    return Planned(plan=stands, mode=Mode.ASK, says=stands.summary, takes_back=doubted.attempt)
