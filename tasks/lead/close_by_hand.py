"""Ending what a person mended: one look says whether it is so, and the ending tells what was seen."""

from datetime import UTC, datetime

from blocks.clients import clients
from outage.diagnosis import diagnose
from outage.diagnosis.thresholds import BELIEVED_FROM
from outage.errors import ActionRefused, cut
from outage.incidents.incident import Ended, Ending, Incident
from outage.incidents.phase_key import ENDED
from outage.people.incident_roles import Role
from outage.plans.approval import Answer, Approval
from outage.plans.plan import Plan
from outage.text.redaction import redact
from outage.verification.closing_look import closing_look
from tasks.lead.incident_at_hand import open_incident, person_named, plan_at_hand, wake_incident
from tasks.lead.take_lead import keep_role
from tasks.observe.tasks import whole_look
from tasks.record import close_incident
from tasks.record.reported_address import platform_as_reported
from tasks.tell.closing_report import write_report
from tasks.tell.people_messages import send_last_message


def close_by_hand(incident_id: str, by: str, because: str, door: str, although_failing: bool = False) -> str:
    """Close an incident that a person mended, after one look that says whether it is so.

    Source: runbook "Health Check Verification".

    Args:
        incident_id: An open incident.
        by: Who closes it.
        because: What mended it, or why it is left as it is.
        door: `cli` or `ui`.
        although_failing: Whether it is to be closed also when the look says that it still fails.

    Returns:
        The ending, as one sentence.

    Raises:
        ActionRefused: It is closed already, another person leads it, no reason is given, or it still fails.
        ClusterError: The look could not be made.
    """
    what = f"close {incident_id}"
    handle, incident = person_named(by, what), open_incident(incident_id, "close")
    if not because.strip():
        raise ActionRefused(f"{what}: say what mended it (`--because`)")
    if incident.leader and incident.leader != handle:
        raise ActionRefused(f"{what}: {incident.leader} leads it, and closes it or hands it over")
    ended = _as_seen(incident, handle, cut(redact(because)), although_failing)
    because, plan, record = redact(because), plan_at_hand(incident), clients().record
    stands = Ended.model_validate(record.keep_phase(incident_id, ENDED, ended, datetime.now(UTC)))
    _decline(incident, plan, handle, because, door)
    shut = close_incident(incident_id, stands.ending, stands.says)
    keep_role(incident, Role.CLOSE, handle, because, "closed it", door)
    send_last_message(shut)
    write_report(shut)
    return f"{incident_id}: {stands.ending}: {stands.says}; {wake_incident(incident, plan)}"


def _as_seen(incident: Incident, by: str, because: str, although_failing: bool) -> Ended:
    """How it ends, by one look.

    Raises:
        ActionRefused: It still fails, or nobody can tell, and that is not asked to be passed over.
    """
    record, platform = clients().record, platform_as_reported(incident.id)
    found = diagnose(whole_look(record.baseline(), platform=platform))
    seen = closing_look(
        found, record.subjects(incident.id), record.diagnosis(incident.id, 1), platform, BELIEVED_FROM
    )
    if seen.well:
        says = f"{by} closed it: {because}; one look says that it is so: {seen.says}"
        return Ended(ending=Ending.MENDED_BY_HAND, says=says)
    if not although_failing:
        hint = "mend it, or close it as it is with --although-failing"
        raise ActionRefused(f"close {incident.id}: one look says that it still fails: {seen.says}; {hint}")
    says = f"{by} closed it although it still fails ({seen.says}): {because}"
    return Ended(ending=Ending.NOT_RECOVERED, says=says)


def _decline(incident: Incident, plan: Plan | None, by: str, because: str, door: str) -> None:
    """A plan that waits is declined with it, so that it can never be written."""
    if plan is None:
        return
    no = Approval(
        plan_hash=plan.hash,
        answer=Answer.DECLINE,
        by=by,
        why=f"closed the incident: {because}",
        at=datetime.now(UTC),
        door=door,
    )
    clients().record.answer(incident.id, no, quorum=1)
