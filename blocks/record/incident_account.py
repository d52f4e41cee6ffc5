"""One incident with everything that hangs on it, for reports and for `outage show`."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from outage.diagnosis.cause import Cause
from outage.diagnosis.hypothesis import Diagnosis, Hypothesis
from outage.incidents.incident import Ending, Incident
from outage.incidents.phase_key import (
    TRIAGED,
    KeptPhase,
    investigated,
    resolved_as,
    taken_back_as,
    verified_as,
)
from outage.plans.approval import Answer, Approval
from outage.plans.outcome import Resolved, StepDid
from outage.plans.plan import TAKE_BACK, Intent, Plan
from outage.reports.plan_fates import effective_plans
from outage.reports.post_incident.detection import detection_of
from outage.reports.post_incident.kept_look import LOOK, KeptLook
from outage.reports.post_incident.prevention_checklist import PreventionFacts
from outage.reports.post_incident.weak_spots import WeakSpots
from outage.reports.report import Account, AttemptTimes, Times
from outage.verification.plan_effect import PlanVerdict
from outage.verification.recovery import VerifiedRecovery

if TYPE_CHECKING:
    from blocks.record import Record


ENDING_LINE = "ending"
"""Key of the timeline's line that tells the ending."""
DEEP = "investigate"
"""The look that sees manifests."""


def account_of(
    record: "Record", incident: Incident, links: Mapping[str, str] | None = None, owner: str = ""
) -> Account:
    """Collect everything that the record knows of one incident.

    Args:
        record: Where it is kept.
        incident: Whose account it is.
        links: Words → addresses, shown at the top.
        owner: To whom policy leaves what no data answers.

    Returns:
        Phases, diagnosis, plans, answers, writes, times, timeline and what follows, each as it stands now.
    """
    plans = tuple(record.plans(incident.id))
    account = Account(
        incident=incident,
        times=Times(),
        diagnosis=last_diagnosis(record, incident.id),
        first=first_diagnosis(record, incident.id),
        verdicts=verdicts_of(record, plans),
        mended=tuple(causes_mended(record, incident.id)),
        plans=plans,
        approvals=tuple(answer for plan in plans for answer in record.approvals(incident.id, plan.hash)),
        resolved=resolutions(record, incident.id),
        entries=tuple(record.entries(incident.id)),
        looks=looks_of(record, incident.id),
        items=tuple(record.items(incident.id)),
        head=ending_head(record, incident.id),
        links=dict(links or {}),
    )
    known = {"times": times_of(record, account), "prevention": prevention_facts(record, account, owner)}
    return account.model_copy(update=known)


def looks_of(record: "Record", incident_id: str) -> tuple[KeptLook, ...]:
    """What was kept of each look, oldest first."""
    kept = [KeptLook.model_validate(body) for body in record.archives(incident_id, LOOK)]
    return tuple(sorted(kept, key=lambda one: one.at))


def ending_head(record: "Record", incident_id: str) -> str:
    """Hash of the line that tells the ending: it proves every line before it; empty while the incident is open.

    The same whenever it is asked for, so that a message which is asked for twice is the same message.
    """
    return next((one.hash for one in record.entries_as_written(incident_id) if one.key == ENDING_LINE), "")


def prevention_facts(record: "Record", account: Account, owner: str) -> PreventionFacts:
    """What the runbook's checklist is answered from."""
    incident, first = account.incident, account.first
    likeliest = account.diagnosis.hypotheses[:1] if account.diagnosis else ()
    cause = next(iter((*account.mended, *likeliest)), None)
    known = cause is not None and cause.cause != Cause.UNKNOWN
    alerts = record.alerts(incident.id)
    return PreventionFacts(
        incident=incident,
        detection=detection_of(incident, alerts, first, fault_began(record, incident)),
        first=first,
        cause=cause,
        history=record.history_of(incident, cause.cause) if cause and known else None,
        weak=_weak(account.looks),
        plans=len(account.plans),
        answered_after=_answered_after(account.plans, account.approvals),
        owner=owner,
    )


def _weak(looks: Sequence[KeptLook]) -> WeakSpots | None:
    """As the first deep look saw them: what a repair added is not what was there."""
    return next((one.weak for one in looks if one.phase == DEEP), None)


def _answered_after(plans: Sequence[Plan], approvals: Sequence[Approval]) -> timedelta | None:
    """From the first plan to a person's first answer to it."""
    given = [one.at for one in approvals if plans and one.plan_hash == plans[0].hash and not one.is_silence]
    return min(given) - plans[0].made_at if given else None


def last_diagnosis(record: "Record", incident_id: str) -> Diagnosis | None:
    """What the newest round of investigation (or triage, before there is one) concluded.

    Returns:
        None when no look was finished.
    """
    phases = record.phases(incident_id)
    rounds = [key.attempt or 0 for key in phases if key.startswith(KeptPhase.INVESTIGATE)]
    newest = phases.get(investigated(max(rounds)) if rounds else TRIAGED)
    return Diagnosis.model_validate(newest) if newest else None


def resolutions(record: "Record", incident_id: str) -> dict[str, Resolved]:
    """What each applying and each taking back came to, in the order in which they happened."""
    written = (KeptPhase.RESOLVE, KeptPhase.TAKE_BACK)
    return {
        key: Resolved.model_validate(found)
        for key, found in record.phases(incident_id).items()
        if key.startswith(written)
    }


def causes_mended(record: "Record", incident_id: str) -> list[Hypothesis]:
    """The causes whose repair is in place, in the order in which they were mended; what only eases is none."""
    done, found = resolutions(record, incident_id), []
    for plan in record.plans(incident_id):
        resolved = done.get(resolved_as(plan.attempt))
        if resolved and resolved.applied and taken_back_as(plan.attempt) not in done:
            known = record.diagnosis(incident_id, plan.attempt)
            found += [one for one in (known.hypotheses if known else ()) if one.key in plan.mends]
    return found


def first_diagnosis(record: "Record", incident_id: str) -> Diagnosis | None:
    """What the first whole look concluded, before anything was written; triage's when there is none.

    Returns:
        None when no look was finished.
    """
    found = record.phase(incident_id, investigated(1)) or record.phase(incident_id, TRIAGED)
    return Diagnosis.model_validate(found) if found else None


def verdicts_of(record: "Record", plans: Iterable[Plan]) -> dict[int, PlanVerdict]:
    """What each plan did to its own cause, by attempt, as far as it was watched."""
    seen = {plan.attempt: record.phase(plan.incident, verified_as(plan.attempt)) for plan in plans}
    return {
        attempt: VerifiedRecovery.model_validate(found).judged for attempt, found in seen.items() if found
    }


def times_of(record: "Record", account: Account) -> Times:
    """How long each part took: detection from the fault or the alert's own start, the rest from the opening."""
    incident, plans = account.incident, account.plans
    intents = record.intents(incident.id)
    each = tuple(_attempt_times(plan, account, intents) for plan in plans)
    mended = {plan.attempt for plan in effective_plans(plans, account.verdicts)}
    over = incident.ending is Ending.RECOVERED and incident.closed_at is not None
    applied = [one.apply_seconds for one in each if one.attempt in mended and one.apply_seconds is not None]
    began = began_at(record, incident)
    first = each[0] if each else None
    return Times(
        detect_seconds=max(0.0, (incident.opened_at - began).total_seconds()) if began else None,
        plan_seconds=first.plan_seconds if first else None,
        approve_seconds=first.approve_seconds if first else None,
        mend_seconds=max(applied, default=None) if over else None,
        verified_seconds=_since(incident, [incident.closed_at] if over else []),
        attempts=each,
    )


def _attempt_times(plan: Plan, account: Account, intents: Sequence[Intent]) -> AttemptTimes:
    """The moments of one plan; the yes that counted is the last one of its quorum, unless a no stopped it."""
    given = [one for one in account.approvals if one.plan_hash == plan.hash]
    done = [
        one
        for one in intents
        if one.plan_hash == plan.hash and one.outcome and one.outcome.did is not StepDid.FAILED
    ]
    back = [one.at for one in done if one.step_key.startswith(TAKE_BACK)]
    written = [one.at for one in done if not one.step_key.startswith(TAKE_BACK)]
    declined = not written and any(one.answer is Answer.DECLINE for one in given)
    yes = [one.at for one in given if one.answer is Answer.APPROVE and not declined]
    return AttemptTimes(
        attempt=plan.attempt,
        plan_seconds=_since(account.incident, [plan.made_at]),
        approve_seconds=_since(account.incident, yes),
        apply_seconds=_since(account.incident, written),
        back_seconds=_since(account.incident, back),
    )


def _since(incident: Incident, moments: Sequence[datetime | None]) -> float | None:
    known = [one for one in moments if one is not None]
    return (max(known) - incident.opened_at).total_seconds() if known else None


def began_at(record: "Record", incident: Incident) -> datetime | None:
    """When the outage began: in a drill the moment of the fault, else the earliest alert's own start.

    Returns:
        None when nobody but a person reported it.
    """
    firing = (alert.starts_at for alert in record.alerts(incident.id) if alert.firing)
    return fault_began(record, incident) or min(firing, default=None)


def fault_began(record: "Record", incident: Incident) -> datetime | None:
    """When the fault of the drill was put in that an incident belongs to; None of a real outage."""
    for drill in record.drills() if incident.drill else ():
        broken = drill.result.get("broken_at")
        if incident.drill == drill.fault and broken and drill.announced_at <= incident.opened_at:
            return datetime.fromisoformat(broken)
    return None
