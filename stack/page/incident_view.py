"""What the page of one incident shows: everything that hangs on it, with its picture and the proof of its timeline."""

from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import ConfigDict

from blocks.record import Record
from blocks.record.incident_account import account_of, began_at
from blocks.record.people.person_codes import ProofFolder
from blocks.settings import Settings
from outage.diagnosis.hypothesis import Diagnosis
from outage.incidents.incident import Incident, Phase
from outage.incidents.phase_key import KeptPhase, PhaseKey, resolved_as, taken_back_as, verified_as
from outage.incidents.timeline import Entry, chain_break
from outage.people.name_proof import checked_answers
from outage.people.outbox_message import OutboxMessage
from outage.people.person_act import owner_of
from outage.plans.approval import Answer, Approval
from outage.plans.outcome import Resolved
from outage.plans.plan import Intent, Plan
from outage.reports.plan_fates import plan_fate
from outage.reports.post_incident.incident_chart import IncidentChart, incident_chart
from outage.reports.report import Account
from outage.value import Value
from outage.verification.plan_effect import PlanVerdict
from outage.verification.recovery import VerifiedRecovery
from stack.page.home_view import WaitingPlan, waiting_view
from tasks.ask.person_answer import answering_policy, needs_code


class PlanView(Value):
    """One plan, and what became of it."""

    plan: Plan
    fate: str
    verdict: PlanVerdict | None = None
    answers: tuple[Approval, ...] = ()
    resolved: Resolved | None = None
    verified: VerifiedRecovery | None = None
    back: Resolved | None = None


class ChainProof(Value):
    """Whether the timeline is what was written."""

    lines: int
    unchained: int = 0
    """Lines from before there was a chain."""
    head: str = ""
    broken: str = ""
    """Where it was changed; empty when it was not."""


class IncidentView(Value):
    """The page of one incident."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    now: datetime
    account: Account
    plans: tuple[PlanView, ...]
    messages: tuple[OutboxMessage, ...]
    intents: tuple[Intent, ...]
    chart: IncidentChart
    chain: ChainProof
    waiting: WaitingPlan | None = None
    needs_code: bool = False
    taken_by: str = ""
    """Who has it; empty while nobody said so."""
    run_link: str = ""

    @property
    def can_be_taken(self) -> bool:
        """Whether somebody may still have to take it."""
        return not (self.incident.closed_at and self.incident.ending and self.incident.ending.over)

    @property
    def incident(self) -> Incident:
        """Its head."""
        return self.account.incident


def incident_view(record: Record, settings: Settings, incident: Incident, now: datetime) -> IncidentView:
    """Collect the page of one incident.

    Args:
        record: Where it stands.
        settings: Where policy and Prefect are.
        incident: Its head.
        now: The time, where an open incident's picture ends.
    """
    account = checked_account(record, settings, incident)
    phases = record.phases(incident.id)
    messages, intents = record.messages(incident.id), record.intents(incident.id)
    began = began_at(record, incident)
    asked = [incident.id] if incident.phase is Phase.AWAITING_APPROVAL else []
    newest = record.waiting_plans(asked).get(incident.id)
    waiting = waiting_view(newest, answering_policy(settings, incident), incident)
    run = incident.flow_run_id
    return IncidentView(
        now=now,
        account=account,
        plans=tuple(plan_view(plan, account, phases) for plan in account.plans),
        messages=tuple(messages),
        intents=tuple(intents),
        chart=incident_chart(
            incident,
            account.entries,
            intents,
            messages,
            conclusions_of(phases),
            account.looks,
            began_at=began,
            now=now,
        ),
        chain=proof_of(incident.id, record.entries_as_written(incident.id)),
        waiting=waiting,
        taken_by=owner_of(record.acts(incident.id)),
        needs_code=waiting is not None and needs_code(settings, incident, waiting.plan, Answer.APPROVE),
        run_link=f"{settings.prefect_ui_url}/runs/flow-run/{run}" if run else "",
    )


def checked_account(record: Record, settings: Settings, incident: Incident) -> Account:
    """Everything on record, with what the signatures of answers really prove."""
    account = account_of(record, incident)
    key = ProofFolder(Path(settings.home)).checking_key()
    return account.model_copy(update={"approvals": checked_answers(key, incident.id, account.approvals)})


def plan_view(plan: Plan, account: Account, phases: dict[PhaseKey, dict[str, Any]]) -> PlanView:
    """One plan with its answers, its steps' outcomes, and whether it helped."""
    done, back = (account.resolved.get(key(plan.attempt)) for key in (resolved_as, taken_back_as))
    seen = phases.get(verified_as(plan.attempt))
    verdict = account.verdicts.get(plan.attempt)
    return PlanView(
        plan=plan,
        fate=plan_fate(plan, account.approvals, done, verdict, back),
        verdict=verdict,
        answers=tuple(one for one in account.approvals if one.plan_hash == plan.hash),
        resolved=done,
        verified=VerifiedRecovery.model_validate(seen) if seen else None,
        back=back,
    )


def conclusions_of(phases: dict[PhaseKey, dict[str, Any]]) -> list[Diagnosis]:
    """What triage and the investigations concluded, in order."""
    looking = (KeptPhase.TRIAGE, KeptPhase.INVESTIGATE)
    return [
        Diagnosis.model_validate(body) for key, body in phases.items() if PhaseKey.parse(key).phase in looking
    ]


def proof_of(incident_id: str, written: list[Entry]) -> ChainProof:
    """Whether the lines of a timeline are chained as they were written."""
    broken = chain_break(incident_id, written)
    return ChainProof(
        lines=len(written),
        unchained=sum(not one.hash for one in written),
        head=written[-1].hash if written else "",
        broken=broken.says if broken else "",
    )
