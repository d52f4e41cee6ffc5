"""One incident with everything that hangs on it, for every test of something people read."""

from datetime import UTC, datetime, timedelta

from outage.diagnosis.findings.finding import Finding
from outage.diagnosis.hypothesis import Action, Change, Diagnosis, Hypothesis, Repair
from outage.incidents.incident import Ending, Incident, Phase
from outage.incidents.severity import Impact, Severity, assess_severity
from outage.incidents.timeline import Entry
from outage.kubernetes.objects import ObjectRef
from outage.plans.approval import Answer, Approval
from outage.plans.outcome import Outcome, Resolved, StepDid
from outage.plans.plan import Plan, Precondition, Step
from outage.reports.post_incident.detection import Detection
from outage.reports.post_incident.kept_look import KeptLook
from outage.reports.post_incident.prevention_checklist import PreventionFacts
from outage.reports.post_incident.repair_history import RepairHistory
from outage.reports.post_incident.weak_spots import WeakSpots
from outage.reports.report import Account, Times
from outage.snapshots.snapshot import Rates
from outage.verification.plan_effect import PlanEffect, PlanVerdict

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
AUTH = ObjectRef(kind="Deployment", namespace="shop", name="auth")
CHANGE = Change(
    action=Action.UNDO,
    target=AUTH,
    patch=({"op": "replace", "path": "/spec/template", "value": {}},),
    why="revision 2 ran an image that is there",
    expected="2 of 2 pods ready",
)
PLAN = Plan(
    incident="inc-1",
    attempt=1,
    hypothesis="bad-image:Deployment/shop/auth",
    summary="Undo deployment/auth to revision 2",
    steps=(
        Step(
            key="1-undo-deployment-auth",
            change=CHANGE,
            precondition=Precondition(uid="u"),
            diff="-image: auth:9\n+image: auth:2",
            take_back="put the template back as it was",
        ),
    ),
    made_at=NOON + timedelta(seconds=8),
    causes="auth runs an image that is not there",
)
CAUSE = Hypothesis(
    cause="bad-image",
    about=AUTH,
    field="spec.template.spec.containers.0.image",
    live="auth:9",
    wanted="auth:2",
    says="auth runs an image that is not there",
    score=0.9,
    reasons=("+0.90 the image cannot be pulled",),
    onset=NOON,
    evidence_for=("ErrImagePull: auth:9 not found",),
    evidence_against=("one old pod still runs",),
    settle="pull auth:9 by hand",
    repair=Repair(summary="Undo deployment/auth to revision 2", changes=(CHANGE,)),
)
DIAGNOSIS = Diagnosis(
    at=NOON,
    assessment=assess_severity(Impact(services=4, services_down=("auth",))),
    findings=(Finding(sign="pod-image-pull", about=AUTH, says="auth:9 | not found"),),
    hypotheses=(CAUSE,),
    unknowns=("node usage: no metrics API",),
)
INCIDENT = Incident(
    id="inc-1",
    key="k",
    title="ServiceDown: auth",
    opened_at=NOON,
    phase=Phase.CLOSED,
    severity=Severity.P2,
    ending=Ending.RECOVERED,
    says="Undo deployment/auth to revision 2",
    closed_at=NOON + timedelta(seconds=75),
    flow_run_id="run-1",
    drill="bad-image",
)
YES = Approval(
    plan_hash=PLAN.hash, answer=Answer.APPROVE, by="ana", why="fits", at=NOON + timedelta(seconds=20)
)
WEAK = WeakSpots(
    seen_at=NOON,
    services=4,
    without_probe=("mail",),
    one_replica=("auth", "mail"),
    without_budget=("auth", "mail", "user"),
)
LOOKS = (
    KeptLook(
        phase="investigate",
        at=NOON,
        weak=WEAK,
        rates=(Rates(service="auth", error_ratio=0.5, requests_per_second=10),),
    ),
    KeptLook(
        phase="investigate",
        at=NOON + timedelta(seconds=60),
        weak=WEAK,
        rates=(Rates(service="auth", error_ratio=0.0, requests_per_second=10),),
    ),
)
DETECTION = Detection(
    opened_at=NOON,
    first_sign_at=NOON - timedelta(seconds=42),
    first_sign="auth:9 cannot be pulled",
    felt_at=NOON - timedelta(seconds=30),
    seen_felt_at=NOON,
    alert_at=NOON - timedelta(seconds=12),
    alert="ServiceDown",
)
PREVENTION = PreventionFacts(
    incident=INCIDENT,
    detection=DETECTION,
    first=DIAGNOSIS,
    cause=CAUSE,
    history=RepairHistory(cause="bad-image"),
    weak=WEAK,
    plans=1,
    answered_after=timedelta(seconds=12),
    owner="ana",
)
ACCOUNT = Account(
    incident=INCIDENT,
    times=Times(detect_seconds=12, plan_seconds=8, approve_seconds=20, mend_seconds=25, verified_seconds=70),
    diagnosis=DIAGNOSIS,
    plans=(PLAN,),
    approvals=(YES,),
    verdicts={1: PlanVerdict(effect=PlanEffect.EFFECTIVE, says="recovered: 3 checks are well")},
    resolved={
        "resolve-1": Resolved(
            says="applied",
            applied=True,
            outcomes={"1-undo-deployment-auth": Outcome(did=StepDid.APPLIED, says="done")},
        )
    },
    entries=(
        Entry(key="a", at=NOON, kind="alert", says="ServiceDown: auth", by="alertmanager"),
        Entry(key="b", at=NOON + timedelta(seconds=25), kind="write", says="undid deployment/auth"),
    ),
    prevention=PREVENTION,
    looks=LOOKS,
    head="5" * 64,
    links={"Grafana": "https://grafana.example"},
)
