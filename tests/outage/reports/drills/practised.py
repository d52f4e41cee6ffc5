"""A drill that went well, as the record and the fault tell it; tests change what they are about."""

from datetime import timedelta
from typing import Any

from outage.diagnosis.hypothesis import Diagnosis
from outage.incidents.alert import Alert
from outage.incidents.drill_notice import Drill
from outage.incidents.fault import Expected, Fault
from outage.incidents.incident import Ending, Incident, Phase
from outage.incidents.severity import Impact, Severity, assess_severity
from outage.people.outbox_message import MessageBody, MessageKind, MessageState, OutboxMessage
from outage.plans.approval import Answer, Approval
from outage.plans.outcome import Outcome, StepDid
from outage.plans.plan import Intent, WayBack
from outage.reports.drills.drill_facts import DrillFacts, PractisedIncident, PromisedMessage
from outage.reports.report import Account, Times
from outage.verification.plan_effect import PlanEffect, PlanVerdict
from tests.outage.reports.account_specimen import AUTH, CAUSE, NOON, PLAN

SECOND = timedelta(seconds=1)
BROKEN = NOON - 20 * SECOND
CLOSED = NOON + 80 * SECOND
DRILL = Drill(
    id="drill-1", namespace="shop", fault="bad-image", announced_at=BROKEN, until=NOON + timedelta(hours=2)
)
EXPECTED = Expected(causes=("bad-image",), about=AUTH, alert="ServiceDown", severity=(Severity.P1,))
FAULT = Fault(
    name="bad-image",
    title="auth is given an image that does not exist",
    classes=(1,),
    blows=(),
    expected=EXPECTED,
)
INCIDENT = Incident(
    id="inc-1", key="k", title="auth down", opened_at=NOON, phase=Phase.CLOSED, severity=Severity.P1,
    ending=Ending.RECOVERED, says="healed", closed_at=CLOSED, drill="bad-image", platform="shop",
)  # fmt: skip
ALERT = Alert(name="ServiceDown", labels={}, starts_at=NOON - 5 * SECOND)
FIRST = Diagnosis(at=NOON, assessment=assess_severity(Impact(services=1)), hypotheses=(CAUSE,))
YES = Approval(plan_hash=PLAN.hash, answer=Answer.APPROVE, by="ana", at=PLAN.made_at + 12 * SECOND)
WRITE = Intent(
    incident="inc-1", plan_hash=PLAN.hash, step_key="1-undo-deployment-auth", way_back=WayBack(before=None, says="w"),
    at=NOON + 21 * SECOND, outcome=Outcome(did=StepDid.APPLIED, says="applied"),
)  # fmt: skip
TIMES = Times(detect_seconds=20, plan_seconds=8, approve_seconds=20, mend_seconds=22, verified_seconds=80)


def sent(
    what: MessageKind, state: MessageState = MessageState.RECEIPT, channel: str = "team"
) -> OutboxMessage:
    """A message of the drill's incident."""
    body = MessageBody(title="t", text="t", severity=Severity.P1, drill="bad-image")
    return OutboxMessage(
        incident="inc-1", what=what, channel=channel, body=body, state=state, asked_at=NOON, not_before=NOON,
        settled_at=NOON + SECOND,
    )  # fmt: skip


def told_account(**other: Any) -> Account:
    """The account of the incident."""
    told = {
        "incident": INCIDENT,
        "times": TIMES,
        "first": FIRST,
        "diagnosis": FIRST,
        "plans": (PLAN,),
        "approvals": (YES,),
        "verdicts": {1: PlanVerdict(effect=PlanEffect.EFFECTIVE, says="gone")},
    }
    return Account.model_validate({**told, **other})


def practised(account: Account | None = None, **other: Any) -> PractisedIncident:
    """The incident of the drill."""
    promised = tuple(
        PromisedMessage(channel="team", what=one) for one in (MessageKind.ALERT, MessageKind.RESOLVED)
    )
    told = {
        "account": account or told_account(),
        "alerts": (ALERT,),
        "intents": (WRITE,),
        "messages": (sent(MessageKind.ALERT), sent(MessageKind.RESOLVED)),
        "promised": promised,
        "update_every": timedelta(minutes=30),
    }
    return PractisedIncident.model_validate({**told, **other})


def facts(*incidents: PractisedIncident, **other: Any) -> DrillFacts:
    """What the drill is scored from."""
    told = {
        "drill": DRILL,
        "fault": FAULT,
        "platform": "shop",
        "broken_at": BROKEN,
        "ended_at": CLOSED + 5 * SECOND,
        "incidents": incidents or (practised(),),
        "cause_stands": False,
    }
    return DrillFacts.model_validate({**told, **other})
