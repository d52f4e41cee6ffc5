"""What the watch looks after: outages without an alert, answers without a run, questions without an answer."""

import time
from datetime import UTC, datetime, timedelta

from prefect import task

from blocks.clients import clients
from blocks.prefect_runs import MISSING, resume_run, state_of
from outage.diagnosis import diagnose
from outage.diagnosis.hypothesis import Diagnosis
from outage.errors import FileError, cut
from outage.incidents.alert import WATCH, Alert
from outage.incidents.incident import Ending, Incident, Phase, incident_key
from outage.incidents.reminders import due_reminders
from outage.incidents.severity import Severity
from outage.plans.approval import Answer, Approval, standing_answer_of
from outage.plans.plan import Plan
from outage.policies.permission import approvals_needed
from outage.text.durations import duration_in_words
from tasks.observe.tasks import look_for_watch
from tasks.record import close_incident, note_entry

STILL_AFTER_SECONDS = 15.0
"""Between the two looks of the watch."""
THEIRS_FOR = timedelta(hours=1)
"""What a person was handed is not asked about again by the watch for so long; an alert still opens an incident."""
ANSWERED_LIMIT = 20
OVER = frozenset({"Failed", "Crashed", "Cancelled", "TimedOut", MISSING})
"""Names of states in which a run that did not close its incident will never do so."""


@task(name="open what no alert covers", persist_result=False)
def open_what_no_alert_covers() -> str:
    """Look at the platform as triage would; what is failing without an incident becomes one.

    Returns:
        One sentence: what was opened, or why nothing was.
    """
    try:
        record, platform = clients().record, clients().platform
    except FileError as missing:
        return f"nothing can be watched: {missing}"
    if working := record.incidents(open_only=True):
        return f"{working[0].id} is being answered"
    began = datetime.now(UTC)
    found = seen_twice()
    if found is None:
        return "nothing is wrong that stays wrong"
    if answered := answered_by(found, record.incidents(limit=ANSWERED_LIMIT), began):
        return answered
    now = datetime.now(UTC)
    says = found.hypotheses[0].says if found.hypotheses else found.assessment.reason
    labels = {"namespace": platform.namespace, "severity": "warning"}
    alert = Alert(
        name="SeenByTheWatch", labels=labels, annotations={"summary": says}, starts_at=now, source=WATCH
    )
    record.receive(alert, now)
    incident, _ = record.open_incident(incident_key(alert, (platform.namespace,)), says, now, alert=alert)
    record.attach_alert(incident.id, alert)
    note_entry(incident.id, "alert", f"no alert covers it, the watch saw: {says}")
    return f"opened {incident.id}: {says}"


def answered_by(found: Diagnosis, incidents: list[Incident], began: datetime) -> str:
    """Why what was seen is no new incident, or empty.

    An alert may have come, and its incident may even have ended, while we looked. And what was handed to a person
    within the hour is theirs: asking again every minute would only teach them not to listen.
    """
    for one in incidents:
        if one.closed_at is None or one.closed_at >= began:
            return f"{one.id} is being answered" if one.closed_at is None else f"{one.id} was just answered"
        theirs = (
            one.ending is not Ending.RECOVERED and one.drill is None and began - one.closed_at < THEIRS_FOR
        )
        if theirs and first_cause(one) in {hypothesis.key for hypothesis in found.hypotheses[:1]}:
            return f"{one.id} was handed to a person"
    return ""


def first_cause(incident: Incident) -> str | None:
    """Key of the cause that an incident's investigation put first."""
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
    if second is None or first.hypotheses[:1] == () or second.hypotheses[:1] == ():
        return second
    return second if first.hypotheses[0].key == second.hypotheses[0].key else None


def diagnosed() -> Diagnosis | None:
    """What is wrong now, or None."""
    found = diagnose(look_for_watch().case)
    well = found.assessment.severity is Severity.NONE and not found.hypotheses
    return None if well else found


@task(name="wake answered", persist_result=False)
def wake_answered() -> int:
    """Wake every run that still waits although its plan has an answer that stands."""
    waiting = [(one, plan, answer) for one, plan in waiting_plans() if (answer := standing_answer(one, plan))]
    for incident, _, answer in waiting:
        resume_run(clients().settings.prefect_api_url, incident.flow_run_id, answer)
    return len(waiting)


@task(name="silence is no", persist_result=False)
def silence_is_no() -> int:
    """Remind of plans that wait, then tell those it escalates to; after policy's time silence declines."""
    policy, now = clients().policy, datetime.now(UTC)
    declined = 0
    for incident, plan in waiting_plans():
        waited = now - plan.made_at
        if waited >= policy.answer_within:
            says = f"nobody answered in {duration_in_words(policy.answer_within)}"
            no = Approval(
                plan_hash=plan.hash, answer=Answer.DECLINE, by="silence", why=says, at=now, door="clock"
            )
            needed = approvals_needed(plan, incident.severity, policy)
            stands = clients().record.answer(incident.id, no, quorum=needed)
            resume_run(clients().settings.prefect_api_url, incident.flow_run_id, stands)
            declined += 1
            continue
        for key, says in due_reminders(plan.hash, waited, policy):
            note_entry(incident.id, "approval", says, key=key)
    return declined


@task(name="close abandoned", persist_result=False)
def close_abandoned() -> int:
    """Close incidents whose run ended without closing them: a person must know that nobody is answering.

    An incident that stays open would also keep the next outage of the same place from being answered.
    """
    closed_ones = 0
    for incident in clients().record.incidents(open_only=True):
        if incident.flow_run_id is None:
            continue
        name, message = state_of(clients().settings.prefect_api_url, incident.flow_run_id)
        if name in OVER:
            close_incident(
                incident.id,
                Ending.HAND_OFF_FAILED,
                f"its run ended as {name} and nobody answers it: {cut(message)}",
            )
            closed_ones += 1
    return closed_ones


def waiting_plans() -> list[tuple[Incident, Plan]]:
    """Open incidents that wait for an answer, with the plan they ask about."""
    record = clients().record
    waiting = [one for one in record.incidents(open_only=True) if one.phase is Phase.AWAITING_APPROVAL]
    return [(one, plans[-1]) for one in waiting if (plans := record.plans(one.id))]


def standing_answer(incident: Incident, plan: Plan) -> Approval | None:
    """The answer that stands, or None while people must still be heard."""
    needed = approvals_needed(plan, incident.severity, clients().policy)
    return standing_answer_of(clients().record.approvals(incident.id, plan.hash), needed)
