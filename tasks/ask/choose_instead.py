"""A choice of a person's in the place of the plan that waits: the plan is declined by it, and the choice comes next.

Prefect is not needed for it, so that `outage act` does not pay for its import.
"""

from blocks.record import Record
from outage.diagnosis.resolution_action import ResolutionAction
from outage.incidents.incident import Incident
from outage.incidents.timeline import Entry, EntryKind
from outage.people.person_act import ActKind, PersonAct
from outage.plans.approval import Answer, Approval
from outage.plans.plan import Plan
from outage.text.redaction import redact


def choose_in_place(record: Record, incident: Incident, plan: Plan | None, action: ResolutionAction) -> str:
    """Keep a choice; where a plan waits, decline it in the same breath, so that it can never be written.

    Args:
        record: Where it is kept.
        incident: For which it is chosen.
        plan: The plan that waits for an answer, or None.
        action: What was chosen.

    Returns:
        Empty when it counts, else why it does not: somebody decided the plan before.

    Raises:
        RecordError: It could not be recorded. Transient.
    """
    told = action.model_copy(update={"instead_of": plan.hash}) if plan else action
    if plan is not None:
        no = Approval(
            plan_hash=plan.hash,
            answer=Answer.DECLINE,
            by=action.by,
            why=f"chose instead: {action.says}",
            at=action.at,
            door=action.door,
        )
        stands = record.answer(incident.id, no, quorum=1)
        if stands.answer is not Answer.DECLINE:
            return f"{stands.by} said {stands.answer} to plan {plan.hash} before, and writing has begun"
    record.choose_action(incident.id, told)
    says = redact(f"chose to {action.says}{f': {action.because}' if action.because else ''}")
    record.add_act(
        incident.id,
        PersonAct(key=action.key, kind=ActKind.CHOSE, what=action.says, by=action.by, at=action.at),
    )
    line = Entry(
        key=action.key, at=action.at, kind=EntryKind.PLAN, says=f"{says} ({action.door})", by=action.by
    )
    record.add(incident.id, line)
    return ""
