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
from outage.incidents.incident import Ended, Ending
from outage.plans.approval import Answer
from outage.plans.outcome import Resolved
from outage.plans.planned import Planned
from outage.verification.recovery import VerifiedRecovery
from tasks.ask.await_answer import answer_for
from tasks.decide import attempts_made
from tasks.record import aborted, only_responder, partly_applied, phase_once
from tasks.record.incident_place import incident_run_name, nowhere_to_look, take_its_place
from tasks.tell import call_a_person, publish_report


@flow(name="respond", flow_run_name=incident_run_name, persist_result=False)
async def respond_to_outage(incident_id: str) -> State[Any]:
    """Answer one outage: triage, investigate, plan, ask, resolve, verify, close.

    Source: runbook "Immediate Response" to "Communication Updates".

    Args:
        incident_id: An incident of the record, as the intake opened it: `inc-20301123-7f3a12`.

    Returns:
        A state named for the ending. Recovered, NothingToDo, Advised, Refused and Declined complete;
        NotRecovered and HandOffFailed fail.
    """
    async with only_responder(incident_id):
        try:
            ended = await phase_once(incident_id, "ended", Ended, _answer)
        except CancelledRun:
            raise  # a person stopped a phase: that is no error to report
        except Exception as error:  # noqa: BLE001 - nobody expected it: a person gets it, with all that is known
            ending, says = aborted(incident_id, call_a_person(incident_id, error))
            ended = await phase_once(incident_id, "ended", Ended, close, ending, says)
        await publish_report(incident_id)
    state = Completed if ended.ending.completes else Failed
    return state(name=ended.ending, message=ended.says)


async def _answer(incident: str) -> Ended:
    """Try one cause after the other, the likeliest first; what healed one of several stays."""
    if turned_away := nowhere_to_look(take_its_place(incident)):
        return await close(incident, turned_away.ending, turned_away.says)
    await phase_once(incident, "triage", Diagnosis, triage)
    healed: list[str] = []
    for attempt in attempts_made():
        await phase_once(incident, f"investigate-{attempt}", Diagnosis, investigate, attempt)
        planned = await phase_once(incident, f"plan-{attempt}", Planned, plan, attempt)
        ending, says = await _try(incident, attempt, planned)
        if ending is Ending.RECOVERED:
            return await close(incident, ending, "; ".join([*healed, says]))
        if ending:
            return await close(incident, ending, _beside(says, healed))
        healed += [says] if says else []
    says = "no plan helped, each was taken back: a person is needed"
    if healed:
        says = partly_applied(incident, "the last plan that policy allows did not bring recovery")
    return await close(incident, Ending.NOT_RECOVERED, says)


async def _try(incident: str, attempt: int, planned: Planned) -> tuple[Ending | None, str]:
    """Ask, write, verify, and take back what does not help.

    Returns:
        How the incident ends, and why. No ending when the next cause is to be tried: then what stays of this plan,
        because it healed its own cause, or nothing.
    """
    if planned.plan is None or planned.ending:
        return planned.ending or Ending.ADVISED, planned.says
    answer = await answer_for(incident, planned)
    if answer.answer is Answer.DECLINE:
        return Ending.DECLINED, f"{answer.by} said no: {answer.why or 'no reason given'}"
    done = await phase_once(incident, f"resolve-{attempt}", Resolved, resolve, attempt)
    if done.refused:
        return Ending.REFUSED, done.says
    if done.applied and planned.stays:
        return Ending.NOT_RECOVERED, f"{planned.plan.summary}; it stays until a person takes it back"
    if done.applied:
        seen = await phase_once(incident, f"verify-{attempt}", VerifiedRecovery, verify, attempt)
        if seen.recovered or seen.helped:
            return Ending.RECOVERED if seen.recovered else None, planned.plan.summary
    back = await phase_once(incident, f"take-back-{attempt}", Resolved, take_back, attempt)
    if back.applied:
        return None, ""
    return Ending.NOT_RECOVERED, partly_applied(incident, f"plan {attempt} did not help, and {back.says}")


def _beside(says: str, healed: list[str]) -> str:
    """An ending's sentence, with what stays of the plans before."""
    return f"{says}; what healed one cause of several stays: {'; '.join(healed)}" if healed else says
