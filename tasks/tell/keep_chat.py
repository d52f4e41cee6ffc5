"""Show chats where a plan and an incident stand, from the record alone: whichever door an answer came through.

A question is a message that is edited: one row of the outbox for each change, and the answer is in the record before.
"""

from collections.abc import Sequence
from datetime import datetime

from blocks.clients import clients
from outage.incidents.incident import Incident, Phase
from outage.people.chat_question import AskedPlan, question_stage, question_text
from outage.people.message_routing import MessageRoute, message_routes
from outage.people.outbox_message import MessageKind, OutboxMessage
from outage.people.person_act import TAKING, PersonAct
from outage.plans.plan import Plan
from outage.policies.permission import PermissionRequest, answer_belongs_to, approvals_needed, rule_for
from tasks.tell.ask_for_message import message_body, services_hurt
from tasks.tell.call_people import known_diagnoses


def keep_chat(incident: Incident, now: datetime) -> None:
    """Ask for each message to a chat whose time has come; asked for again, it changes nothing.

    Args:
        incident: As it stands.
        now: The time.
    """
    messages = clients().record.messages(incident.id)
    keep_questions(incident, messages, now)
    keep_taken(incident, messages, now)


def keep_questions(incident: Incident, messages: Sequence[OutboxMessage], now: datetime) -> None:
    """Ask about the plan that waits, and tell what became of every plan that was asked about."""
    asked = {one.body.plan for one in messages if one.what is MessageKind.QUESTION}
    waits = incident.phase is Phase.AWAITING_APPROVAL
    if not asked and not waits:
        return
    plans = clients().record.plans(incident.id)
    for plan in plans:
        if plan.hash in asked or (waits and plan.hash == plans[-1].hash):
            tell_stage(incident, plan, plans[-1].hash, messages, now)


def tell_stage(
    incident: Incident, plan: Plan, newest: str, messages: Sequence[OutboxMessage], now: datetime
) -> None:
    """Ask for the message that says where one plan stands, unless its chats have it.

    Args:
        incident: As it stands.
        plan: Which of its plans.
        newest: Hash of the newest.
        messages: What its chats were told.
        now: The time.
    """
    what = MessageKind.QUESTION
    about = asked_plan(incident, plan, newest)
    stage = question_stage(about)
    turn = f"{plan.hash}/{stage.key}"
    before = [one.channel for one in messages if one.what is what and one.body.plan == plan.hash]
    if any(one.what is what and one.turn == turn for one in messages):
        return
    routes: Sequence[MessageRoute] = [MessageRoute(channel=one) for one in dict.fromkeys(before)]
    if not routes:
        routes = message_routes(
            clients().policy_for(incident).channels, what, incident.severity, bool(incident.drill)
        )
    if not routes:
        return  # this comes by each second
    body = message_body(incident, what, question_text(about, stage), ())
    body = body.model_copy(update={"plan": plan.hash, "buttons": stage.buttons})
    clients().record.ask_message(incident.id, what, routes, body, now, turn=turn)


def asked_plan(incident: Incident, plan: Plan, newest: str) -> AskedPlan:
    """What is told of one plan, from the record and the policy."""
    record, policy = clients().record, clients().policy_for(incident)
    asked = PermissionRequest.of(plan, incident, policy)
    return AskedPlan(
        incident=incident,
        plan=plan,
        newest=newest,
        answers=tuple(record.approvals(incident.id, plan.hash)),
        needed=max(1, approvals_needed(asked)),
        leader=answer_belongs_to(asked),
        people=tuple(policy.approvers.get(rule_for(asked).approvers, ())),
        deadline=plan.made_at + policy.answer_within,
        written=any(one.plan_hash == plan.hash for one in record.intents(incident.id)),
        link=clients().settings.incident_page(incident.id),
    )


def keep_taken(incident: Incident, messages: Sequence[OutboxMessage], now: datetime) -> None:
    """Tell the chats that were told of an incident who has it, once for each who took it."""
    what = MessageKind.TAKEN
    told = {one.channel for one in messages if one.what is not MessageKind.PAGE}
    known = {one.turn for one in messages if one.what is what}
    new = [one for one in clients().record.acts(incident.id) if one.kind in TAKING and one.key not in known]
    if not new or not told:
        return
    channels = clients().policy_for(incident).channels
    routes = [
        one
        for one in message_routes(channels, what, incident.severity, bool(incident.drill))
        if one.channel in told
    ]
    seen = known_diagnoses(incident.id)[-1:]
    for act in new:
        body = message_body(incident, what, taken_text(act), services_hurt(seen[0]) if seen else ())
        body = body.model_copy(update={"title": incident.title})
        clients().record.ask_message(incident.id, what, routes, body, now, turn=act.key)


def taken_text(act: PersonAct) -> str:
    """Who has it since when, in one line."""
    given = f", given by {act.by}" if act.what and act.what != act.by else ""
    return f"{act.what or act.by} has it since {act.at:%H:%M} UTC{given}."
