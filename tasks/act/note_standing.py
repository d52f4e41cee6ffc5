"""What was written and stands until somebody takes it back: kept with its owner, its deadline and the command back."""

from datetime import UTC, datetime

from blocks.clients import clients
from outage.diagnosis.hypothesis import ChosenProposal
from outage.diagnosis.resolution_action import ResolutionKind
from outage.incidents.timeline import EntryKind
from outage.mitigation.standing_mitigation import (
    StandingMitigation,
    owner_of_mitigation,
    stands_until_taken_back,
)
from outage.plans.plan import Plan
from outage.policies.permission import PermissionRequest, rule_for
from outage.verification.plan_verdict import causes_of_plan
from tasks.record import note_entry


def note_standing(incident_id: str, plan: Plan) -> None:
    """Keep that a plan led users elsewhere for a while, or that it ended what an earlier one left standing.

    Source: runbook "Traffic Routing".
    """
    record = clients().record
    found = record.diagnosis(incident_id, plan.attempt)
    proposal = next(iter(causes_of_plan(plan, found)), None) if found else None
    if isinstance(proposal, ChosenProposal) and proposal.action.kind is ResolutionKind.TAKE_BACK:
        for one in record.standing_mitigations():
            if one.incident == proposal.action.target and proposal.action.plan in (None, one.attempt):
                record.end_standing(one.incident, one.attempt, datetime.now(UTC))
    if not stands_until_taken_back(plan, proposal, clients().platform):
        return
    head, policy, now = record.incident(incident_id), clients().policy, datetime.now(UTC)
    group = rule_for(PermissionRequest.of(plan, head, policy)).approvers
    answers = tuple(record.approvals(incident_id, plan.hash))
    one = record.keep_standing(
        StandingMitigation(
            incident=incident_id,
            attempt=plan.attempt,
            summary=plan.summary,
            owner=owner_of_mitigation(head.leader, answers, head.requester, group),
            since=now,
            due_at=now + policy.mitigation_lasts,
        )
    )
    until = f"{one.due_at:%Y-%m-%d %H:%M} UTC"
    says = f"plan {one.attempt} stands until it is taken back, by {one.owner}, until {until}: `{one.command_back}`"
    note_entry(incident_id, EntryKind.NOTE, says, key=f"stands/{one.attempt}/0")
