"""What a chat shows of a plan that waits for an answer: where it stands, and which buttons it has by then."""

from datetime import datetime

from outage.incidents.incident import Incident, Phase
from outage.people.chat_button import DETAILS, ButtonKind, ChatButton
from outage.plans.answer_words import answer_words
from outage.plans.approval import DOORS, Answer, Approval, standing_answer_of
from outage.plans.plan import Plan
from outage.value import Value


class AskedPlan(Value):
    """Everything that the message about one plan is made from."""

    incident: Incident
    plan: Plan
    newest: str
    """Hash of the incident's newest plan."""
    answers: tuple[Approval, ...] = ()
    """To this plan, the first first."""
    needed: int = 1
    """How many people must say yes."""
    leader: str = ""
    """Who must be among them; empty when nobody must."""
    people: tuple[str, ...] = ()
    """Who may say yes."""
    deadline: datetime
    written: bool = False
    """Whether anything of the plan was written, or is about to be."""
    link: str = ""


class QuestionStage(Value):
    """What the message says now."""

    key: str
    """Another word for each change, so that each is told once."""
    says: str
    buttons: tuple[ChatButton, ...] = ()


def question_stage(asked: AskedPlan) -> QuestionStage:
    """Where a plan stands, for whoever reads of it in a chat."""
    decided = standing_answer_of(asked.answers, asked.needed, asked.leader)
    if decided is not None and decided.answer is Answer.DECLINE:
        says = (
            "Nobody answered in time, and silence is a no."
            if decided.is_silence
            else f"No: {given_by(decided)}."
        )
        return QuestionStage(key="declined", says=says)
    if asked.plan.hash != asked.newest:
        says = f"This plan waits no more: plan {asked.newest} took its place."
        return QuestionStage(key="replaced", says=says)
    if decided is not None:
        return _approved(asked)
    if asked.incident.phase is not Phase.AWAITING_APPROVAL:
        says = f"No answer is needed any more: {asked.incident.ending or asked.incident.phase}."
        return QuestionStage(key="over", says=says)
    return _waits(asked)


def _approved(asked: AskedPlan) -> QuestionStage:
    says = f"Yes: {', '.join(given_by(one) for one in asked.answers)}."
    waits = asked.incident.phase in (Phase.AWAITING_APPROVAL, Phase.RESOLVE) and not asked.written
    if not waits:
        return QuestionStage(key="written", says=f"{says} It can be called back no more.")
    back = ChatButton(kind=ButtonKind.DECLINE, label="Call it back")
    return QuestionStage(
        key="approved", says=f"{says} It can be called back until the first write.", buttons=(back, DETAILS)
    )


def _waits(asked: AskedPlan) -> QuestionStage:
    words = answer_words(asked.plan)
    buttons = (
        ChatButton(kind=ButtonKind.APPROVE, label=words.yes.capitalize()),
        ChatButton(kind=ButtonKind.DECLINE, label=words.no.capitalize()),
        DETAILS,
    )
    said = f"Yes so far: {', '.join(given_by(one) for one in asked.answers)}. " if asked.answers else ""
    wanted = f"{asked.needed} people must say yes. " if asked.needed > 1 else ""
    who = f"Asked: {', '.join(asked.people)}. " if asked.people else ""
    ends = f"Silence is a no at {asked.deadline:%H:%M} UTC."
    key = f"heard-{len(asked.answers)}" if asked.answers else "asked"
    return QuestionStage(key=key, says=f"{said}{wanted}{who}{ends}", buttons=buttons)


def given_by(given: Approval) -> str:
    """Who gave an answer, where and when."""
    return f"{given.by}, {DOORS.get(given.door, given.door)}, {given.at:%H:%M} UTC"


def question_text(asked: AskedPlan, stage: QuestionStage) -> str:
    """The whole message."""
    plan = asked.plan
    drill = f"DRILL {asked.incident.drill}: " if asked.incident.drill else ""
    steps = f"{len(plan.steps)} step{'s' if len(plan.steps) != 1 else ''}"
    lines = [
        f"{drill}{plan.summary}: {answer_words(plan).question}",
        plan.causes,
        f"Risk {plan.risk}, {steps}, plan {plan.hash}, {asked.incident.severity} {asked.incident.id}",
        stage.says,
        asked.link if stage.buttons else "",
    ]
    return "\n".join(one for one in lines if one)
