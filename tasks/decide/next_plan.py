"""From the likeliest cause that was not tried yet to a plan, with every objection collected."""

import time
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from functools import partial
from itertools import count
from typing import Any

from prefect import task

from blocks.clients import clients
from blocks.retry import retry_transient
from outage.diagnosis.cause import Cause
from outage.diagnosis.hypothesis import ChosenProposal, Diagnosis, Hypothesis, Mitigation
from outage.diagnosis.thresholds import BELIEVED_FROM
from outage.errors import ClusterError, ClusterForbidden, DatabaseError
from outage.incidents.incident import Ending, Incident
from outage.incidents.phase_key import TRIAGED, investigated, verified_as
from outage.incidents.severity import Severity, assess_severity
from outage.incidents.timeline import EntryKind
from outage.mitigation import shows_page, untried_mitigations
from outage.plans.plan import Mode, Plan
from outage.plans.planned import Planned
from outage.plans.planning import plan_for
from outage.plans.shared_causes import SharedCause, shared_cause
from outage.policies.guards import plan_objections
from outage.policies.permission import PermissionRequest, mode_for
from outage.verification.recovery import VerifiedRecovery
from tasks.act import guard_view_of, preview_now, targets_now
from tasks.decide.chosen_plan import cause_chosen, is_persons_choice, replaced_plans
from tasks.decide.doubted_plan import doubted_plan, question_about
from tasks.decide.fold_or_answer import claimed_cause, folded, without_others
from tasks.record import note_entry

BREATHS_SECONDS = (1.0, 3.0, 8.0, 15.0)
"""Before each further try of planning while what stands against it may pass: within the phase's two minutes."""

STANDS_AGAINST = (ClusterError, DatabaseError)
"""What may keep a plan from being made. A record that is away is not of these: `once` waits for it."""


def attempts_made(incident_id: str) -> Iterator[int]:
    """Numbers of the plans that may be tried, from 1, as many as policy says; under a leader as many as there are.

    The question whether a plan stays has a number of its own, and is no try; nor is what a person chose by hand.
    """
    tried = 0
    for number in count(1):
        may_try = tried < clients().policy.attempts or not _is_own_try(incident_id, number)
        if not may_try and not _goes_on(incident_id, number):
            return
        yield number
        tried += _is_own_try(incident_id, number)  # only now: a choice may have come while it was looked at


def _is_own_try(incident_id: str, attempt: int) -> bool:
    return doubted_plan(incident_id, attempt - 1) is None and not is_persons_choice(incident_id, attempt)


def _goes_on(incident_id: str, attempt: int) -> bool:
    """Whether an attempt beyond policy's number is made: somebody leads, or led when it was begun."""
    record = clients().record
    led = bool(record.incident(incident_id).leader)
    return led or record.phase(incident_id, investigated(attempt)) is not None


@task(name="make the plan", persist_result=False)
def make_plan(incident_id: str, attempt: int, found: Diagnosis) -> Planned:
    """Plan the smallest change for the likeliest untried cause, as a diff, with what guards object to.

    A plan of this attempt that is on record already is weighed again and no other is made: an earlier process
    died right after keeping it, and an answer may be bound to it.

    Source: runbook "Resolution Actions".

    Args:
        incident_id: Whose plan it is.
        attempt: Which plan, from 1.
        found: What the investigation of this attempt concluded.
    """
    record = clients().record
    if doubted := doubted_plan(incident_id, attempt - 1):
        return question_about(doubted, attempt)
    standing, kept = record.incident(incident_id), record.plan(incident_id, attempt)
    if kept is None:
        if stop := without_right(standing, found):
            return stop
        chosen = cause_chosen(incident_id, found)
        own = next_cause(found, _tried(incident_id), attempt, last_that_helped(incident_id, attempt))
        if chosen is None and (stop := without_plan(found, own)):
            return passed_by_itself(stop, record.phase(incident_id, TRIAGED))
        cause = chosen or own
        assert cause is not None  # noqa: S101 - `without_plan` stops when there is none; this tells mypy
        claimed = claimed_cause(standing, cause, found)
        if claimed.into:
            return folded(standing, claimed.into, cause)
        ours = without_others(found, claimed.others)
        planned = plans_asked(cause.says, partial(make_anew, standing, attempt, cause, ours))
    else:
        planned = plans_asked(kept.causes, partial(weigh_objections, standing, kept))
    if planned.plan is not None:
        stands = record.keep_plan(planned.plan)
        note_entry(
            incident_id, EntryKind.PLAN, f"plan {stands.hash}: {stands.summary}", key=f"planned/{attempt}"
        )
        planned = planned.model_copy(update={"plan": stands})
    return _passed_over(incident_id, planned, found)


def _tried(incident_id: str) -> list[Plan]:
    """The plans so far, without those in whose place a person chose something else."""
    replaced = replaced_plans(incident_id)
    return [one for one in clients().record.plans(incident_id) if one.hash not in replaced]


def _passed_over(incident_id: str, planned: Planned, found: Diagnosis) -> Planned:
    """The same; what a person chose and guards refuse ends no incident in which there is more to try."""
    if planned.ending is None or found.chosen is None or not found.hypotheses:
        return planned
    says = f"what {found.chosen.action.by} chose is not carried out: {planned.says}"
    note_entry(incident_id, EntryKind.PLAN, says, key=f"passed/{found.chosen.action.key}")
    return planned.model_copy(update={"ending": None, "passed": True})


def last_that_helped(incident_id: str, attempt: int) -> int:
    """The attempt before this one whose plan stayed because it healed a cause of its own; 0 when there is none."""
    phases = {
        number: clients().record.phase(incident_id, verified_as(number)) for number in range(1, attempt)
    }
    judged = {
        number: VerifiedRecovery.model_validate(found).judged for number, found in phases.items() if found
    }
    return max((number for number, verdict in judged.items() if verdict.mended), default=0)


def next_cause(
    found: Diagnosis, plans: Iterable[Plan], attempt: int, helped: int = 0
) -> Hypothesis | Mitigation | None:
    """What to plan for: the likeliest untried cause, or what eases the outage when that cannot be acted upon.

    Args:
        found: What the investigation of this attempt concluded.
        plans: Every plan of the incident so far.
        attempt: Which plan is to be made.
        helped: The last attempt that healed one cause of several: what was tried in vain before it was tried on top of
            that cause, and may be tried again.

    Returns:
        A cause without a repair when only a person can mend it; None when nothing is left to try.
    """
    earlier = [plan for plan in plans if helped <= plan.attempt < attempt]
    tried = {key for plan in earlier for key in plan.mends}
    cause = next((one for one in found.hypotheses if one.key not in tried), None)
    if cause is not None and cause.repair is not None and cause.score >= BELIEVED_FROM:
        return cause
    return next(iter(untried_mitigations(found.mitigations, earlier)), cause)


def plans_asked(
    meant: str, planning: Callable[[], Planned], rest: Callable[[float], None] = time.sleep
) -> Planned:
    """What planning gives, or advice when the cluster or the database keeps it from being made.

    Args:
        meant: The cause that the plan is for.
        planning: Makes and weighs the plan; writes nothing, and may be called again.
        rest: Waits so many seconds.
    """
    try:
        return retry_transient(planning, BREATHS_SECONDS, errors=STANDS_AGAINST, rest=rest)
    except STANDS_AGAINST as refused:
        says = f"the plan cannot be made: {refused}; meant was: {meant}"
        return Planned(ending=Ending.ADVISED, says=says)


def without_right(incident: Incident, found: Diagnosis) -> Planned | None:
    """What is advised where no platform answers: nothing is planned for what is not ours to write."""
    if not incident.unclaimed:
        return None
    seen = found.hypotheses[0].says if found.hypotheses else found.assessment.reason
    says = f"no platform file names namespace {incident.namespace}: looked at read-only; seen: {seen}"
    return Planned(ending=Ending.ADVISED, says=says)


def without_plan(found: Diagnosis, cause: Hypothesis | Mitigation | None) -> Planned | None:
    """Why there is nothing to plan, or None when there is."""
    measured = assess_severity(
        found.assessment.impact
    ).severity  # without the label's floor: what is really seen
    if not found.hypotheses and measured is Severity.NONE:
        return Planned(ending=Ending.NOTHING_TO_DO, says="nothing is wrong any more: every look was healthy")
    if cause is None:
        return Planned(ending=Ending.ADVISED, says="no cause is left that was not tried: a person is needed")
    if cause.repair is None:
        return Planned(ending=Ending.ADVISED, says=f"only a person can mend this: {cause.says}")
    if isinstance(cause, Hypothesis) and cause.score < BELIEVED_FROM:
        says = f"not sure enough to act ({cause.score:.2f}, {BELIEVED_FROM:.2f} needed): {cause.says}"
        return Planned(ending=Ending.ADVISED, says=says)
    return None


def passed_by_itself(stop: Planned, triage: dict[str, Any] | None) -> Planned:
    """The same, with what is owed when something was seen to fail at first: it came back, and nobody mended it."""
    if stop.ending is not Ending.NOTHING_TO_DO or triage is None:
        return stop
    first = Diagnosis.model_validate(triage)
    if assess_severity(first.assessment.impact).severity is Severity.NONE:
        return stop
    causes = [one.says for one in first.hypotheses if one.cause != Cause.UNKNOWN]
    untouched = f"it came back by itself, cause untouched: {causes[0] if causes else 'not known'}"
    return stop.model_copy(update={"says": f"{untouched}; {stop.says}"})


def make_anew(
    incident: Incident, attempt: int, cause: Hypothesis | Mitigation | ChosenProposal, found: Diagnosis
) -> Planned:
    """Draft a plan for the cause on every object that has it, and weigh it; on the first alone when guards object."""
    if isinstance(cause, Mitigation | ChosenProposal):
        return weigh_anew(incident, attempt, SharedCause(cause=cause))
    least = len(cause.repair.changes) if cause.repair else 0
    whole = shared_cause(cause, found.hypotheses, clients().policy.limits.steps)
    planned = weigh_anew(incident, attempt, whole)
    if whole.also and planned.ending is Ending.REFUSED:
        first = shared_cause(cause, found.hypotheses, least)
        return weigh_anew(incident, attempt, first)
    return planned


def weigh_anew(incident: Incident, attempt: int, shared: SharedCause) -> Planned:
    """Draft a plan, have the API server try it, and weigh it.

    Where the writer may not even try it, the guards say which right is missing; what they know nothing of is raised.
    """
    plan = draft_plan(incident, attempt, shared)
    try:
        return weigh_objections(incident, preview_now(plan))
    except ClusterForbidden:
        refused = weigh_objections(incident, plan)
        if refused.ending is not Ending.REFUSED:
            raise
        return refused


def draft_plan(incident: Incident, attempt: int, shared: SharedCause) -> Plan:
    """Make the plan against the objects as they are now."""
    cause = shared.cause
    targets = [change.target for change in cause.repair.changes] if cause.repair else []
    return plan_for(cause, incident, attempt, targets_now(targets), datetime.now(UTC), shared.also)


def weigh_objections(incident: Incident, plan: Plan) -> Planned:
    """Ask policy how far we may go alone, and the guards whether at all; a broken policy only advises."""
    policy = clients().policy
    if policy.broken:
        says = f"the policy file cannot be used, so nothing is written: {policy.broken}"
        return Planned(plan=plan, mode=Mode.ADVISE, ending=Ending.ADVISED, says=says)
    refusals = plan_objections(plan, guard_view_of(plan, incident), policy, datetime.now(UTC))
    if refusals:
        says = "; ".join(one.says for one in refusals)
        return Planned(plan=plan, ending=Ending.REFUSED, says=says, objections=refusals)
    mode = mode_for(PermissionRequest.of(plan, incident, policy))
    if mode is Mode.ADVISE:
        says = f"policy says to advise only: {plan.summary}"
        return Planned(plan=plan, mode=mode, ending=Ending.ADVISED, says=says)
    return Planned(plan=plan, mode=mode, says=plan.summary, stays=shows_page(plan, clients().platform))
