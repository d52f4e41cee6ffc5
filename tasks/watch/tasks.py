"""What the watch looks after: outages without an alert, answers without a run, questions without an answer."""

import time
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from prefect import task

from blocks.clients import clients
from blocks.prefect_api import PrefectUnreachable
from blocks.prefect_runs import resume_run, state_of
from outage.diagnosis import diagnose
from outage.diagnosis.hypothesis import Diagnosis, Hypothesis
from outage.errors import cut
from outage.incidents.alert import WATCH, Alert
from outage.incidents.alert_subject import dependencies
from outage.incidents.incident import Ending, Incident, Phase
from outage.incidents.joining import Arrival
from outage.incidents.routing import Route, RouteRule
from outage.incidents.severity import Severity
from outage.incidents.timeline import EntryKind
from outage.plans.answer_words import answer_words
from outage.plans.approval import Answer, Approval, standing_answer_of
from outage.plans.plan import Plan
from outage.platforms.platform import Platform
from outage.policies.permission import PermissionRequest, answer_belongs_to, approvals_needed
from outage.policies.policy import Policy
from outage.policies.reminders import due_reminders
from outage.text.durations import duration_in_words
from outage.verification.lasting_signs import reach_of_cause
from tasks.ask.await_outcome import close_unwoken, wake_waiting
from tasks.observe.tasks import look_for_watch
from tasks.record import close_incident, note_entry

STILL_AFTER_SECONDS = 15.0
"""Between the two looks of the watch."""
THEIRS_FOR = timedelta(hours=1)
"""What a person was handed is not asked about again by the watch for so long; an alert still opens an incident."""
MOST_CAUSES = 5
"""Causes of one look that may each be an outage of its own; what ranks lower is rather its symptom."""
GIVEN_UP_AFTER = timedelta(minutes=10)
"""From the deadline of an answer: a run that did not go on by then has nobody who carries it."""


@task(name="open what no alert covers", persist_result=False)
def open_what_no_alert_covers(name: str = "") -> str:
    """Look at a platform as an investigation would; what fails that no open incident covers becomes one.

    Args:
        name: The platform's; empty for the settings' own.

    Returns:
        One sentence: what was opened, or why nothing was.
    """
    registry = clients().platforms
    platform = registry.named(name or clients().own_platform)
    if platform is None:
        problems = "; ".join(registry.problems) or "there is no platform file"
        return f"{name or 'the own platform'} cannot be watched: {problems}"
    return watch_platform(platform)


def watch_platform(platform: Platform) -> str:
    """Look at one platform; also while incidents are open, since another thing may break beside them."""
    clients().speak_for(platform)
    began = datetime.now(UTC)
    found = seen_twice()
    if found is None:
        return "nothing is wrong that stays wrong"
    answered = clients().record.answered_since(platform.name, began - THEIRS_FOR)
    known = [one for one in answered if not one.unclaimed]
    covered = [covered_by(cause, known, platform, began) for cause in found.hypotheses[:MOST_CAUSES]]
    for cause, why in zip(found.hypotheses, covered, strict=False):
        if not why:
            return open_for(platform, cause.says, cause_subject(cause, platform))
    if covered:
        return covered[0]
    if busy := busy_with(known, began):
        return busy
    return open_for(platform, found.assessment.reason, "")


def cause_subject(cause: Hypothesis, platform: Platform) -> str:
    """What an incident of this cause is about: the service that it breaks, else the object itself."""
    broken = reach_of_cause([cause], platform).services
    own = platform.by_workload(cause.about.kind, cause.about.name)
    return own.name if own else min(broken, default=f"{cause.about.kind.lower()}/{cause.about.name}")


def covered_by(cause: Hypothesis, incidents: list[Incident], platform: Platform, began: datetime) -> str:
    """Why a cause that was seen is no new incident, or empty.

    An alert may have come, and its incident may even have ended, while we looked. And what was handed to a person
    within the hour is theirs: that cause on that object, and nothing else.
    """
    for one in incidents:
        if one.closed_at is None:
            if _covers(one, cause, platform):
                return f"{one.id} is being answered"
        elif one.closed_at >= began:
            return f"{one.id} was just answered"
        elif _theirs(one, began) and first_cause(one) == cause.key:
            return f"{one.id} was handed to a person"
    return ""


def busy_with(incidents: list[Incident], began: datetime) -> str:
    """Why trouble without a cause is no new incident, or empty."""
    for one in incidents:
        if one.closed_at is None:
            return f"{one.id} is being answered"
        if one.closed_at >= began:
            return f"{one.id} was just answered"
        if _theirs(one, began) and first_cause(one) is None:
            return f"{one.id} was handed to a person"
    return ""


def _theirs(one: Incident, began: datetime) -> bool:
    handed = not (one.ending and one.ending.over) and one.drill is None
    return bool(handed and one.closed_at and began - one.closed_at < THEIRS_FOR)


def _covers(one: Incident, cause: Hypothesis, platform: Platform) -> bool:
    """Whether an open incident is about this cause; one that was not investigated yet may be about anything."""
    first = first_cause(one)
    if first is None:
        return True
    about = {*clients().record.subjects(one.id)}
    subject, leans = cause_subject(cause, platform), dependencies(platform)
    related = subject in about or any(
        other in leans.get(subject, ()) or subject in leans.get(other, ()) for other in about
    )
    return first == cause.key or related


def open_for(platform: Platform, says: str, subject: str) -> str:
    """Open an incident for what no alert covers; the intake's reconciler starts its run.

    Args:
        platform: Where it was seen.
        says: What was seen, as one sentence.
        subject: Name of the service; empty when it is about no single one.

    Returns:
        One sentence: that it was opened, or which open incident it belongs to.
    """
    record, now = clients().record, datetime.now(UTC)
    labels = {"namespace": platform.namespace, "severity": "warning", "service": subject}
    alert = Alert(
        name="SeenByTheWatch",
        labels={key: word for key, word in labels.items() if word},
        annotations={"summary": says},
        starts_at=now,
        source=WATCH,
    )
    record.receive(alert, now)
    arrival = Arrival(alert=alert, subject=subject, leans_on=dependencies(platform), at=now)
    route = Route(
        rule=RouteRule.NAMESPACE,
        because="the watch looks at this platform",
        platform=platform.name,
        cluster=platform.cluster_name,
        namespace=platform.namespace,
    )
    placed = record.place_alert(arrival, route, says)
    note_entry(placed.incident.id, EntryKind.ALERT, f"no alert covers it, the watch saw: {says}")
    return f"opened {placed.incident.id}: {says}" if placed.new else placed.decision.says


def first_cause(incident: Incident) -> str | None:
    """Key of the cause that an incident's investigation put first.

    Returns:
        None when no look was finished, or it found nothing.
    """
    kept = clients().record.diagnosis(incident.id, 1)
    first = kept.hypotheses[:1] if kept else ()
    return first[0].key if first else None


def seen_twice() -> Diagnosis | None:
    """What is wrong and still is after a while, or None: what passes by itself is weather, not an outage."""
    first = diagnosed()
    if first is None:
        return None
    time.sleep(STILL_AFTER_SECONDS)
    second = diagnosed()
    if second is None or not first.hypotheses or not second.hypotheses:
        return second
    before = {one.key for one in first.hypotheses}
    lasting = tuple(one for one in second.hypotheses if one.key in before)
    return second.model_copy(update={"hypotheses": lasting}) if lasting else None


def diagnosed() -> Diagnosis | None:
    """What is wrong now, or None."""
    found = diagnose(look_for_watch().case)
    well = found.assessment.severity is Severity.NONE and not found.hypotheses
    return None if well else found


@task(name="wake answered", persist_result=False)
def wake_answered() -> int:
    """Wake every run that still waits although its plan has an answer that stands."""
    waiting = [(one, plan, answer) for one, plan in waiting_plans() if (answer := standing_answer(one, plan))]
    for incident, plan, answer in waiting:
        wake(incident, plan, answer)
    return len(waiting)


def wake(incident: Incident, plan: Plan, answer: Approval) -> None:
    """Wake one run; a server that does not answer keeps nobody else from being looked after."""
    try:
        url = clients().settings.prefect_api_url
        resume_run(url, incident.flow_run_id, answer, answer_words(plan))
    except PrefectUnreachable as away:
        note_entry(
            incident.id,
            EntryKind.APPROVAL,
            f"its run could not be woken: {away}",
            key=f"asleep/{answer.plan_hash}",
        )


@task(name="wake folded", persist_result=False)
def wake_folded() -> int:
    """Wake every run that still waits for the outcome of another incident although it is there; close what does not."""
    woken = wake_waiting()
    close_unwoken(datetime.now(UTC))
    return woken


@task(name="silence is no", persist_result=False)
def silence_is_no() -> int:
    """Remind of plans that wait, then tell those it escalates to; after policy's time silence declines."""
    now, declined = datetime.now(UTC), 0
    for incident, plan in waiting_plans():
        policy, waited = policy_for(incident), now - plan.made_at
        if waited >= policy.answer_within:
            declined += expire(incident, plan, policy, now)
            continue
        for key, says in due_reminders(plan.hash, waited, policy):
            note_entry(incident.id, EntryKind.APPROVAL, says, key=key)
    return declined


def expire(incident: Incident, plan: Plan, policy: Policy, now: datetime) -> int:
    """Answer a plan with the clock's no, unless people decided it; close what no run will ever close.

    Returns:
        1 when the plan's time was over without an answer of people, else 0.
    """
    said = standing_answer(incident, plan)
    if said is None:
        says = f"nobody answered in {duration_in_words(policy.answer_within)}"
        no = Approval(
            plan_hash=plan.hash, answer=Answer.DECLINE, by="silence", why=says, at=now, door="clock"
        )
        needed = approvals_needed(PermissionRequest.of(plan, incident, policy))
        said = clients().record.answer(incident.id, no, quorum=needed)
        wake(incident, plan, said)
    silent = said.by == "silence"
    if now - plan.made_at >= policy.answer_within + GIVEN_UP_AFTER:
        ending = Ending.UNANSWERED if silent else Ending.HAND_OFF_FAILED
        why = said.why if silent else f"{said.by} said {said.answer}"
        close_incident(incident.id, ending, f"{why}, and its run does not go on: a person is needed")
    return int(silent)


class LeftAt(NamedTuple):
    """What becomes of an incident whose run is over."""

    ending: Ending
    why: str


@task(name="close abandoned", persist_result=False)
def close_abandoned() -> int:
    """Close incidents whose run ended without closing them: a person must know that nobody is answering.

    An incident that stays open would also keep the next outage of the same place from being answered.
    """
    closed_ones = 0
    for incident in clients().record.open_incidents():
        if incident.flow_run_id is None:
            continue
        try:
            state = state_of(clients().settings.prefect_api_url, incident.flow_run_id)
        except PrefectUnreachable:
            break  # whether a run is over cannot be told now
        if state.over:
            ending, why = _left_at(incident)
            close_incident(incident.id, ending, f"{why}its run ended as {state.name}: {cut(state.message)}")
            closed_ones += 1
    return closed_ones


def _left_at(incident: Incident) -> LeftAt:
    """How an incident ends that its run left open: by the answer that nobody gave, else with nobody who answers it."""
    waits = [plan for one, plan in waiting_plans() if one.id == incident.id]
    said = standing_answer(incident, waits[0]) if waits else None
    if said and said.by == "silence":
        return LeftAt(Ending.UNANSWERED, f"{said.why}; ")
    return LeftAt(Ending.HAND_OFF_FAILED, "nobody answers it, ")


def waiting_plans() -> list[tuple[Incident, Plan]]:
    """Open incidents that wait for an answer, with the plan they ask about."""
    record = clients().record
    waiting = [one for one in record.open_incidents() if one.phase is Phase.AWAITING_APPROVAL]
    return [(one, plans[-1]) for one in waiting if (plans := record.plans(one.id))]


def policy_for(incident: Incident) -> Policy:
    """The policy of the platform that an incident belongs to."""
    clients().answer_for(incident)
    return clients().policy


def standing_answer(incident: Incident, plan: Plan) -> Approval | None:
    """The answer that stands, or None while people must still be heard."""
    asked = PermissionRequest.of(plan, incident, policy_for(incident))
    needed, theirs = approvals_needed(asked), answer_belongs_to(asked)
    return standing_answer_of(clients().record.approvals(incident.id, plan.hash), needed, theirs)
