"""Wait for a person's answer without holding a process, and let the first answer that stands win.

Called from the body of the top-level flow, because only that can suspend. Everything here may run again from
its first line: answers are data in the record, and the keys of the questions are stable.
"""

from datetime import UTC, datetime
from itertools import count

from prefect.flow_runs import asuspend_flow_run

from blocks.clients import clients
from outage.diagnosis.resolution_action import ResolutionAction, ResolutionKind
from outage.incidents.incident import Incident, Phase
from outage.incidents.timeline import EntryKind
from outage.plans.answer_words import answer_words
from outage.plans.approval import Answer, Approval, standing_answer_of
from outage.plans.plan import Mode, Plan
from outage.plans.planned import Planned
from outage.policies.permission import PermissionRequest, answer_belongs_to, approvals_needed, rule_for
from outage.policies.policy import Policy
from outage.policies.quorum import quorum_gap
from outage.text.handle import read_handle
from tasks.ask.approval_form import KEEP, ApprovalForm, form_for, titled_proposals
from tasks.ask.choose_instead import choose_in_place
from tasks.ask.give_answer import give_answer, note_refused
from tasks.decide.chosen_plan import other_proposals
from tasks.record import note_entry, set_phase
from tasks.tell import show_diagnosis, show_plan
from tasks.tell.run_artifacts import runbook_of

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
    if planned.mode is Mode.ACT and not incident.leader:
        return by_policy(incident, plan)
    asked = PermissionRequest.of(plan, incident, clients().policy)
    needed, theirs = approvals_needed(asked), answer_belongs_to(asked)
    others = other_proposals(incident.id, plan)
    page, runbook = clients().settings.incident_page(incident.id), runbook_of(plan)
    again = ""
    for turn in count(1):
        answer = standing_answer_of(clients().record.approvals(incident.id, plan.hash), needed, theirs)
        if answer:
            return answer
        set_phase(incident.id, Phase.AWAITING_APPROVAL)
        await put_question(incident.id, planned, plan)
        form = await asuspend_flow_run(
            wait_for_input=form_for(plan, again, others, page, runbook),
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
        incident_id,
        EntryKind.APPROVAL,
        f"waiting for a yes or no to plan {plan.hash}: {plan.summary}",
        key=key,
    )
    note_gap(incident_id, plan)


def note_gap(incident_id: str, plan: Plan) -> None:
    """Say at once when the yes that policy wants cannot be given by the people it names, instead of waiting for it."""
    asked = PermissionRequest.of(plan, clients().record.incident(incident_id), clients().policy)
    if answer_belongs_to(asked) and approvals_needed(asked) == 1:
        return  # who leads can say it
    gap = quorum_gap(rule_for(asked), asked.policy, asked.requester)
    if gap:
        says = f"nobody can approve plan {plan.hash}: it {gap}; a no ends the waiting"
        note_entry(incident_id, EntryKind.APPROVAL, says, key=f"gap/{plan.hash}")


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
    return clients().record.answer(incident.id, yes, quorum=1)


def take_answer(incident: Incident, plan: Plan, form: ApprovalForm, policy: Policy) -> str:
    """Write a form's answer to the record, or say why it does not count.

    Returns:
        Empty when nothing is left to say, else one sentence for the next form.
    """
    record, answer = clients().record, answer_words(plan).heard(form.decision)
    if _heard(record.approvals(incident.id, plan.hash), form.approver, answer):
        return ""  # another door recorded it, and woke us with it
    refusal = other_plan(form, plan)
    if not refusal and form.instead != KEEP:
        refusal = take_choice(incident, plan, form, answer)
        if not refusal:
            return ""
    refusal = refusal or unsigned(answer)
    if refusal:
        note_refused(record, incident.id, _as_given(form, plan, answer), refusal)
        return refusal
    given = give_answer(
        record,
        incident,
        plan,
        policy,
        answer=answer,
        by=form.approver,
        why=form.why,
        door="ui",
        at=datetime.now(UTC),
    )
    return "" if given.decided else given.says


def unsigned(answer: Answer) -> str:
    """Why a yes in this form does not count, or empty: a pool's worker cannot sign it, and needs it signed."""
    if answer is not Answer.APPROVE or clients().settings.answers_key_file is None:
        return ""
    return "a yes for this platform is signed: give it on the page, in the chat or with `outage approve`"


def take_choice(incident: Incident, plan: Plan, form: ApprovalForm, answer: Answer) -> str:
    """Take the form's other proposal in the place of the plan; it is planned and shown before anybody may say yes.

    Returns:
        Empty when nothing is left to say, else one sentence for the next form.
    """
    other = titled_proposals(other_proposals(incident.id, plan)).get(form.instead)
    if other is None:
        return f"`{form.instead}` is none of the proposals that this form offers"
    if answer is Answer.APPROVE:
        return "you approved this plan and chose another one: say which; to choose another, decline this one"
    try:
        by = read_handle(form.approver)
    except ValueError as error:
        return str(error)
    action = ResolutionAction(
        kind=ResolutionKind.PROPOSAL,
        target=other.key,
        because=form.why,
        by=by,
        door="ui",
        at=datetime.now(UTC),
    )
    return choose_in_place(clients().record, incident, plan, action)


def _as_given(form: ApprovalForm, plan: Plan, answer: Answer) -> Approval:
    """What a form says, under the name that was typed into it."""
    return Approval(
        plan_hash=form.plan or plan.hash,
        answer=answer,
        by=form.approver,
        why=form.why,
        at=datetime.now(UTC),
        door="ui",
    )


def _heard(given: list[Approval], by: str, answer: Answer) -> bool:
    return any(one.by == by.strip().removeprefix("@").casefold() and one.answer is answer for one in given)


def other_plan(form: ApprovalForm, plan: Plan) -> str:
    """Why a form answers another plan than the one that waits, or empty."""
    if form.plan in ("", plan.hash):
        return ""
    return f"the answer was to plan {form.plan}, and now plan {plan.hash} waits: read it first"
