"""A record as a team has it after some weeks: healed incidents, one open whose plan waits, drills, messages."""

from datetime import UTC, datetime, timedelta

from blocks.record import Record
from outage.diagnosis.findings.finding import Finding
from outage.diagnosis.hypothesis import Action, Change, Diagnosis, Hypothesis, Repair, Risk
from outage.incidents.alert import Alert
from outage.incidents.incident import Ending, Incident, Phase
from outage.incidents.phase_key import TRIAGED, investigated, resolved_as, verified_as
from outage.incidents.severity import Impact, Severity, assess_severity
from outage.incidents.timeline import Entry
from outage.kubernetes.objects import ObjectRef
from outage.people.message_routing import MessageRoute
from outage.people.outbox_message import MessageBody, MessageKind, MessageState, OutboxMessage
from outage.people.person_act import ActKind, PersonAct
from outage.people.settle_try import Settlement
from outage.plans.approval import Answer, Approval
from outage.plans.outcome import Outcome, Resolved, StepDid
from outage.plans.plan import Plan, Precondition, Step, WayBack
from outage.reports.post_incident.kept_look import LOOK, KeptLook
from outage.snapshots.snapshot import Rates
from outage.verification.plan_effect import PlanEffect, PlanVerdict
from outage.verification.recovery import RecoveryCheck, VerifiedRecovery
from tests.blocks.record.written import newest_fence

SERVICE = ObjectRef(kind="Deployment", namespace="learning", name="auth-service")
DIFF = (
    "--- deployment/auth-service\n+++ deployment/auth-service\n@@ -18,7 +18,7 @@\n       containers:\n"
    "       - name: auth-service\n-        image: adaptive/auth-service:9.9.9-broken\n"
    "+        image: adaptive/auth-service:1.4.2\n         ports:\n         - containerPort: 8080\n"
)
CHANGE = Change(
    action=Action.UNDO,
    target=SERVICE,
    patch=({"op": "replace", "path": "/spec/template", "value": {}},),
    why="revision 2 ran an image that is there",
    expected="2 of 2 pods ready",
    risk=Risk.MEDIUM,
)
SECOND = timedelta(seconds=1)


def looked(at: datetime, ratio: float) -> Diagnosis:
    """What a look at the broken service concludes."""
    impact = Impact(
        services=5, services_down=("auth-service",), error_ratio=ratio, probes=4, probes_failing=("login",)
    )
    return Diagnosis(
        at=at,
        assessment=assess_severity(impact),
        findings=(Finding(sign="pod-image-pull", about=SERVICE, says="adaptive/auth-service:9.9.9-broken not found"),),
        hypotheses=(
            Hypothesis(
                cause="bad-image",
                about=SERVICE,
                field="spec.template.spec.containers.0.image",
                live="adaptive/auth-service:9.9.9-broken",
                wanted="adaptive/auth-service:1.4.2",
                says="deployment/auth-service runs an image that is not there",
                score=0.94,
                onset=at - 20 * SECOND,
                evidence_for=(
                    "ErrImagePull: adaptive/auth-service:9.9.9-broken: not found",
                    "the template changed 22 s before the first error",
                ),
                evidence_against=("one old pod still answers",),
                settle="pull the image by hand",
                repair=Repair(summary="Undo deployment/auth-service to revision 2", changes=(CHANGE,)),
            ),
            Hypothesis(
                cause="dependency-down",
                about=SERVICE,
                says="auth-service misses its database",
                score=0.31,
                evidence_against=("the database answers in 2 ms",),
            ),
        ),
        unknowns=("node usage: no metrics API", "kubectl top nodes: Metrics API not available"),
    )  # fmt: skip


def plan_of_undoing(incident_id: str, made_at: datetime) -> Plan:
    """Undo the rollout."""
    step = Step(
        key="1-undo-deployment-auth-service", change=CHANGE, precondition=Precondition(uid="u"), diff=DIFF,
        take_back="put the template of revision 3 back",
    )  # fmt: skip
    return Plan(
        incident=incident_id, attempt=1, hypothesis="bad-image:Deployment/learning/auth-service",
        summary="Undo deployment/auth-service to revision 2", steps=(step,), made_at=made_at,
        causes="deployment/auth-service runs an image that is not there",
    )  # fmt: skip


def opened(
    record: Record,
    number: int,
    title: str,
    at: datetime,
    drill: str | None = None,
    platform: str = "learning",
) -> Incident:
    """An incident that an alert opened."""
    began = at - timedelta(seconds=20 + 7 * number)
    labels = {"alertname": "ServiceDown", "n": str(number), "service": title}
    alert = Alert(name="ServiceDown", labels=labels, starts_at=began)
    record.receive(alert, at)
    incident = record.open_incident(f"page-{number}-{at.isoformat()}", title, at, drill, alert=alert).incident
    record.attach_alert(incident.id, alert)
    return record.update(incident.id, platform=platform, namespace=platform)


def note(
    record: Record, incident: Incident, at: datetime, kind: str, says: str, key: str = "", by: str = "outage"
) -> None:
    """A line of the timeline."""
    record.add(incident.id, Entry(key=key or f"{kind}/{says}", at=at, kind=kind, says=says, by=by))


def investigated_incident(record: Record, incident: Incident) -> Plan:
    """Look at it, and make a plan."""
    at = incident.opened_at
    note(record, incident, at, "alert", "ServiceDown: auth-service has no ready pod", by="alertmanager")
    note(record, incident, at + SECOND, "phase", "triage begins", "phase/triage/1/")
    record.keep_phase(incident.id, TRIAGED, looked(at + 3 * SECOND, 0.42), at + 3 * SECOND)
    note(record, incident, at + 4 * SECOND, "phase", "investigate begins", "phase/investigate/1/")
    record.keep_phase(incident.id, investigated(1), looked(at + 9 * SECOND, 0.48), at + 9 * SECOND)
    note(
        record,
        incident,
        at + 9 * SECOND,
        "hypothesis",
        "bad-image on deployment/auth-service, almost certain",
    )
    plan = record.keep_plan(plan_of_undoing(incident.id, at + 11 * SECOND))
    note(
        record,
        incident,
        at + 12 * SECOND,
        "approval",
        f"waiting for a yes or no to plan {plan.hash}",
        f"asked/{plan.hash}",
    )
    record.update(incident.id, phase=Phase.AWAITING_APPROVAL, severity=Severity.P1, flow_run_id="run-1")
    return plan


def told(
    record: Record,
    incident: Incident,
    what: MessageKind,
    channel: str,
    at: datetime,
    state: MessageState,
    why: str = "",
) -> None:
    """A message, and what became of it."""
    body = MessageBody(
        title=f"{what} of {incident.id}",
        text=f"INCIDENT {str(what).upper()} - P1 Service Outage\nService: auth-service",
    )
    record.ask_message(incident.id, what, [MessageRoute(channel=channel)], body, at)
    asked = OutboxMessage(
        incident=incident.id, what=what, channel=channel, body=body, asked_at=at, not_before=at
    )
    if state is MessageState.ASKED:
        return
    tried = record.begin_try(asked, at + SECOND, newest_fence(record))
    assert tried is not None
    receipt = {"head": f"{at.timestamp():.6f}"} if state is MessageState.RECEIPT else {}
    record.settle_message(
        tried, Settlement(state=state, not_before=at, receipt=receipt, why=why), at + 2 * SECOND
    )


def measured(record: Record, incident: Incident) -> None:
    """What each look and each round of the proof measured: bad until the write, well after it."""
    at = incident.opened_at
    for second, fails, slow, rate, ready in (
        *((3, 0.55, 0.9, 11.0, 8), (9, 0.7, 2.4, 6.5, 7), (40, 0.7, 2.6, 6.0, 7), (80, 0.3, 1.2, 9.0, 8)),
        *((95, 0.05, 0.4, 14.0, 10), (120, 0.0, 0.3, 16.5, 10), (178, 0.0, 0.28, 17.0, 10)),
    ):
        rates = (
            Rates(service="auth", error_ratio=fails, latency_seconds=slow, requests_per_second=rate),
            Rates(service="user", error_ratio=0.0, latency_seconds=0.1, requests_per_second=4),
        )
        look = KeptLook(
            phase="verify" if second > 70 else "investigate",
            at=at + second * SECOND,
            rates=rates,
            ready_pods=ready,
        )
        record.keep_archive(incident.id, f"{LOOK}{second}", look.model_dump(mode="json"), look.at)


def healed_incident(
    record: Record, number: int, title: str, at: datetime, drill: str | None = None
) -> Incident:
    """One that was healed, from alert to close."""
    incident = opened(record, number, title, at, drill)
    plan = investigated_incident(record, incident)
    told(record, incident, MessageKind.ALERT, "slack", at + 5 * SECOND, MessageState.RECEIPT)
    answered = at + 70 * SECOND
    yes = Approval(
        plan_hash=plan.hash,
        answer=Answer.APPROVE,
        by="ana",
        why="the diff is one line",
        at=answered,
        door="ui",
    )
    record.answer(incident.id, yes, quorum=1)
    note(record, incident, at + 72 * SECOND, "phase", "resolve begins", "phase/resolve/1/")
    measured(record, incident)
    key = plan.steps[0].key
    record.intend(
        incident.id,
        plan.hash,
        key,
        WayBack(before=None, says="put it back"),
        at + 74 * SECOND,
        newest_fence(record),
    )
    done = Outcome(did=StepDid.APPLIED, says="revision 2 is rolled out")
    record.settle(incident.id, plan.hash, key, done, at + 75 * SECOND, newest_fence(record))
    note(record, incident, at + 75 * SECOND, "write", "undid deployment/auth-service to revision 2")
    record.keep_phase(
        incident.id,
        resolved_as(1),
        Resolved(says="1 of 1 steps applied", applied=True, outcomes={key: done}),
        at + 76 * SECOND,
    )
    note(record, incident, at + 77 * SECOND, "phase", "verify begins", "phase/verify/1/")
    checks = (
        RecoveryCheck(name="rollout", ok=True, says="2 of 2 pods ready"),
        RecoveryCheck(name="errors", ok=True, says="0.0% of requests fail"),
        RecoveryCheck(name="latency", ok=None, says="no series of latency"),
    )
    verdict = PlanVerdict(effect=PlanEffect.EFFECTIVE, says="recovered: 2 checks are well")
    verified = VerifiedRecovery(recovered=True, says="recovered", checks=checks, verdict=verdict)
    record.keep_phase(incident.id, verified_as(1), verified, at + 180 * SECOND)
    told(record, incident, MessageKind.RESOLVED, "slack", at + 182 * SECOND, MessageState.RECEIPT)
    told(
        record,
        incident,
        MessageKind.RESOLVED,
        "mail",
        at + 182 * SECOND,
        MessageState.UNKNOWN,
        "no answer; it may have arrived",
    )
    note(record, incident, at + 183 * SECOND, "ending", f"{Ending.RECOVERED}: {plan.summary}", "ending")
    return record.update(
        incident.id,
        phase=Phase.CLOSED,
        ending=Ending.RECOVERED,
        says=plan.summary,
        closed_at=at + 183 * SECOND,
    )


def waiting_incident(record: Record, number: int, at: datetime) -> Incident:
    """An open one whose plan waits for an answer."""
    incident = opened(record, number, "auth-service has no ready pod", at)
    investigated_incident(record, incident)
    told(record, incident, MessageKind.ALERT, "slack", at + 5 * SECOND, MessageState.RECEIPT)
    told(record, incident, MessageKind.ALERT, "mail", at + 5 * SECOND, MessageState.ASKED)
    return record.incident(incident.id)


def handed_over(
    record: Record, number: int, title: str, at: datetime, ending: Ending, platform: str
) -> Incident:
    """One that a person had to finish."""
    incident = opened(record, number, title, at, platform=platform)
    took = PersonAct(key=f"took/{number}", kind=ActKind.ACKNOWLEDGED, by="bob", at=at + 240 * SECOND)
    record.add_act(incident.id, took)
    note(record, incident, at, "alert", title)
    says = "nobody answered in 1 h" if ending is Ending.UNANSWERED else "a person has it"
    record.update(incident.id, severity=Severity.P2)
    return record.update(
        incident.id, phase=Phase.CLOSED, ending=ending, says=says, closed_at=at + timedelta(hours=1)
    )


def fill_record(record: Record, now: datetime) -> Incident:
    """Fill an empty record; returns the incident whose plan waits."""
    for number in range(6):
        at = now - timedelta(days=2 * number + 1, minutes=37 * number)
        healed_incident(
            record, number, ("auth-service", "content-service", "user-service")[number % 3] + " is down", at
        )
    for number, ending in enumerate((Ending.UNANSWERED, Ending.DECLINED, Ending.ADVISED), start=10):
        at = now - timedelta(days=number)
        handed_over(record, number, "checkout: 12% of requests fail", at, ending, "shop")
    for number in range(8):
        at = now - timedelta(days=3 * number + 1, hours=3)
        fault = ("bad-image", "dns-down", "wrong-port", "scaled-to-zero")[number % 4]
        drill = record.announce_drill("learning", fault, at + timedelta(hours=2), at)
        record.keep_drill(
            drill.id, {"passed": number != 5, "says": "…", "broken_at": at.isoformat()}, at + 200 * SECOND
        )
        healed_incident(record, 20 + number, f"practised {fault}", at + 15 * SECOND, fault)
    return waiting_incident(record, 50, now - timedelta(minutes=7))


def utc_now() -> datetime:
    """The time, to the second."""
    return datetime.now(UTC).replace(microsecond=0)
