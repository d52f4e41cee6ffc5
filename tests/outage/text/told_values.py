"""Values of every kind that is told, whose every word is the given text."""

from datetime import timedelta

from blocks.channels.message_files import shipped_templates
from outage.diagnosis.findings.finding import Finding
from outage.diagnosis.history.recorded_change import ChangedField, ChangeKind, RecordedChange
from outage.diagnosis.hypothesis import Action, Change, ChosenProposal, Diagnosis, Hypothesis, Repair
from outage.diagnosis.resolution_action import ResolutionAction, ResolutionKind
from outage.incidents.incident import Ending, Incident
from outage.incidents.severity import Impact, Severity, assess_severity
from outage.incidents.timeline import Entry
from outage.mitigation.by_hand import chosen_proposal
from outage.mitigation.standing_mitigation import StandingMitigation
from outage.people.outbox_message import MessageBody, MessageKind, OutboxMessage, redacted_body
from outage.plans.plan import Intent, Plan, Precondition, Step, WayBack
from outage.platforms.platform import Platform, Service
from outage.reports.drills.score_card import Aspect, AspectScore, ScoreCard
from outage.reports.message_templates import render_template
from outage.reports.messages import MessagePlace
from outage.reports.post_incident.detection import Detection
from outage.reports.post_incident.follow_ups import DoneByUs, follow_up_items
from outage.reports.post_incident.prevention_checklist import PreventionFacts
from outage.reports.report import Account, Times
from outage.snapshots.case import Case
from outage.snapshots.evidence import Evidence
from outage.snapshots.snapshot import LogTail, Snapshot
from outage.text.logs.log_templates import log_templates_of
from outage.text.redaction import redact
from tests.outage.policies.guards.guard_places import AUTH, NOON

OTHER = "Vb3another55Kj4"


DEPLOYED = {"metadata": {"name": "auth", "namespace": "shop"}, "spec": {"replicas": 1}}


SNAPSHOT = Snapshot(taken_at=NOON, namespaces=("shop",), objects={})


def place(text: str) -> MessagePlace:
    """A place whose every word is the text."""
    return MessagePlace(platform=text, cluster=text, investigating=text, status_page=text)


def told(name: str, fields: dict[str, str]) -> str:
    """A message by the shipped template."""
    return render_template(name, getattr(shipped_templates(), name), fields)


def incident(text: str) -> Incident:
    """An incident whose every sentence is the text."""
    return Incident(id="inc-1", key="k", title=text, opened_at=NOON, says=text)


def cause(text: str, repair: Repair | None = None) -> Hypothesis:
    """A cause as a family of causes leaves it, with the text wherever one may stand."""
    change = Change(action=Action.RESTART, target=AUTH, why=text, expected=text)
    return Hypothesis(
        cause="bad-env", about=AUTH, field="f", live=text, wanted=text, says=text, score=0.9, reasons=(text,),
        evidence_for=(text,), evidence_against=(text,), settle=text,
        repair=repair or Repair(summary=text, changes=(change,)),
    )  # fmt: skip


def diagnosis(text: str, repair: Repair | None = None) -> Diagnosis:
    """A diagnosis full of the text."""
    return Diagnosis(
        at=NOON,
        assessment=assess_severity(Impact(services=1)),
        findings=(Finding(sign="pod-crash-loop", about=AUTH, says=text),),
        hypotheses=(cause(text, repair),),
        unknowns=(text,),
        changes=(
            RecordedChange(
                about=AUTH,
                kind=ChangeKind.CHANGED,
                by="b",
                fields=(ChangedField(field="f", was=redact(text)),),
            ),
        ),
        log_templates=log_templates_of([log(text)]),
    )


def log(text: str) -> LogTail:
    """A log whose complaints hold the text; one of several lines is redacted whole when it is read."""
    lines = "\n".join(f"error {line}" for line in (redact(text) if "\n" in text else text).splitlines())
    return LogTail(namespace="shop", pod="auth-1", container="app", text=lines)


def plan(text: str, change: Change | None = None, diff: str = "") -> Plan:
    """A plan whose every sentence is the text."""
    change = change or Change(action=Action.RESTART, target=AUTH, why=text, expected=text)
    step = Step(key="1", change=change, precondition=Precondition(), diff=diff or text, take_back=text)
    return Plan(
        incident="inc-1", attempt=1, hypothesis="h", summary=text, steps=(step,), made_at=NOON, causes=text
    )


def account(text: str, made: Plan | None = None) -> Account:
    """All that a report tells."""
    repair = Repair(summary="r", changes=tuple(one.change for one in made.steps)) if made else None
    entries = (Entry(key="1", at=NOON, kind="note", says=text),)
    return Account(
        incident=incident(text), times=Times(), diagnosis=diagnosis(text, repair), plans=(made or plan(text),),
        entries=entries,
    )  # fmt: skip


def seen(text: str) -> Snapshot:
    """A picture one of whose looks was in vain."""
    look = Evidence(id="pods", words="w", observed_at=NOON, duration=timedelta(), unseen=text)
    return SNAPSHOT.model_copy(update={"evidence": (look,)})


def post_incident(text: str, made: Plan | None = None) -> Account:
    """An account with all that is told after the incident."""
    told = account(text, made)
    shut = told.incident.model_copy(
        update={"closed_at": NOON, "ending": Ending.NOT_RECOVERED, "severity": Severity.P1}
    )
    facts = PreventionFacts(
        incident=shut,
        detection=Detection(opened_at=NOON, first_sign_at=NOON, first_sign=text, alert=text, alert_at=NOON),
        first=told.diagnosis,
        cause=cause(text),
    )
    items = follow_up_items(facts, DoneByUs())
    return told.model_copy(update={"incident": shut, "prevention": facts, "items": items})


def intents(plans: tuple[Plan, ...], text: str) -> list[Intent]:
    """What was about to be written: each object over itself."""
    return [
        Intent(
            incident="inc-1", plan_hash=plan.hash, step_key=step.key, at=NOON,
            way_back=WayBack(before=step.change.manifest, says=text),
        )
        for plan in plans
        for step in plan.steps
    ]  # fmt: skip


def message(text: str) -> OutboxMessage:
    """A message whose every word is the text, as the outbox keeps it."""
    body = redacted_body(MessageBody(title=text, text=text, public=text))
    return OutboxMessage(
        incident="inc-1",
        what=MessageKind.UPDATE,
        channel="c",
        body=body,
        asked_at=NOON,
        not_before=NOON,
        why=text,
    )


def by_hand(text: str) -> ChosenProposal:
    """A choice whose every word is the text."""
    action = ResolutionAction(kind=ResolutionKind.RESTART, target="auth", because=text, by="ada", at=NOON)
    picture = SNAPSHOT.model_copy(update={"objects": {"Deployment": (DEPLOYED,)}})
    shop = Platform(name="s", namespace="shop", services=(Service(name="auth", workload="deployment/auth"),))
    return chosen_proposal(action, diagnosis(text), Case(snapshot=picture, platform=shop))


def stands(text: str) -> StandingMitigation:
    """A mitigation that stands, as the record keeps it: plans keep no secret in their summary."""
    return StandingMitigation(
        incident="inc-1",
        attempt=1,
        summary=redact(text),
        owner="ada",
        since=NOON,
        due_at=NOON + timedelta(hours=1),
    )


def scored(text: str) -> ScoreCard:
    """The score of a drill whose every sentence is the text."""
    aspect = AspectScore(aspect=Aspect.CAUSE, right=False, says=text)
    return ScoreCard(
        drill="drill-1", fault="f", platform="shop", at=NOON, passed=False, points=0.5, says=text,
        aspects=(aspect,), collateral=(text,), called=(text,), approved_by=(text,),
    )  # fmt: skip
