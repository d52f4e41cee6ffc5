"""Answer one outage from its first alert to its report: the whole story on one screen.

The sentence is re-entrant: a process may die at any line, or end on purpose to wait for a person, and whoever
runs it again reads the finished phases back from the record and goes on.
"""

from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.exceptions import CancelledRun
from prefect.states import Completed, Failed

from flows.close import close
from flows.investigate import investigate
from flows.propose import plan
from flows.resolve import resolve, take_back
from flows.triage import triage
from flows.verify import verify
from outage.diagnosis.hypothesis import Diagnosis
from outage.errors import FenceLost
from outage.incidents.folding import Inherited
from outage.incidents.incident import Ended, Ending
from outage.incidents.phase_key import (
    ENDED,
    TRIAGED,
    inherited_as,
    investigated,
    planned_as,
    resolved_as,
    taken_back_as,
    verified_as,
)
from outage.plans.approval import Answer, Approval
from outage.plans.outcome import Resolved
from outage.plans.planned import Planned
from outage.verification.recovery import VerifiedRecovery
from tasks.ask.await_answer import answer_for
from tasks.ask.await_leader import leader_goes_on
from tasks.ask.await_outcome import inherited_outcome
from tasks.decide import Concluded, attempts_made, chosen_instead, left_to_leader
from tasks.record import aborted, as_only_responder, ended_by_hand, partly_applied, phase_once
from tasks.record.incident_place import incident_run_name, nowhere_to_look, take_its_place
from tasks.tell import call_a_person, publish_report


@flow(name="respond", flow_run_name=incident_run_name, persist_result=False)
async def respond_to_outage(incident_id: str) -> State[Any]:
    """Answer one outage: triage, investigate, plan, ask, resolve, verify, close.

    Source: runbook "Immediate Response" to "Communication Updates".

    Args:
        incident_id: An incident of the record, as the intake opened it: `inc-20301123-7f3a12`.

    Returns:
        A state named for the ending. Recovered, NothingToDo, Advised, NotMine, Refused, Declined and MendedByHand
        complete; Unanswered, Inconclusive, NotRecovered and HandOffFailed fail.
    """
    ended = await as_only_responder(incident_id, _to_its_end)
    state = Completed if ended.ending.completes else Failed
    return state(name=ended.ending, message=ended.says)


async def _to_its_end(incident_id: str) -> Ended:
    """Answer, and tell how it ended, whatever happens on the way."""
    try:
        ended = await phase_once(incident_id, ENDED, Ended, _answer)
    except (CancelledRun, FenceLost):
        raise  # a person stopped a phase, or another process has the incident: that is no error to report
    except Exception as error:  # noqa: BLE001 - nobody expected it: a person gets it, with all that is known
        ending, says = aborted(incident_id, call_a_person(incident_id, error))
        ended = await phase_once(incident_id, ENDED, Ended, close, ending, says)
    await publish_report(incident_id)
    return ended


async def _answer(incident_id: str) -> Ended:
    """Try one cause after the other, the likeliest first; what mended its own cause stays."""
    if turned_away := nowhere_to_look(take_its_place(incident_id)):
        return await close(incident_id, turned_away.ending, turned_away.says)
    await phase_once(incident_id, TRIAGED, Diagnosis, triage)
    mended: dict[int, str] = {}
    for attempt in attempts_made(incident_id):
        found = await phase_once(incident_id, investigated(attempt), Diagnosis, investigate, attempt)
        planned = await phase_once(incident_id, planned_as(attempt), Planned, plan, attempt, Concluded(found))
        ending, says = await _try(incident_id, attempt, planned, list(mended))
        if closed := ended_by_hand(incident_id):
            return closed
        if ending is Ending.RECOVERED:
            return await close(incident_id, ending, "; ".join([*mended.values(), says]))
        if ending and await leader_goes_on(incident_id, attempt, f"{ending}: {says}"):
            continue
        if ending:
            return await close(incident_id, ending, _beside(says, mended))
        mended |= {attempt: says} if says else {}
    says = "no plan helped, each was taken back: a person is needed"
    if mended:
        says = partly_applied(incident_id, "the last plan that policy allows did not bring recovery")
    return await close(incident_id, Ending.NOT_RECOVERED, says)


async def _try(
    incident_id: str, attempt: int, planned: Planned, mended: list[int]
) -> tuple[Ending | None, str]:
    """Ask, write, verify, and take back what does not help.

    Returns:
        How the incident ends, and why. No ending when the next cause is to be tried: then what stays of this plan,
        because it mended its own cause, or nothing.
    """
    if planned.passed:
        return None, ""  # what a person chose cannot be done, and there is more to try
    if planned.plan is None or planned.ending:
        return await _without_plan(incident_id, attempt, planned, mended)
    answer = await answer_for(incident_id, planned)
    if answer.answer is Answer.DECLINE and chosen_instead(incident_id, planned.plan):
        return None, ""
    if planned.takes_back:
        return await _stay_or_go(incident_id, planned.takes_back, answer)
    if answer.answer is Answer.DECLINE:
        ending = Ending.UNANSWERED if answer.is_silence else Ending.DECLINED
        return ending, f"{answer.by} said no: {answer.why or 'no reason given'}"
    return await _carried_out(incident_id, attempt, planned)


async def _carried_out(incident_id: str, attempt: int, planned: Planned) -> tuple[Ending | None, str]:
    """Write an approved plan, watch it, and take back what does not help; as `_try` gives it."""
    summary = planned.plan.summary if planned.plan else ""
    done = await phase_once(incident_id, resolved_as(attempt), Resolved, resolve, attempt)
    if done.refused:
        return Ending.REFUSED, done.says
    if done.applied and planned.stays:
        return Ending.NOT_RECOVERED, f"{summary}; it stays until a person takes it back"
    if done.applied:
        seen = await phase_once(incident_id, verified_as(attempt), VerifiedRecovery, verify, attempt)
        if seen.recovered:
            return Ending.RECOVERED, seen.ending_words(summary)
        if ended_by_hand(incident_id) or (seen.judged.takes_back and left_to_leader(incident_id, attempt)):
            return None, ""  # somebody has it: nothing is undone behind their back
        if not seen.judged.takes_back:  # it mended its own cause; or nobody can tell: people are asked next
            return None, summary if seen.judged.mended else ""
    return await _taken_back(incident_id, attempt)


async def _without_plan(
    incident_id: str, attempt: int, planned: Planned, mended: list[int]
) -> tuple[Ending | None, str]:
    """What becomes of an attempt without a plan: another incident's outcome, a last look, or an end."""
    if planned.folds_into:
        theirs = await phase_once(incident_id, inherited_as(attempt), Inherited, inherited_outcome)
        return theirs.ending, theirs.says
    if planned.ending is Ending.NOTHING_TO_DO and mended:
        return await _well_again(incident_id, attempt, mended[-1])
    return planned.ending or Ending.ADVISED, planned.says


async def _taken_back(incident_id: str, attempt: int) -> tuple[Ending | None, str]:
    """Undo a plan; where that cannot be done whole, nothing is built on it."""
    back = await phase_once(incident_id, taken_back_as(attempt), Resolved, take_back, attempt)
    if back.applied:
        return None, ""
    return Ending.NOT_RECOVERED, partly_applied(incident_id, f"plan {attempt} did not help, and {back.says}")


async def _stay_or_go(incident_id: str, attempt: int, answer: Approval) -> tuple[Ending | None, str]:
    """Do with a plan that nobody could judge what the people who approved it say; silence lets it stay."""
    if answer.answer is Answer.APPROVE:
        return await _taken_back(incident_id, attempt)
    who = "nobody said whether" if answer.is_silence else f"{answer.by} says that"
    return (
        Ending.INCONCLUSIVE,
        f"{who} plan {attempt} stays, and it was not seen to help; it stays",
    )


async def _well_again(incident_id: str, attempt: int, mended: int) -> tuple[Ending | None, str]:
    """Watch the whole platform once more: what failed beside the plan that mended its own cause is well by itself."""
    seen = await phase_once(incident_id, verified_as(attempt), VerifiedRecovery, verify, mended)
    return (Ending.RECOVERED, "what else failed is well again") if seen.recovered else (None, "")


def _beside(says: str, mended: dict[int, str]) -> str:
    """An ending's sentence, with what stays of the plans before."""
    stays = "; ".join(mended.values())
    return f"{says}; what healed one cause of several stays: {stays}" if mended else says
