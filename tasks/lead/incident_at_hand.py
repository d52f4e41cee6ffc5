"""The incident that a person means, and who that person is: one rule at every door."""

from blocks.clients import clients
from blocks.prefect_api import PrefectUnreachable
from blocks.prefect_runs import resume_run, wake_leader
from outage.errors import ActionRefused
from outage.incidents.incident import Incident, Phase
from outage.plans.answer_words import answer_words
from outage.plans.approval import Approval
from outage.plans.plan import Plan
from outage.text.handle import read_handle


def open_incident(incident_id: str, what: str) -> Incident:
    """The incident of that id while it is open, with this process' doors turned to its platform.

    Args:
        incident_id: Whole, as the record has it.
        what: What is meant to be done, for the sentence.

    Raises:
        ActionRefused: It is closed.
        UnknownIncident: There is none of that id.
    """
    incident = clients().record.incident(incident_id)
    if incident.closed_at is not None:
        raise ActionRefused(f"{what} {incident_id}: it is closed already, it ended {incident.ending}")
    clients().answer_for(incident)
    return incident


def person_named(by: str, what: str) -> str:
    """The handle under which a person is recorded.

    Raises:
        ActionRefused: It is none.
    """
    try:
        return read_handle(by)
    except ValueError as wrong:
        raise ActionRefused(f"{what}: {wrong}") from wrong


def plan_at_hand(incident: Incident) -> Plan | None:
    """The plan that waits for an answer, or None."""
    plans = clients().record.plans(incident.id)
    return plans[-1] if plans and incident.phase is Phase.AWAITING_APPROVAL else None


def wake_incident(incident: Incident, plan: Plan | None) -> str:
    """Wake the run that waits for a person, so that it finds what was recorded; what it does now, as a sentence."""
    url, record = clients().settings.prefect_api_url, clients().record
    try:
        if incident.phase is Phase.AWAITING_LEADER:
            return wake_leader(url, incident.flow_run_id, incident.leader)
        given = record.approvals(incident.id, plan.hash) if plan else []
        if plan is None or not given:
            return "its run is at work and takes it up at its next plan"
        return resume_run(url, incident.flow_run_id, _last(given), answer_words(plan))
    except PrefectUnreachable as away:
        return f"its run could not be woken now ({away}); the watch does it when the server answers"


def _last(given: list[Approval]) -> Approval:
    return max(given, key=lambda one: one.at)
