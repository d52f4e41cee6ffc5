"""A click in a chat: whose it is, whether the button counts, and what it does; each in the record before all else.

The chat says who pressed, and the policy which person that is: that is the proof, signed like that of a code.
"""

from datetime import UTC, datetime
from pathlib import Path

from blocks.record import Record
from blocks.record.people.person_codes import ProofFolder
from blocks.settings import Settings
from outage.errors import AnswerRefused, NoSuchPlan
from outage.incidents.alert import alert_digest
from outage.incidents.incident import Incident
from outage.incidents.timeline import Entry, EntryKind
from outage.people.chat_button import ButtonKind, ChatClick, KeptButton
from outage.people.name_proof import signed_answer
from outage.people.person_act import ActKind, PersonAct, owner_of, taken_sentence
from outage.plans.approval import Answer, Approval
from outage.policies.policy import Policy
from outage.reports.markdown import plan_in_markdown
from outage.text.handle import read_handle
from outage.text.redaction import redact
from tasks.ask.person_answer import answer_and_wake, answering_policy, waiting_plan

DOOR = "chat"


def hear_click(settings: Settings, record: Record, click: ChatClick) -> str:
    """Do what a click says, if it counts.

    Args:
        settings: Where policy, proofs and Prefect are.
        record: Where buttons are known and answers kept.
        click: As the chat told it.

    Returns:
        One sentence for whoever pressed, and for nobody else.

    Raises:
        RecordError: It could not be recorded. Transient.
    """
    button = record.chat_button(click.token)
    if button is None or button.channel not in click.channels:
        return "This button is none of ours. Nothing was recorded."
    incident = record.incident(button.incident)
    policy = answering_policy(settings, incident)
    person = "" if click.foreign else person_in_chat(policy, click.user)
    if not person:
        return refuse_stranger(record, incident, button, click.user)
    if button.kind is ButtonKind.DETAILS:
        return details_of(settings, record, incident, button)
    if button.used_at is not None:
        used = f"{button.used_by} at {button.used_at:%H:%M:%S} UTC"
        return f"This button was used by {used}, and counts once. The newest message says what stands."
    if button.kind is ButtonKind.ACKNOWLEDGE:
        return acknowledge(record, incident, policy, button, person)
    return answer_by_button(settings, record, incident, button, person)


def person_in_chat(policy: Policy, user: str) -> str:
    """The handle of whom the policy names under a member id; empty when it names nobody so."""
    return next((read_handle(name) for name, one in policy.people.items() if one.slack == user), "")


def refuse_stranger(record: Record, incident: Incident, button: KeptButton, user: str) -> str:
    """Say that a click does not count, to whoever pressed and on the timeline."""
    now = datetime.now(UTC)
    says = f"{user}, whom the policy names nowhere, pressed {button.kind} in the chat, which does not count"
    key = f"stranger/{user}/{button.kind}/{alert_digest(button.token)}"
    record.add(incident.id, Entry(key=key, at=now, kind=EntryKind.APPROVAL, says=says, by=DOOR))
    return (
        f"You are {user}, and the policy names nobody so (`people.NAME.slack`)."
        " Nothing was recorded as yours; ask somebody whom it names."
    )


def answer_by_button(
    settings: Settings, record: Record, incident: Incident, button: KeptButton, person: str
) -> str:
    """Give the answer that a button stands for, proven by the chat; what counts uses the button up."""
    said = Answer(button.kind)

    def prove(answer: Approval) -> Approval:
        return signed_answer(ProofFolder(Path(settings.home)).signing_key(), incident.id, answer)

    try:
        plan = waiting_plan(record, incident, said, button.plan)
        given = answer_and_wake(settings, record, incident, plan, said, person, "", door=DOOR, prove=prove)
    except (NoSuchPlan, AnswerRefused) as refused:
        return f"Not counted. {refused}"
    if given.counted:
        record.use_button(button.token, person, datetime.now(UTC))
    return given.says


def acknowledge(record: Record, incident: Incident, policy: Policy, button: KeptButton, person: str) -> str:
    """Let a person take an incident: calls stop, and a clock starts."""
    if incident.closed_at and incident.ending and incident.ending.over:
        return f"{incident.id} is over ({incident.ending}): there is nothing to take."
    before = owner_of(record.acts(incident.id))
    now, key = datetime.now(UTC), f"{ActKind.ACKNOWLEDGED}/{alert_digest(button.token)}"
    record.add_act(incident.id, PersonAct(key=key, kind=ActKind.ACKNOWLEDGED, by=person, at=now))
    line = Entry(key=key, at=now, kind=EntryKind.NOTE, says="has it (in the chat)", by=person)
    record.add(incident.id, line)
    record.use_button(button.token, person, now)
    return taken_sentence(incident.id, person, before, policy.escalation)


def details_of(settings: Settings, record: Record, incident: Incident, button: KeptButton) -> str:
    """What is known of the plan, or of the incident, for one reader."""
    plan = next((one for one in record.plans(incident.id) if one.hash == button.plan), None)
    link = settings.incident_page(incident.id)
    if plan is not None:
        return "\n".join(one for one in (link, plan_in_markdown(plan).replace("**", "*")) if one)
    found = record.phases(incident.id)
    lines = [
        f"{incident.severity} {incident.title} ({incident.id})",
        f"It is {incident.ending or incident.phase}. {incident.says}",
        f"Looks so far: {len(found)}. `outage show {incident.id}`",
        link,
        *(f"{one.at:%H:%M:%S} {one.says}" for one in record.entries(incident.id)[-LAST_LINES:]),
    ]
    return redact("\n".join(one for one in lines if one))


LAST_LINES = 10
"""Of the timeline, in details."""
