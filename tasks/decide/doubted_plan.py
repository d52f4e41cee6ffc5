"""A plan of which nobody could tell whether it helped: the people who approved it say whether it stays."""

from datetime import UTC, datetime

from blocks.clients import clients
from outage.incidents.incident import Ending
from outage.incidents.phase_key import verified_as
from outage.plans.plan import Mode, Plan
from outage.plans.planned import Planned
from outage.plans.planning import take_back_plan
from outage.policies.permission import mode_for
from outage.verification.plan_effect import PlanEffect
from outage.verification.recovery import VerifiedRecovery
from tasks.record import note_entry


def doubted_plan(incident_id: str, attempt: int) -> Plan | None:
    """The plan of an attempt that stays in place and of which it could not be told whether it helped; else None."""
    record = clients().record
    found = record.phase(incident_id, verified_as(attempt)) if attempt else None
    if found is None:
        return None
    judged = VerifiedRecovery.model_validate(found).judged
    doubted = judged.effect is PlanEffect.INCONCLUSIVE and not judged.takes_back
    return record.plan(incident_id, attempt) if doubted else None


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
    mode = mode_for(doubted, head.severity, clients().policy, head.leader)
    if not asked.steps or mode is not Mode.ASK:
        return Planned(ending=Ending.INCONCLUSIVE, says=f"{doubted.summary}: {judged.says}; it stays")
    stands = record.keep_plan(asked)
    says = f"asked whether plan {doubted.attempt} is taken back: {judged.says}"
    note_entry(doubted.incident, "plan", says, key=f"doubted/{doubted.attempt}")
    return Planned(plan=stands, mode=Mode.ASK, says=stands.summary, takes_back=doubted.attempt)
