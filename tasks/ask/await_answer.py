"""Wait for a person's answer without holding a process, and let the first answer that stands win.

Called from the body of the top-level flow, because only that can suspend. Everything here may run again from
its first line: answers are data in the record, and the keys of the questions are stable.
"""

from datetime import UTC, datetime
from itertools import count

from prefect.flow_runs import asuspend_flow_run

from blocks.clients import clients
from outage.incidents.incident import Incident, Phase
from outage.plans.approval import Answer, Approval, standing_answer_of
from outage.plans.plan import Mode, Plan
from outage.plans.planned import Planned
from outage.policies.permission import approvals_needed, may_answer
from outage.policies.policy import Policy
from tasks.ask.approval_form import ApprovalForm, form_for
from tasks.record import note_entry, set_phase
from tasks.tell import show_diagnosis, show_plan

FORGOTTEN_AFTER_SECONDS = 7 * 24 * 3600
"""Prefect fails a run whose question is older than this. Far beyond the policy's own time for an answer: the
watch declines long before, and a decline completes the run."""


async def answer_for(incident_id: str, planned: Planned) -> Approval:
    """Suspend until the plan has an answer that stands; where policy is the yes, do not ask.

    Args:
        incident_id: Whose plan it is.
        planned: The plan, whose hash the answer is bound to, and how far policy lets us go alone.

    Returns:
        The answer: a person's, from the UI form, the command line or the clock (silence is a no).

    Raises:
        RecordError: The record could not be asked. Transient.
    """
    incident, plan = clients().record.incident(incident_id), planned.plan
    if plan is None:
        raise ValueError(f"ask about {incident_id}: there is no plan to ask about")
    if planned.mode is Mode.ACT:
        return by_policy(incident, plan)
    needed = approvals_needed(plan, incident.severity, clients().policy)
    again = ""
    for turn in count(1):
        answer = standing_answer_of(clients().record.approvals(incident.id, plan.hash), needed)
        if answer:
            answer_told(incident.id, plan, answer)
            return answer
        set_phase(incident.id, Phase.AWAITING_APPROVAL)
        await put_question(incident.id, planned, plan)
        form = await asuspend_flow_run(
            wait_for_input=form_for(plan, again),
            key=f"approval-{plan.attempt}-{turn}",
            timeout=FORGOTTEN_AFTER_SECONDS,
        )
        again = take_answer(incident, plan, form, clients().policy)
    raise AssertionError("count() does not end")


async def put_question(incident_id: str, planned: Planned, plan: Plan) -> None:
    """Put what is wrong and what is meant on the page of the run that waits, where the answer is given; once."""
    key = f"asked/{plan.hash}"
    if any(entry.key == key for entry in clients().record.entries(incident_id)):
        return  # the run was woken, and comes by here again on its way to the answer
    found = clients().record.diagnosis(incident_id, plan.attempt)
    if found is not None:
        await show_diagnosis(incident_id, plan.attempt, found)
    await show_plan(incident_id, planned)
    note_entry(
        incident_id, "approval", f"waiting for a yes or no to plan {plan.hash}: {plan.summary}", key=key
    )


def answer_told(incident_id: str, plan: Plan, answer: Approval) -> None:
    """Put the answer that stands on the timeline."""
    why = f": {answer.why}" if answer.why else ""
    says = f"{answer.answer} plan {plan.hash} through {answer.door}{why}"
    note_entry(incident_id, "approval", says, by=answer.by, key=f"answered/{plan.hash}")


def by_policy(incident: Incident, plan: Plan) -> Approval:
    """Write down that the policy file is the yes, unless a person was quicker with a no."""
    yes = Approval(
        plan_hash=plan.hash,
        answer=Answer.APPROVE,
        by="policy",
        why=f"policy lets a plan of {plan.risk} risk act alone",
        at=datetime.now(UTC),
        door="policy",
    )
    stands = clients().record.answer(incident.id, yes, quorum=1)
    answer_told(incident.id, plan, stands)
    return stands


def take_answer(incident: Incident, plan: Plan, form: ApprovalForm, policy: Policy) -> str:
    """Write a form's answer to the record, or say why it does not count.

    Returns:
        Empty when it counts, else one sentence for the next form.
    """
    answer = Answer(form.decision)
    refusal = other_plan(form, plan) or may_answer(
        form.approver, answer, plan, incident.severity, policy, incident.requester
    )
    if refusal:
        note_entry(
            incident.id, "approval", f"{form.approver} answered {answer}, which does not count: {refusal}"
        )
        return refusal
    given = Approval(
        plan_hash=plan.hash, answer=answer, by=form.approver, why=form.why, at=datetime.now(UTC), door="ui"
    )
    needed = approvals_needed(plan, incident.severity, policy)
    stands = clients().record.answer(incident.id, given, quorum=needed)
    heard = len(clients().record.approvals(incident.id, plan.hash))
    return f"{stands.by} said yes; {needed - heard} more needed" if 0 < heard < needed else ""


def other_plan(form: ApprovalForm, plan: Plan) -> str:
    """Why a form answers another plan than the one that waits, or empty."""
    if form.plan in ("", plan.hash):
        return ""
    return f"the answer was to plan {form.plan}, and now plan {plan.hash} waits: read it first"
