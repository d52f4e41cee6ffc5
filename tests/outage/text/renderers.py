"""Everything that renders sentences, objects or fields for people and programs. A new one is one line here."""

import json
import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import unquote

from click import ClickException
from jsonpointer import resolve_pointer  # type: ignore[import-untyped,unused-ignore]
from mcp.server.mcpserver.exceptions import ToolError

from blocks.channels.slack.slack_blocks import blocks_of
from blocks.channels.slack.slack_thread import slack_text
from blocks.log_redaction import redact_logs
from blocks.record.people.outbox_rows import ChannelHealth
from cli.machine.mcp_command import answered_safely
from outage.diagnosis.history.earlier_forms import earlier_form
from outage.diagnosis.hypothesis import Action, Change, Repair
from outage.errors import ClusterRejected
from outage.incidents.drill_notice import Drill
from outage.incidents.timeline import Entry
from outage.kubernetes.objects import ObjectRef, object_ref
from outage.mitigation.mitigation_view import MitigationDraft
from outage.mitigation.standing_mitigation import standing_reminder
from outage.people.action_item import items_in_words
from outage.people.chat_question import AskedPlan, question_stage, question_text
from outage.people.on_call import OnCall
from outage.people.outbox_message import (
    MessageBody,
    MessageKind,
    MessageState,
    OutboxMessage,
    redacted_body,
)
from outage.plans.approval import Answer, Approval
from outage.plans.outcome import Outcome, Resolved, StepDid
from outage.plans.plan import Plan
from outage.platforms.platform import Platform
from outage.policies.drill_rotation import PlannedDrill
from outage.reports.drills.score_trend import score_trend
from outage.reports.drills.score_words import scores_in_json, scores_in_words, trend_in_json
from outage.reports.drills.tabletop import tabletop_beats
from outage.reports.drills.trend_chart import trend_chart
from outage.reports.first_screen import first_answer_in_words
from outage.reports.investigation_report import investigation_in_json, investigation_in_words
from outage.reports.markdown import diagnosis_in_markdown, plan_in_markdown
from outage.reports.messages import alert_fields, public_fields, resolved_fields, update_fields
from outage.reports.past_incidents import HistoryFilter, PastIncident
from outage.reports.post_incident.evidence_files import EvidenceSources, evidence_files
from outage.reports.post_incident.incident_chart import incident_chart
from outage.reports.post_incident.phase_picture import phases_in_picture
from outage.reports.post_incident.post_mortem import post_mortem
from outage.reports.record_json import account_in_json, incidents_in_json
from outage.reports.report import Account, report, timeline_in_markdown
from outage.snapshots.baseline import Baseline, drift_from_baseline, normalised
from outage.snapshots.case import Case
from outage.text.derived_lists import template_changes
from outage.text.logs.log_templates import describe_template, log_templates_of, template_kinds
from outage.text.object_diff import object_diff
from outage.text.redaction import hide_in_manifest, printable, printable_at, redact
from outage.verification.plan_effect import PlanEffect, PlanVerdict
from outage.verification.recovery import RecoveryCheck, VerifiedRecovery
from stack.page.home_view import HomeView, OnCallView, OpenIncident, WaitingPlan
from stack.page.incident_file import file_of
from stack.page.incident_view import ChainProof, IncidentView, PlanView
from stack.page.page_templates import render_page
from stack.page.practice.standing_practice import StandingPractice, UnfinishedDrill
from stack.page.practice.trend_view import TrendView, trend_file_of
from tasks.ask.approval_form import form_for
from tasks.ask.await_leader import leader_form
from tasks.tell.on_call_people import RotationView
from tests.outage.policies.guards.guard_places import AUTH, NOON
from tests.outage.text.secret_shapes import Holder
from tests.outage.text.told_values import (
    SNAPSHOT,
    account,
    by_hand,
    cause,
    diagnosis,
    incident,
    intents,
    log,
    message,
    place,
    plan,
    post_incident,
    scored,
    seen,
    stands,
    told,
)


def error(text: str) -> str:
    """What a flow, an ending or a terminal is told of an error."""
    return str(ClusterRejected(f"patch deployment/auth: 422: {text}"))


def refused_to_program(text: str) -> str:
    """What another program hears when a tool cannot answer."""

    def tool() -> dict[str, object]:
        raise ClickException(text)

    try:
        answered_safely(tool)()
    except ToolError as error:
        return str(error)
    raise AssertionError("it answered")


def logged(text: str) -> str:
    """What a handler, as Prefect's, writes of a record with a traceback."""
    before, lines = logging.getLogRecordFactory(), []
    handler = logging.Handler()
    handler.emit = lambda record: lines.append(logging.Formatter().format(record))  # type: ignore[method-assign]
    logger = logging.Logger("leaks")
    logger.addHandler(handler)
    redact_logs()
    try:
        raise ValueError(text)
    except ValueError as raised:
        logger.error("it failed: %s", text, exc_info=raised)
    finally:
        logging.setLogRecordFactory(before)
    return "\n".join(lines)


def way(text: str) -> str:
    """A way to ease an outage."""
    eased = MitigationDraft(
        eases=None, about=AUTH, says=text, repair=Repair(summary="r", changes=()), seen=(text,),
        against=(text,), settle="s", live=text, wanted=text,
    ).placed(0)  # fmt: skip
    return eased.model_dump_json()


def page_of(text: str, made: Plan | None = None) -> str:
    """The page of an incident as a file: the same body as the page's own."""
    told = account(text, made)
    (first,) = told.plans
    body = MessageBody(title=text, text=text)
    sent = OutboxMessage(
        incident="inc-1", what=MessageKind.ALERT, channel="slack", body=body, asked_at=NOON, not_before=NOON, why=text,
        state=MessageState.UNKNOWN, receipt={"issue": text},
    )  # fmt: skip
    answer = Approval(plan_hash=first.hash, answer=Answer.APPROVE, by="ana", why=text, at=NOON)
    done = Resolved(says=text, applied=True, outcomes={"1": Outcome(did=StepDid.APPLIED, says=text)})
    check = RecoveryCheck(name="rollout", ok=True, says=text)
    shown = PlanView(
        plan=first, fate=text, verdict=PlanVerdict(effect=PlanEffect.EFFECTIVE, says=text), answers=(answer,),
        resolved=done, back=done, verified=VerifiedRecovery(recovered=True, says=text, checks=(check,)),
    )  # fmt: skip
    drawn = incident_chart(told.incident, told.entries, [], [sent], [], now=NOON)
    proof = ChainProof(lines=1, broken=text)
    view = IncidentView(
        now=NOON, account=told, plans=(shown,), messages=(sent,), intents=(), chart=drawn, chain=proof, run_link=text,
    )  # fmt: skip
    return file_of(view)


def question(text: str) -> str:
    """What a chat is asked of a plan, as the outbox keeps it and as Slack is sent it."""
    asked = AskedPlan(
        incident=incident(text),
        plan=plan(text),
        newest=plan(text).hash,
        deadline=NOON,
        people=("ana",),
        link=text,
    )
    stage = question_stage(asked)
    kept = redacted_body(MessageBody(title=text, text=question_text(asked, stage), buttons=stage.buttons))
    return f"{kept.model_dump_json()} {blocks_of(slack_text(kept.text), kept.buttons)}"


def first_page(text: str) -> str:
    """The first page with a plan that waits, a channel that is sick, and a rotation without a calendar."""
    waits = WaitingPlan(plan=plan(text), deadline=NOON, needed=1, given=0)
    rotation = RotationView(name="primary", on_call=OnCall(person="", why=text), says=text)
    view = HomeView(
        now=NOON, open=(OpenIncident(incident=incident(text), waiting=waits),),
        on_call=OnCallView(rotations=(rotation,)), channels=(ChannelHealth(channel="slack", why=text),),
        policy_broken=text, means={}, drills=(), history=(PastIncident(incident=incident(text)),),
        wanted=HistoryFilter(text=text), platforms=(),
    )  # fmt: skip
    fields = {
        "view": view,
        "severities": [],
        "endings": [],
        "older_link": "",
        "reader": "",
        "form_word_out": "",
    }
    return render_page("home.html.j2", fields)


def practice_file(text: str) -> str:
    """The report of drills as a file: the same body as the page's own."""
    trend = score_trend([scored(text)], {}, NOON)
    planned = PlannedDrill(
        id="d", run="r", platform=text, fault=text, service=text, announced_at=NOON, begins_at=NOON
    )
    begun = Drill(
        id="d", namespace=text, fault=text, announced_at=NOON, until=NOON, about=text, approved_by=text
    )
    stands = UnfinishedDrill(drill=begun, late=True, left=1)
    practice = StandingPractice(planned=(planned,), unfinished=(stands,))
    return trend_file_of(TrendView(now=NOON, trend=trend, chart=trend_chart(trend), practice=practice))


def asked_account(text: str) -> Account:
    """An account whose plan was asked about, and whose every line is heard at a table."""
    told = account(text)
    asked = Entry(key=f"asked/{told.plans[0].hash}", at=NOON, kind="approval", says=text)
    heard = Entry(key="m", at=NOON, kind="message", says=text)
    return told.model_copy(update={"entries": (asked, heard)})


def evidence(text: str, made: Plan | None = None) -> str:
    """Every file of the bundle."""
    told = post_incident(text, made)
    lines = "\n".join(f"error {line}" for line in (redact(text) if "\n" in text else text).splitlines())
    sources = EvidenceSources(
        account=told,
        diagnoses={"investigate-1": diagnosis(text).model_dump(mode="json")},
        chain=told.entries,
        intents=tuple(intents(told.plans, text)),
        messages=(message(text),),
        looks={
            "look": {"logs/000-a.log": lines.encode(), "snapshot.json": seen(text).model_dump_json().encode()}
        },
    )
    return "\n".join(f"{one.path} {one.what} {one.content.decode()}" for one in evidence_files(sources, NOON))


OF_TEXT: dict[str, Callable[[str], object]] = {
    "redact": redact,
    "an answer to another program": lambda text: answered_safely(lambda: {"says": text, "of": [text]})(),
    "a refusal to another program": refused_to_program,
    "an error": error,
    "a log with its traceback": logged,
    "a way to ease": way,
    "log templates": lambda text: describe_template(log_templates_of([log(text)])),
    "kinds of log lines": lambda text: template_kinds([log(text)]),
    "investigate": lambda text: investigation_in_words(diagnosis(text), seen(text)),
    "investigate, the first answer": lambda text: first_answer_in_words(diagnosis(text)),
    "investigate --json": lambda text: json.dumps(investigation_in_json(diagnosis(text), seen(text))),
    "incidents --json": lambda text: json.dumps(incidents_in_json([incident(text)])),
    "show --json": lambda text: json.dumps(account_in_json(account(text))),
    "the report": lambda text: report(account(text)),
    "the timeline": lambda text: timeline_in_markdown(account(text).entries),
    "the diagnosis": lambda text: diagnosis_in_markdown(diagnosis(text)),
    "the plan": lambda text: plan_in_markdown(plan(text), text),
    "the form": lambda text: form_for(plan(text), text).model_json_schema(),
    "the form with other proposals": lambda text: form_for(plan("p"), "", [cause(text)]).model_json_schema(),
    "the leader's form": lambda text: str(vars(leader_form(text, (cause(text),)))),
    "what a person chose": lambda text: by_hand(text).model_dump_json(exclude={"action"}),
    "what stands": lambda text: str(standing_reminder(stands(text), NOON + timedelta(hours=9))),
    "the form's text": lambda text: str(vars(form_for(plan(text), text))),
    "the first message": lambda text: told(
        "alert", alert_fields(incident(text), diagnosis(text), place(text))
    ),
    "an update": lambda text: told(
        "update", update_fields(incident(text), diagnosis(text), place(text), text)
    ),
    "the page of an incident": lambda text: page_of(text),
    "a question in a chat": question,
    "the first page": lambda text: first_page(text),
    "a sentence of the page": lambda text: render_page(
        "said.html.j2",
        {
            "head": text,
            "says": text,
            "kind": "bad",
            "back": "/",
            "back_words": text,
            "reader": "",
            "form_word_out": "",
        },
    ),
    "the post-mortem": lambda text: post_mortem(post_incident(text)),
    "what is left to do": lambda text: items_in_words(post_incident(text).items),
    "the picture of phases": lambda text: unquote(
        phases_in_picture(account(text).incident, account(text).entries)
    ),
    "the chart of phases": lambda text: timeline_in_markdown(
        account(text).entries, post_incident(text).incident
    ),
    "the evidence": evidence,
    "scores of drills": lambda text: scores_in_words([scored(text)]),
    "how practice went": lambda text: practice_file(text),
    "how practice went --json": lambda text: json.dumps(trend_in_json(score_trend([scored(text)], {}, NOON))),
    "a tabletop": lambda text: [one.model_dump_json() for one in tabletop_beats(asked_account(text))],
    "scores of drills --json": lambda text: json.dumps(scores_in_json([scored(text)])),
    "what the public reads": lambda text: told("status_page", public_fields("Identified", [text])),
    "the last message": lambda text: told(
        "resolved", resolved_fields(incident(text), diagnosis(text), place(text), text, [text])
    ),
}
"""Everything that renders sentences."""


def changed(holder: Holder, other: Holder) -> Plan:
    """The plan that writes the secret: as a patch of one field, and whole."""
    value = resolve_pointer(holder.manifest, holder.pointer)
    meta, kind = holder.manifest["metadata"], holder.manifest["kind"]
    target = ObjectRef(kind=kind, name=meta["name"], namespace="shop")
    change = Change(
        action=Action.PATCH, target=target, why="w", expected="e", manifest=holder.manifest,
        patch=({"op": "replace", "path": holder.pointer, "value": value},),
    )  # fmt: skip
    return plan("p", change, object_diff(other.manifest, holder.manifest))


def drifted(holder: Holder, other: Holder) -> str:
    """What the comparison with the baseline says."""
    kind = holder.manifest["kind"]
    was = Baseline(recorded_at=NOON, objects={kind: (normalised(other.manifest),)})
    live = SNAPSHOT.model_copy(update={"objects": {kind: (holder.manifest,)}})
    return " ".join(one.says for one in drift_from_baseline(was, live))


def before(holder: Holder, other: Holder) -> str:
    """What is told of a change of it."""
    kind = holder.manifest["kind"]
    was = Baseline(recorded_at=NOON, objects={kind: (normalised(other.manifest),)})
    live = SNAPSHOT.model_copy(update={"objects": {kind: (holder.manifest,)}})
    case = Case(snapshot=live, platform=Platform(name="shop", namespace="shop"), baseline=was)
    return str(earlier_form(case.index, object_ref(holder.manifest), None))


def at_its_place(holder: Holder, other: Holder) -> object:
    """What a hypothesis says stands in a field."""
    value = resolve_pointer(holder.manifest, holder.pointer)
    return printable_at(other.manifest, holder.pointer, value)


OF_OBJECTS: dict[str, Callable[[Holder, Holder], Any]] = {
    "the diff": lambda one, other: object_diff(other.manifest, one.manifest),
    "the diff of what is new": lambda one, _: object_diff(None, one.manifest),
    "the diff of what goes": lambda one, _: object_diff(one.manifest, None),
    "the plan": lambda one, other: plan_in_markdown(changed(one, other)),
    "the report": lambda one, other: report(account("t", changed(one, other))),
    "the page": lambda one, other: page_of("t", changed(one, other)),
    "show --json": lambda one, other: json.dumps(account_in_json(account("t", changed(one, other)))),
    "the evidence": lambda one, other: evidence("t", changed(one, other)),
    "any JSON": lambda one, _: json.dumps(printable(one.manifest)),
    "a bundle": lambda one, _: json.dumps(hide_in_manifest(one.manifest, "salt")),
    "rollouts": lambda one, other: template_changes(one.manifest, other.manifest),
}
"""Everything that renders objects."""


FIELDS = {"live and wanted": at_its_place, "drift": drifted, "a change": before}
